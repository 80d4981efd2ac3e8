"""Deaths on purpose: every process, at every named step and at random, and what is left after."""
