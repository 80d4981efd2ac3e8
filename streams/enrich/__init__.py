"""Enrich: attributes are replaced or filled in, by tables that stand in the catalog."""
