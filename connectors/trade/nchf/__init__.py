"""Converged charging as 3GPP TS 32.291 shapes it: JSON over HTTP/2."""
