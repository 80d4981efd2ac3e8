"""The demonstration: a stranger's producer, the whole engine, and what came of it."""
