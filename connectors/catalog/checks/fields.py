"""Fields of source platforms: is every path one, does every rule name what is there."""

from collections.abc import Iterator
from typing import Final

from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Sheets
from streams.expression import Kind, Scope
from streams.model.mediation import DistanceRule, LlmUsageSplit, NumberRule, SourcePlatform
from streams.plain.fields import first_names, is_path

ATTRIBUTES_MAX: Final = 12
"""The most attributes of a mapping: they are bounded so that a batch fits its message."""


def check_fields(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report paths that are none, columns that are none, and rules on what no mapping fills."""
    del names
    for entry in sheets.source_platforms:
        platform, place = entry.form, entry.place
        columns = platform.csv.columns if platform.format == "csv" and platform.csv else None
        for steps, path in _paths(platform):
            if not is_path(path):
                book.report(place.at(*steps), f"{path!r} is no field path, such as data.model")
            elif columns is not None:
                for name in first_names(path):
                    if name not in columns:
                        book.report(place.at(*steps), unknown("column", name, set(columns)))
        _check_layout(platform, place, book)
        _check_targets(platform, place, book)


def scope_of(platform: SourcePlatform) -> Scope:
    """The names that a platform's filter rules may use; only CSV says all that there are."""
    if platform.format == "csv" and platform.csv is not None:
        text: Kind = "string"
        return Scope(dict.fromkeys(platform.csv.columns, text))
    return Scope({}, open=True)


def _paths(platform: SourcePlatform) -> Iterator[tuple[tuple[str | int, ...], str]]:
    identity, mapping, split = platform.identity, platform.mapping, platform.split
    yield ("mapping", "service_id"), mapping.service_id
    yield ("mapping", "occurred_at"), mapping.occurred_at
    for name, path in mapping.attributes.items():
        yield ("mapping", "attributes", name), path
    for number, path in enumerate(identity.id_fields):
        yield ("identity", "id_fields", number), path
    optional: list[tuple[tuple[str | int, ...], str]] = [
        (("mapping", "ended_at"), mapping.ended_at),
        (("mapping", "duration_s"), mapping.duration_s),
        (("identity", "source_field"), identity.source_field),
        *(
            (("mapping", "quantities", number, "field"), entry.field)
            for number, entry in enumerate(mapping.quantities)
        ),
    ]
    if split is not None:
        yield ("split", "body"), split.body
    if isinstance(split, LlmUsageSplit):
        optional.append((("split", "api"), split.api))
    yield from ((steps, path) for steps, path in optional if path)


def _check_layout(platform: SourcePlatform, place: Place, book: ProblemBook) -> None:
    mapping, csv = platform.mapping, platform.csv
    if csv is not None and platform.format != "csv":
        book.report(place.at("csv"), f'stands only with format "csv", not "{platform.format}"')
    if csv is not None and len(csv.delimiter) != 1:
        book.report(place.at("csv", "delimiter"), "expected one character")
    if csv is not None and len(set(csv.columns)) != len(csv.columns):
        book.report(place.at("csv", "columns"), "a column stands here twice")
    if platform.match.type and platform.format != "cloudevents":
        book.report(place.at("match", "type"), "only CloudEvents have a type")
    if mapping.ended_at and mapping.duration_s:
        book.report(place.at("mapping", "ended_at"), "stands beside duration_s: expected one")
    if len(mapping.attributes) > ATTRIBUTES_MAX:
        found = len(mapping.attributes)
        book.report(
            place.at("mapping", "attributes"), f"expected at most {ATTRIBUTES_MAX}, found {found}"
        )


def _check_targets(platform: SourcePlatform, place: Place, book: ProblemBook) -> None:
    attributes = dict(platform.mapping.attributes)
    for number, rule in enumerate(platform.enrich):
        if isinstance(rule, DistanceRule):
            _check_distance(rule, place.at("enrich", number), attributes, book)
            continue
        if isinstance(rule, NumberRule):
            name, word, known = rule.field, "field", {*attributes, "service_id"}
        else:
            name, word, known = rule.attribute, "attribute", set(attributes)
        if name not in known:
            book.report(place.at("enrich", number, word), unknown("attribute", name, known))


def _check_distance(
    rule: DistanceRule, place: Place, attributes: dict[str, str], book: ProblemBook
) -> None:
    """Both ends are there; what it finds goes to one place, which later rules may use."""
    for word in ("origin", "destination"):
        fields: tuple[str, ...] = getattr(rule, word)
        if not 1 <= len(fields) <= 2:
            book.report(
                place.at(word),
                f"expected one attribute, or latitude and longitude, found {len(fields)}",
            )
        for number, name in enumerate(fields):
            if name not in attributes:
                book.report(place.at(word, number), unknown("attribute", name, attributes))
    if bool(rule.attribute) == bool(rule.unit):
        book.report(place, 'expected either "attribute" or "unit" for the distance')
    if rule.attribute:
        if rule.attribute not in attributes and len(attributes) >= ATTRIBUTES_MAX:
            book.report(place.at("attribute"), f"expected at most {ATTRIBUTES_MAX} attributes")
        attributes.setdefault(rule.attribute, "")
