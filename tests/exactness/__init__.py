"""A second, independent computation of everything: equal to the engine to the last digit, or not.

Written from the catalogs' files and docs/reference/catalog.md with the standard library alone,
plain and slow on purpose. Nothing of `streams` or `topologies` is imported: what both would get
wrong alike could not be found.
"""
