"""Both agents in one process, as the measurement of both stages on one core needs them.

A program of its own: `python -m infra.bench.worker`, settings from the environment.
"""

from topologies.settings import Settings
from topologies.worker import run

if __name__ == "__main__":
    run(Settings())
