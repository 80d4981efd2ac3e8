"""A price with tests that are too weak: what the tool has to find."""
