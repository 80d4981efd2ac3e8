"""The client of charging sessions: for programs that ask before they serve.

It stands alone: the standard library and httpx, so that a gateway can carry it without the engine.
What it does is written once, as courses that yield what to send and how long to wait; `sync` and
`aio` only drive them.
"""
