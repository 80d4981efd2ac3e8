"""Catalogs: from a folder of YAML to one checked `Catalog`, or every problem with its line."""
