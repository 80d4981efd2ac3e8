"""parse → filter → split → enrich → rate → accumulate: what a record goes through, in order.

The table of contents of the product. The first four stages run in mediation (`mediate.py`), where
a function here makes a stage out of a source platform's rules; the last two in charging
(`charge.py`), on one `Rating` a record; `rate` runs the rules that each offer was compiled to, in
the order of `rate/rules`. Stages never import one another; each says what it reads, so that the
agent can fetch it first.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from streams.accumulate.accumulate import accumulate_usage
from streams.accumulate.counters import post_charges
from streams.enrich.lookup import compile_lookup
from streams.enrich.number import compile_number
from streams.filter.rules import compile_filters
from streams.parse.mapping import compile_mapping
from streams.rate.offer import rate_usage
from streams.split.llm_usage import compile_llm_usage
from streams.split.otel_genai import compile_otel_genai
from streams.state import Table


class Stage(NamedTuple):
    """One stage: its name, who runs it, the functions it consists of, the tables it reads."""

    name: str
    agent: Literal["mediation", "charging"]
    functions: tuple[Callable[..., Any], ...]
    reads: tuple[Table, ...]


STAGES: tuple[Stage, ...] = (
    Stage("parse", "mediation", (compile_mapping,), ()),
    Stage("filter", "mediation", (compile_filters,), ()),
    Stage("split", "mediation", (compile_llm_usage, compile_otel_genai), ()),
    Stage("enrich", "mediation", (compile_lookup, compile_number), (Table.SERVICES,)),
    Stage(
        "rate",
        "charging",
        (rate_usage,),
        (
            Table.CATALOGS,
            Table.SERVICES,
            Table.ACCOUNTS,
            Table.ACCOUNT_PRICES,
            Table.BALANCES,
            Table.ACCUMULATORS,
            Table.TALLIES,
            Table.METERS,
        ),
    ),
    Stage(
        "accumulate",
        "charging",
        (accumulate_usage, post_charges),
        (Table.BALANCES, Table.ACCUMULATORS, Table.TALLIES, Table.COUNTERS),
    ),
)
