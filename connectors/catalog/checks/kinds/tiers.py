"""Prices by tiers: do they rise, does something move what they are measured on."""

from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.forms.prices import (
    BlocksForm,
    GraduatedForm,
    GraduatedPercentageForm,
    PackageForm,
    StairstepForm,
    ThresholdPriceForm,
    VolumeForm,
)
from streams.model.price import RECORD


def check_graduated(form: GraduatedForm, check: KindCheck) -> None:
    """Tiers of amounts."""
    _check_tiers(form, check)


def check_volume(form: VolumeForm, check: KindCheck) -> None:
    """Tiers of amounts; a mode needs a total."""
    _check_tiers(form, check)
    if form.reference == RECORD and form.mode == "prospective":
        check.report('a tier is chosen by a total: "prospective" needs a reference', "mode")
    if form.reference == RECORD and form.settle != "none":
        check.report("a period is settled by its total: settle needs a reference", "settle")
    if form.reference in check.names.evaluations and form.settle != "none":
        check.report("what earlier periods say is not settled: expected none", "settle")
    if form.settle != "none":
        check.whole(form.reference, "reference")
    number = form.provisional
    if number is None:
        return
    if form.settle == "none":
        check.report('what is charged meanwhile: stands only beside "settle"', "provisional")
    if not 1 <= number <= len(form.tiers):
        message = f"expected the number of a tier, 1 to {len(form.tiers)}, found {number}"
        check.report(message, "provisional")


def _check_tiers(form: GraduatedForm | VolumeForm, check: KindCheck) -> None:
    check.measured(form.unit, form.reference, may_be_evaluated=True)
    check.positive(form.per, "per")
    check.some(form.tiers, "tier", "tiers")
    for number, tier in enumerate(form.tiers):
        check.at_least_zero(tier.unit_amount, "tiers", number, "unit_amount")
        check.at_least_zero(tier.flat_amount, "tiers", number, "flat_amount")
    check.rising((tier.up_to for tier in form.tiers), "up_to")


def check_graduated_percentage(form: GraduatedPercentageForm, check: KindCheck) -> None:
    """Tiers of shares."""
    check.measured(form.unit, form.reference, may_be_evaluated=True)
    check.some(form.tiers, "tier", "tiers")
    for number, tier in enumerate(form.tiers):
        check.at_least_zero(tier.rate_percent, "tiers", number, "rate_percent")
        check.at_least_zero(tier.flat_amount, "tiers", number, "flat_amount")
    check.rising((tier.up_to for tier in form.tiers), "up_to")


def check_stairstep(form: StairstepForm, check: KindCheck) -> None:
    """Tiers of flat amounts."""
    check.measured(form.unit, form.reference, may_be_evaluated=True)
    check.some(form.tiers, "tier", "tiers")
    for number, tier in enumerate(form.tiers):
        check.at_least_zero(tier.flat_amount, "tiers", number, "flat_amount")
    check.rising((tier.up_to for tier in form.tiers), "up_to")


def check_blocks(form: BlocksForm, check: KindCheck) -> None:
    """Tiers of blocks, of which only the last may go on for ever."""
    check.measured(form.unit, form.reference, may_be_evaluated=True)
    check.some(form.tiers, "tier", "tiers")
    for number, tier in enumerate(form.tiers):
        check.positive(tier.block_size, "tiers", number, "block_size")
        check.at_least_zero(tier.block_amount, "tiers", number, "block_amount")
        check.positive(tier.max_blocks, "tiers", number, "max_blocks")
        if tier.max_blocks is None and number < len(form.tiers) - 1:
            check.report("only the last tier has no end: expected max_blocks", "tiers", number)


def check_package(form: PackageForm, check: KindCheck) -> None:
    """A size that units fit into."""
    if form.reference in check.names.evaluations:
        check.unit(form.unit, "unit")
        message = f'a package has no tiers for evaluation "{form.reference}" to choose'
        check.report(f"{message}: expected an accumulator", "reference")
    else:
        check.measured(form.unit, form.reference)
    check.positive(form.size, "size")
    check.at_least_zero(form.amount, "amount")
    check.at_least_zero(form.free_units, "free_units")


def check_threshold(form: ThresholdPriceForm, check: KindCheck) -> None:
    """Levels told in one way, in rising order; their amounts may be credits."""
    check.measured(form.unit, form.reference, may_be_evaluated=True)
    check.positive(form.per_started, "per_started")
    check.some(form.levels, "level", "levels")
    before = None
    for number, level in enumerate(form.levels):
        told = {"from": level.start, "above": level.above, "up_to": level.up_to}
        given = [word for word, value in told.items() if value is not None]
        is_open = level.up_to is None and number == len(form.levels) - 1
        ends = form.levels[0].up_to is not None
        if len(given) > 1 or (not given and not (ends and is_open)):
            check.report("expected one of from, above or up_to", "levels", number)
            continue
        word = given[0] if given else "up_to"
        if (word == "up_to") != ends:
            message = "levels are told by where they begin, or by where they end: expected one way"
            check.report(message, "levels", number)
        value = told[word]
        check.at_least_zero(value, "levels", number, word)
        if value is not None and before is not None and value <= before:
            message = f"levels must rise: expected more than {before}"
            check.report(message, "levels", number, word)
        before = value if value is not None else before
