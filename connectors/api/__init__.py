"""The HTTP door: health, metrics, schemas, balances, suspense. One table of routes for all."""
