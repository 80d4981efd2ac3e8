"""Warnings of what usage costs, in the running system, however its processes die: what a stranger
reads on topic `alerts`, compared with a second computation that knows nothing of the engine."""
