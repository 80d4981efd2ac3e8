"""Model providers' interfaces, metered: the proxy holds before it passes on, and stops in time."""
