"""Plain: looking into decoded records. Not a stage; parse, split and enrich read through it."""
