"""How fast a worker that lost its disk is back: rows a second out of the ledger, with ids."""

from msgspec import Struct

from infra.bench.engines import BenchPlace
from infra.bench.measuring import (
    Amount,
    Tell,
    fill,
    own_place,
    per_second,
    run_program,
    run_worker,
    us_per_event,
)
from infra.load.plan import Workload


class RecoverResult(Struct, kw_only=True):
    """Rows are record ids that the empty tables got back."""

    rows: int
    rows_per_s: int
    us_per_row: float


def measure_recover(place: BenchPlace, amount: Amount, tell: Tell) -> RecoverResult:
    """Let the engine write a ledger, then replay all of it into empty tables on one core."""
    with own_place(place.site, Workload.LLM) as here:
        tell(f"{amount.events:,} events into the ledger")
        fill(here, Workload.LLM, amount)
        run_worker(here, amount.events)
        tell("replaying into empty tables")
        replayed = run_program(
            [
                "infra.bench.replaying",
                *("--bootstrap", here.kafka.bootstrap, "--prefix", here.kafka.prefix),
                *("--partitions", str(here.kafka.partitions)),
                *("--directory", str(here.folder / "replayed")),
            ]
        )
    return RecoverResult(
        rows=replayed.events,
        rows_per_s=round(per_second(replayed)),
        us_per_row=round(us_per_event(replayed), 2),
    )
