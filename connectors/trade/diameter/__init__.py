"""Diameter Credit-Control (RFC 8506, which RFC 4006 became) over the verbs of sessions."""
