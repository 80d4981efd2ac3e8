"""Points: is there something to count, and a name for them that nothing else has."""

from itertools import pairwise

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.forms.loyalty import LoyaltyRuleForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.sheets import Sheets

_DIGITS_MAX = 12
_MONTHS_MAX = 120


def check_loyalty(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report rules that give nothing, or what cannot be."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    units = {unit for usage_type in names.usage_types.values() for unit in usage_type.units}
    taken = names.currencies.keys() | names.allowances.keys() | names.accumulators.keys()
    for entry in sheets.loyalty_rules:
        form = entry.form
        check = MoneyCheck(entry.place, names, book)
        check.eligibility(form, offers)
        for word in ("points", "per"):
            check.positive(getattr(form, word), word)
        for number, unit in enumerate(form.units):
            check.known("unit", unit, units, "units", number)
        if form.resource in taken:
            check.report(f'"{form.resource}" is also another resource', "resource")
        if not 0 <= form.digits <= _DIGITS_MAX:
            check.report(f"expected 0 to {_DIGITS_MAX}, found {form.digits}", "digits")
        for number, multiplier in enumerate(form.multipliers):
            check.words(multiplier.when, "multipliers", number, "when")
            check.positive(multiplier.times, "multipliers", number, "times")
        _check_tiers(form, check, book)
        if not 0 <= form.expires_after_months <= _MONTHS_MAX:
            found = form.expires_after_months
            check.report(f"expected 0 to {_MONTHS_MAX}, found {found}", "expires_after_months")
    _check_conversions(sheets, names, book)


def _check_tiers(form: LoyaltyRuleForm, check: MoneyCheck, book: ProblemBook) -> None:
    """Tiers rise, each has a name of its own, and something they are reached by."""
    if form.tiers_every and not form.tiers:
        check.report('stands only beside "tiers"', "tiers_every")
    if form.tiers_every:
        check_period_named(form.tiers_every, check.place.at("tiers_every"), check.names, book)
    seen: set[str] = set()
    for number, tier in enumerate(form.tiers):
        check.positive(tier.start, "tiers", number, "from")
        check.positive(tier.times, "tiers", number, "times")
        if tier.id in seen:
            check.report(f'there are two tiers "{tier.id}"', "tiers", number, "id")
        seen.add(tier.id)
    for number, (one, other) in enumerate(pairwise(form.tiers), start=1):
        if other.start <= one.start:
            message = f"tiers must rise: expected more than {one.start}"
            check.report(message, "tiers", number, "from")


def _check_conversions(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    points = {entry.form.resource for entry in sheets.loyalty_rules}
    automatic: set[str] = set()
    for entry in sheets.conversions:
        form = entry.form
        check = MoneyCheck(entry.place, names, book)
        check.known("points", form.source, points, "from")
        check.known(
            "currency or allowance", form.target, {*names.currencies, *names.allowances}, "to"
        )
        check.positive(form.rate, "rate")
        if form.minimum < 0:
            check.report(f"expected 0 or more, found {form.minimum}", "minimum")
        if form.automatic and form.minimum <= 0:
            check.report(
                '"minimum" is missing: expected the points that it is done with', "automatic"
            )
        if form.automatic and form.source in automatic:
            check.report(f'points "{form.source}" become something else already', "automatic")
        automatic |= {form.source} if form.automatic else set()
        if form.expires_after is not None and not duration_of(form.expires_after):
            check.report("expected more than nothing", "expires_after")
