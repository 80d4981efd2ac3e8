"""Service levels: bands that can be reached, of something that there is."""

from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.forms.prices import SlaForm
from connectors.catalog.problem import unknown


def check_sla(form: SlaForm, check: KindCheck) -> None:
    """One base, a target, bands below it that do not overlap."""
    check.unit(form.unit, "unit")
    check.positive(form.target, "target")
    if (form.fee is None) == (not form.charges):
        check.report('expected "fee" or "charges", one of them')
    check.positive(form.fee, "fee")
    if form.charges:
        accumulators = check.names.accumulators
        accumulator = accumulators.get(form.charges)
        if accumulator is None:
            check.report(unknown("accumulator", form.charges, accumulators), "charges")
        elif accumulator.sums != "amount" or not accumulator.adds_up:
            check.report(f'accumulator "{form.charges}" does not sum amounts', "charges")
    check.some(form.bands, "band", "bands")
    for number, band in enumerate(form.bands):
        below = check.below("bands", number)
        if not 0 <= band.percent <= 100:
            below.report(f"expected 0 to 100, found {band.percent}", "percent")
        below.at_least_zero(band.start, "from")
        if band.below <= band.start:
            below.report(f"ends at {band.below}, which is not above its start", "below")
        if band.below > form.target:
            below.report(f"ends above the target of {form.target}", "below")
        for other in form.bands[:number]:
            if band.start < other.below and other.start < band.below:
                below.report(f"overlaps the band from {other.start}", "from")
