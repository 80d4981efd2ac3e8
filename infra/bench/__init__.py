"""Measurements of the engine, each beside a floor and a plain way on the same data and broker.

`infra/cli/bench.py` is the command; `pipeline.py`, `rate.py`, `recover.py` and `crash.py` hold one
measurement each; `floor.py` and `plain.py` are programs of their own, to be pinned to a core.
"""
