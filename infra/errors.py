"""What starting an engine may fail with. Messages say what to do next."""


class CannotStart(Exception):
    """An engine or a process cannot run here; trying again as it is will not help."""
