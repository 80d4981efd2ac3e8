"""Worked cases of other systems, each turned into a scenario by its fields and run as one."""
