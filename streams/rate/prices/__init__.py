"""One file a price kind: (quantity, what was used before) → lines."""
