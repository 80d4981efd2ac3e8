"""The words of a catalog file by section: what users write, before it is resolved and checked."""
