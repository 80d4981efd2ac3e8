"""Doors of the trade: networks ask for credit in their own words, sessions answer."""
