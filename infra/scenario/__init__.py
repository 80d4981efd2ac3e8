"""Scenario files: tests of a tariff, run by the core in memory or by a running system."""
