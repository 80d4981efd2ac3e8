"""Parse: plain values of one source record → a `UsageEvent`, by its platform's mapping."""
