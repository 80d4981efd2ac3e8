"""Alerts as signed webhooks: receivers, signatures, deliveries, and what could not be delivered."""
