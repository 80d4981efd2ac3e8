"""What a connector raises. The whole tree:

ConnectorError
├── Unavailable      the other side is away or slow: trying again may help
└── Refused          the other side, or the input, says no: trying again does not help
    └── Corrupted    stored data contradicts itself: stop, never go on
"""


class ConnectorError(Exception):
    """Anything that went wrong on the way in or out; the message names what and where."""


class Unavailable(ConnectorError):
    """The other side is away or slow; trying again may help."""


class Refused(ConnectorError):
    """The other side, or the input, says no; trying again does not help."""


class Corrupted(Refused):
    """Stored data contradicts itself; the process must stop."""
