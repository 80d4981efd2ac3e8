"""RADIUS accounting (RFC 2866): what a session has used, told after it, becomes usage."""
