"""Kafka: topics and their settings, wire formats, the ledger's reader and its rule of validity."""
