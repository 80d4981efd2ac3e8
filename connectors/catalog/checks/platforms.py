"""Source platforms: do they lead to usage that the catalog can price."""

from connectors.catalog.checks.fields import scope_of
from connectors.catalog.form import UsageTypeForm
from connectors.catalog.names import Names
from connectors.catalog.number_plans import number_plan
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Sheets
from streams.expression import Expression, check_expression
from streams.model.mediation import DistanceRule, NumberRule, SourcePlatform
from streams.record_ids import KEPT_DAYS


def check_platforms(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report platforms whose records nothing could price."""
    for entry in sheets.source_platforms:
        _check_mapping(entry.form, entry.place, names, book)
        days = entry.form.dedupe_window_days
        if not 1 <= days <= KEPT_DAYS:
            book.report(
                entry.place.at("dedupe_window_days"), f"expected 1 to {KEPT_DAYS}, found {days}"
            )
        for number, one in enumerate(entry.form.filters):
            for problem in _rule_problems(one.drop_when, entry.form):
                book.report(entry.place.at("filters", number, "drop_when"), problem)
        if entry.form.format == "csv" and entry.form.csv is None:
            book.report(entry.place, '"csv" is missing: expected the names of the columns')
        usage_type = names.usage_types.get(entry.form.mapping.usage_type)
        for number, rule in enumerate(entry.form.enrich):
            if isinstance(rule, DistanceRule):
                _check_unit(rule, usage_type, entry.place.at("enrich", number), book)
            if isinstance(rule, NumberRule) and number_plan(rule.region) is None:
                book.report(
                    entry.place.at("enrich", number, "region"),
                    f'"{rule.region}" is no region of ISO 3166 with telephone numbers',
                )


def _check_unit(
    rule: DistanceRule, usage_type: UsageTypeForm | None, place: Place, book: ProblemBook
) -> None:
    if rule.unit and usage_type is not None and rule.unit not in usage_type.units:
        book.report(place.at("unit"), unknown("unit", rule.unit, set(usage_type.units)))


def _rule_problems(rule: Expression | None, platform: SourcePlatform) -> tuple[str, ...]:
    if rule is None:
        return ()
    return check_expression(rule, scope_of(platform), wanted="bool")


def _check_mapping(platform: SourcePlatform, place: Place, names: Names, book: ProblemBook) -> None:
    mapping, below = platform.mapping, place.at("mapping")
    usage_type = names.usage_types.get(mapping.usage_type)
    if usage_type is None:
        message = unknown("usage type", mapping.usage_type, names.usage_types)
        book.report(below.at("usage_type"), message)
        return
    for number, quantity in enumerate(mapping.quantities):
        if quantity.unit not in usage_type.units:
            message = unknown("unit", quantity.unit, set(usage_type.units))
            book.report(below.at("quantities", number, "unit"), message)
    is_measured = names.is_derived(mapping.usage_type)
    if not mapping.quantities and platform.split is None and not is_measured:
        book.report(below, 'nothing is measured: expected "quantities" or a "split"')
    for attribute in mapping.required_attributes:
        if attribute not in mapping.attributes:
            message = unknown("attribute", attribute, mapping.attributes)
            book.report(below.at("required_attributes"), message)
