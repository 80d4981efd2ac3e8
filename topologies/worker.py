"""Several agents in one process: for one machine, and to measure both stages on one core."""

from collections.abc import Mapping, Sequence

from connectors.errors import Refused
from topologies.charging import ChargingStage
from topologies.mediation import MediationStage
from topologies.process import run_stages
from topologies.settings import Settings
from topologies.stage import StageFactory

AGENTS: Mapping[str, StageFactory] = {
    MediationStage.name: MediationStage,
    ChargingStage.name: ChargingStage,
}
"""Every agent there is, by name."""


def run(settings: Settings, agents: Sequence[str] = tuple(AGENTS)) -> None:
    """Run these agents in this process until SIGTERM. Raises what stopped it."""
    unknown = [name for name in agents if name not in AGENTS]
    if unknown or not agents:
        raise Refused(f"no such agent: {', '.join(unknown) or 'none given'}; known: {[*AGENTS]}")
    run_stages(settings, [AGENTS[name] for name in agents])
