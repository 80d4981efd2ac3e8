"""Caps that accounts of several partitions share: slices where usage is, the sum at one place."""
