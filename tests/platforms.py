"""Source platforms of every format, as the example catalogs have them, without reading YAML."""

from datetime import UTC, datetime

from connectors.catalog.cel import parse_expression
from connectors.catalog.number_plans import number_plan
from streams.mediate import compile_mediation
from streams.model.event import Arrival
from streams.model.instant import BEGINNING, Instant, instant_of
from streams.model.mediation import (
    CsvLayout,
    FieldMapping,
    FilterRule,
    Identity,
    LlmUsageSplit,
    LookupRule,
    Match,
    NumberRule,
    OtelGenAiSplit,
    QuantityField,
    SourcePlatform,
)
from streams.sources import MediationPlans
from streams.state import CatalogMarks

NOW: Instant = instant_of(datetime(2026, 11, 22, 12, tzinfo=UTC))
"""The broker's time of every message in these tests."""
TOPIC_ID = "t" * 22

COMPLETIONS = SourcePlatform(
    id="completions",
    topic="usage",
    format="cloudevents",
    match=Match(type="llm.completion"),
    mapping=FieldMapping(
        usage_type="llm_tokens",
        service_id="subject",
        occurred_at="time",
        attributes={"provider": "data.provider", "model": "data.model"},
        required_attributes=("provider", "model"),
    ),
    filters=(
        FilterRule(
            id="failed_requests",
            drop_when=parse_expression("has(data.status) && data.status != 200"),
        ),
    ),
    split=LlmUsageSplit(body="data.usage", api="data.api"),
    enrich=(LookupRule(attribute="model", values={"gpt-4o-2024-08-06": "gpt-4o"}),),
)
OTEL = SourcePlatform(
    id="otel",
    topic="usage",
    format="cloudevents",
    match=Match(type="gen_ai.client.operation"),
    mapping=FieldMapping(
        usage_type="llm_tokens",
        service_id="subject",
        occurred_at="time",
        attributes={
            "provider": 'data["gen_ai.provider.name"]',
            "model": 'data["gen_ai.response.model"] | data["gen_ai.request.model"]',
        },
    ),
    split=OtelGenAiSplit(body="data"),
)
REQUESTS = SourcePlatform(
    id="requests",
    topic="usage",
    format="cloudevents",
    match=Match(type="api.request"),
    mapping=FieldMapping(
        usage_type="api_call",
        service_id="subject",
        occurred_at="time",
        quantities=(QuantityField(unit="requests", field="data.units"),),
        attributes={"endpoint": "data.endpoint"},
    ),
)
_VOICE = FieldMapping(
    usage_type="voice_call",
    service_id="caller",
    occurred_at="started_at",
    duration_s="duration_s",
    quantities=(QuantityField(unit="s", field="duration_s"),),
    attributes={"caller": "caller", "called": "called"},
    required_attributes=("caller", "called"),
)
_NUMBERS = tuple(
    NumberRule(field=field, region="CH", plan=number_plan("CH"))
    for field in ("service_id", "caller", "called")
)
CALLS_JSON = SourcePlatform(
    id="calls-json",
    topic="usage",
    format="json",
    match=Match(fields={"record_type": "voice"}),
    identity=Identity(source="switch", id_fields=("call_id",)),
    mapping=_VOICE,
    enrich=_NUMBERS,
)
CALLS_CSV = SourcePlatform(
    id="calls-csv",
    topic="usage",
    format="csv",
    csv=CsvLayout(
        columns=("record_type", "call_id", "caller", "called", "started_at", "duration_s")
    ),
    match=Match(fields={"record_type": "voice"}),
    identity=Identity(source="switch", id_fields=("call_id",)),
    mapping=_VOICE,
    enrich=_NUMBERS,
)


def plans_of(**tenants: tuple[SourcePlatform, ...]) -> MediationPlans:
    """Each tenant's platforms, in force from the beginning."""
    compiled = {
        f"{tenant}-1": compile_mediation(platforms, tenant=tenant, version=f"{tenant}-1")
        for tenant, platforms in tenants.items()
    }
    marks = {tenant: CatalogMarks(((BEGINNING, f"{tenant}-1"),)) for tenant in tenants}
    return MediationPlans(compiled, marks)


def example_plans() -> MediationPlans:
    """Both example tenants."""
    return plans_of(ai=(COMPLETIONS, OTEL, REQUESTS), voice=(CALLS_JSON, CALLS_CSV))


def arrival(raw: bytes = b"", *, offset: int = 1, index: int = 0) -> Arrival:
    """A record's place on topic `usage`."""
    return Arrival("usage", TOPIC_ID, 0, offset, index, NOW, raw, ())
