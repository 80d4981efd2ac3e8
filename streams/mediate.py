"""Mediation of one record: match → parse → filter → split → enrich, compiled per source platform.

A `MediationPlan` is what one catalog version says; `MediationPlans` are the versions in force of
all tenants. Everything here is pure and total; guiding needs the directory and is the runner's.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import final

from msgspec import Struct

from streams.enrich.distance import compile_distance
from streams.enrich.lookup import compile_lookup
from streams.enrich.number import compile_number
from streams.filter.rules import compile_filters
from streams.functions import NO_FUNCTIONS, Functions
from streams.model.event import Arrival, PlainRecord, UsageEvent
from streams.model.holding import HeldBy
from streams.model.mediation import (
    DistanceRule,
    EnrichRule,
    LlmUsageSplit,
    LookupRule,
    NumberRule,
    OtelGenAiSplit,
    SourcePlatform,
    SplitRule,
)
from streams.outcome import Drop, DropReason, Reject
from streams.parse.identity import Identify, RecordIdOf, compile_identity, compile_record_id
from streams.parse.mapping import Parse, compile_mapping
from streams.parse.match import Matches, compile_match
from streams.split.llm_usage import compile_llm_usage
from streams.split.otel_genai import compile_otel_genai

_DONE: PlainRecord = {}
NOTHING_HELD: Mapping[str, HeldBy] = {}

Stage = Callable[[UsageEvent], Drop | Reject | None]
"""Amends the event; None: go on."""


@final
class Mediated(Struct, frozen=True, gc=False):
    """A record that came through: only its account root is still to be found."""

    arrival: Arrival
    plan: "PlatformPlan"
    event: UsageEvent


@final
class Refusal(Struct, frozen=True):
    """A record that ended in mediation: at which stage, why, and as far as it was understood."""

    stage: str
    outcome: Drop | Reject
    plan: "PlatformPlan | None" = None
    plain: PlainRecord | None = None
    event: UsageEvent | None = None


class PlatformPlan(Struct, frozen=True):
    """One source platform of one catalog version, compiled."""

    tenant: str
    version: str
    usage_type: str
    platform: SourcePlatform
    matches: Matches | None
    identify: Identify
    record_id: RecordIdOf
    parse: Parse
    stages: tuple[tuple[str, Stage], ...]
    takes_nothing: bool = False
    """Nothing is measured here: the record goes on, and rate units say how much it is."""

    def mediate(self, plain: PlainRecord, arrival: Arrival) -> Mediated | Refusal:
        """Run the stages over one record of this platform."""
        event = self.parse(plain, arrival)
        if type(event) is Reject:
            return Refusal("parse", event, self, plain)
        for name, stage in self.stages:
            outcome = stage(event)
            if outcome is not None:
                return Refusal(name, outcome, self, plain, event)
        if not event.usages and not self.takes_nothing:
            nothing = Drop(DropReason.ZERO_USAGE, "nothing was used")
            return Refusal("split", nothing, self, plain, event)
        # The decoded record is let go at once: a fetch of them would leave the processor's cache.
        event.plain = _DONE
        return Mediated(arrival, self, event)


class MediationPlan(Struct, frozen=True):
    """All source platforms of one catalog version, compiled."""

    tenant: str
    version: str
    platforms: tuple[PlatformPlan, ...]


def compile_mediation(  # noqa: PLR0913 - what a catalog says of its sources
    platforms: Iterable[SourcePlatform],
    *,
    tenant: str,
    version: str,
    functions: Functions = NO_FUNCTIONS,
    charges_zero: frozenset[str] = frozenset(),
    held: Mapping[str, HeldBy] = NOTHING_HELD,
) -> MediationPlan:
    """Compile what a catalog says about its source platforms, once.

    `charges_zero` are the usage types of which a record of nothing is charged, `held` those whose
    units stay.
    """
    return MediationPlan(
        tenant,
        version,
        tuple(
            _compile_platform(
                each,
                functions,
                tenant=tenant,
                version=version,
                takes_nothing=each.mapping.usage_type in charges_zero,
                held=held.get(each.mapping.usage_type, ""),
            )
            for each in platforms
        ),
    )


def _compile_platform(  # noqa: PLR0913 - a platform, and what the catalog says of its usage
    platform: SourcePlatform,
    functions: Functions,
    *,
    tenant: str,
    version: str,
    takes_nothing: bool,
    held: HeldBy,
) -> PlatformPlan:
    return PlatformPlan(
        tenant=tenant,
        version=version,
        usage_type=platform.mapping.usage_type,
        platform=platform,
        matches=compile_match(platform.match),
        identify=compile_identity(platform),
        record_id=compile_record_id(tenant),
        parse=compile_mapping(platform, keeps_nothing=takes_nothing, held=held),
        stages=_compile_stages(platform, functions),
        takes_nothing=not platform.mapping.quantities and platform.split is None and takes_nothing,
    )


def _compile_stages(
    platform: SourcePlatform, functions: Functions
) -> tuple[tuple[str, Stage], ...]:
    stages: list[tuple[str, Stage]] = []
    filter_usage = compile_filters(platform.filters)
    if filter_usage is not None:
        stages.append(("filter", filter_usage))
    if platform.split is not None:
        stages.append(("split", _compile_split(platform.split)))
    stages.extend(("enrich", _compile_enrich(rule, functions)) for rule in platform.enrich)
    return tuple(stages)


def _compile_split(rule: SplitRule) -> Stage:
    match rule:
        case LlmUsageSplit():
            return compile_llm_usage(rule)
        case OtelGenAiSplit():
            return compile_otel_genai(rule)


def _compile_enrich(rule: EnrichRule, functions: Functions) -> Stage:
    match rule:
        case LookupRule():
            return compile_lookup(rule)
        case NumberRule():
            return compile_number(rule)
        case DistanceRule():
            return compile_distance(rule, functions.distance)
