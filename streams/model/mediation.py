"""Source platforms: who sends usage, how to tell it, how to read it, what to do with it.

This is the part of a catalog that mediation works by. A *field path* names a place in a source
record: `data.model`, or `data["gen_ai.request.model"]` where a name holds a point.
"""

from typing import Literal

from msgspec import Struct

from streams.expression import Expression
from streams.model.money import Quantity

FieldPath = str
Format = Literal["cloudevents", "json", "csv"]


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages of the topic are this platform's: all that is given must hold.

    `type` is the CloudEvents type; `fields` are top-level fields with their exact text; `present`
    are top-level fields that must be there; `headers` are message headers with their exact text.
    """

    type: str = ""
    fields: dict[str, str] = {}
    present: tuple[str, ...] = ()
    headers: dict[str, str] = {}


class CsvLayout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of the columns, in order; a line with another number of columns is not ours."""

    columns: tuple[str, ...]
    delimiter: str = ","


class Identity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes a record the same record: its source and its id there.

    `source` is a constant, `source_field` a path; with neither, the source is the platform's id.
    `id_fields` are joined by `/`; without any, the id is the record's place in its topic.
    """

    source: str = ""
    source_field: FieldPath = ""
    id_fields: tuple[FieldPath, ...] = ()


class QuantityField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measured amount of `unit`, read from `field`, or `value` where no field is named."""

    unit: str
    field: FieldPath = ""
    value: Quantity = 1


class FieldMapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which source fields become which words of the engine.

    `duration_s` (seconds) or `ended_at` gives the end; with neither, usage has no duration.
    An attribute whose field is absent is left out; those in `required_attributes` are not optional.
    """

    usage_type: str
    service_id: FieldPath
    occurred_at: FieldPath
    ended_at: FieldPath = ""
    duration_s: FieldPath = ""
    quantities: tuple[QuantityField, ...] = ()
    attributes: dict[str, FieldPath] = {}
    required_attributes: tuple[str, ...] = ()


class FilterRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records for which `drop_when` is true are ignored; `id` is told as the cause."""

    id: str
    drop_when: Expression


class LlmUsageSplit(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="llm_usage", tag_field="kind"
):
    """A provider's own usage body becomes token leaves.

    The kind of body is told by its names; where `api` is given and the field says `chat`,
    `responses`, `anthropic`, `google` or `embeddings`, by that.
    """

    body: FieldPath
    api: FieldPath = ""


class OtelGenAiSplit(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="otel_genai",
    tag_field="kind",
):
    """OpenTelemetry `gen_ai.usage.*` attributes become token leaves."""

    body: FieldPath


SplitRule = LlmUsageSplit | OtelGenAiSplit


class LookupRule(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lookup", tag_field="kind"
):
    """An attribute is replaced by what the table has for it.

    A value that is not in the table stays as it is, or is rejected (`missing: reject`).
    """

    attribute: str
    values: dict[str, str]
    missing: Literal["keep", "reject"] = "keep"


class NumberPlan(Struct, frozen=True, kw_only=True):
    """How telephone numbers are dialled in a region, compiled at catalog load.

    `international_prefix` and `national_prefix` are patterns of the digits that stand before a
    number dialled abroad or at home; `national_number` is the pattern of numbers without them.
    Where a national prefix holds digits of the number itself, `transform` says what stays (`\\1`).
    """

    country_code: str
    international_prefix: str
    national_prefix: str
    transform: str
    national_number: str


class NumberRule(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="number", tag_field="kind"
):
    """A telephone number becomes its E.164 digits, read as dialled in `region` (ISO 3166).

    `field` is an attribute or `service_id`. `plan` is filled in when the catalog is loaded.
    """

    field: str
    region: str
    plan: NumberPlan | None = None


class DistanceRule(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="distance", tag_field="kind"
):
    """The kilometres between two positions become an `attribute`, or a quantity of `unit`.

    `origin` and `destination` are one attribute each that holds `latitude,longitude` in degrees, or
    two that hold one each. Where a position is absent or none, there is no distance, or the record
    is rejected (`missing: reject`).
    """

    origin: tuple[str, ...]
    destination: tuple[str, ...]
    attribute: str = ""
    unit: str = ""
    missing: Literal["keep", "reject"] = "keep"


EnrichRule = LookupRule | NumberRule | DistanceRule


class SourcePlatform(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of record on one topic, and all that mediation does with it.

    Ids of its records are remembered `dedupe_window_days`; older events are not charged unchecked.
    """

    id: str
    topic: str
    format: Format
    match: Match = Match()
    csv: CsvLayout | None = None
    identity: Identity = Identity()
    mapping: FieldMapping
    filters: tuple[FilterRule, ...] = ()
    split: SplitRule | None = None
    enrich: tuple[EnrichRule, ...] = ()
    dedupe_window_days: int = 7
