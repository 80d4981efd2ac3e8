"""HOW it starts: command line, embedded engines, settings of a machine."""
