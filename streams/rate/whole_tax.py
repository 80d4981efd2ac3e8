"""Taxes that are on all of a record alike: what most offers have, worked out without its pieces.

One tax contained in the price, or any on top of it, none of a class and none by line: what is
taxed is the record's amount, however it came about. All that a line tells but its amounts is made
once. `rules/tax.py` works out all others, and says what a tax is.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.money import CONTEXT, LINE_QUANTUM, ROUNDING_MODES, ZERO, quantize_line
from streams.model.rated import ChargeLine, Posting
from streams.model.tax import TAX, TAX_CLASS, TAX_PAYABLE, Tax
from streams.rate.bounds import HUNDRED
from streams.rate.eligibility import Applies, compile_eligibility, compile_when
from streams.rate.rating import Rating
from streams.rate.terms import OfferTerms, PlanTerms

_add, _multiply, _divide = CONTEXT.add, CONTEXT.multiply, CONTEXT.divide
_ONE = Decimal(1)
# `or ZERO` after a product: nothing is told without a sign.

TaxRule = Callable[[Rating], None]


class _Levy(Struct, frozen=True):
    """What a tax does to who is not exempt, or to who is; `told` is the rate as a line tells it."""

    tax: str
    rate: Decimal
    told: Decimal
    detail: dict[str, str]
    payable: str
    rounding: str
    is_compound: bool


class _Tax(Struct, frozen=True):
    """Who is taxed: `spared` is for those who are exempt."""

    applies: Applies
    is_exempt: Applies | None
    levied: _Levy
    spared: _Levy

    def levy(self, rating: Rating) -> _Levy | None:
        """How the record is taxed, if it is."""
        if not self.applies(rating):
            return None
        if self.is_exempt is not None and self.is_exempt(rating):
            return self.spared
        return self.levied


def compile_whole_tax(taxes: Sequence[Tax], terms: OfferTerms) -> TaxRule | None:
    """Append a line for each tax that is due, and its posting; None where there is more to it."""
    if not all(map(_is_whole, taxes)):
        return None
    compiled = [_compile_tax(tax, terms.plan) for tax in taxes]
    if all(tax.mode == "exclusive" for tax in taxes):
        return _compile_on_top(compiled, terms.plan)
    if len(taxes) == 1 and not taxes[0].compound:
        return _compile_contained(compiled[0], terms.plan)
    return None


def _is_whole(tax: Tax) -> bool:
    return tax.over == "total" and TAX_CLASS not in tax.when


def _compile_tax(tax: Tax, plan: PlanTerms) -> _Tax:
    detail = {"mode": str(tax.mode), "percent": f"{tax.percent:f}"}
    if tax.level:
        detail["level"] = tax.level
    rate = _divide(tax.percent, HUNDRED)
    levied = _Levy(
        tax.id,
        rate,
        quantize_line(rate),
        detail,
        f"{TAX_PAYABLE}:{tax.id}",
        ROUNDING_MODES[tax.rounding] if tax.rounding else plan.rounding,
        tax.compound,
    )
    spared = replace(levied, rate=ZERO, told=quantize_line(ZERO))
    if rate:
        spared = replace(spared, detail=detail | {"exempt": "true"})
    return _Tax(
        compile_eligibility(tax),
        compile_when(tax.exempt) if tax.exempt else None,
        levied,
        spared,
    )


def _compile_on_top(taxes: Sequence[_Tax], plan: PlanTerms) -> TaxRule:
    """Taxes on top: a compound one is also on those before it, as they were unrounded."""
    currency, quantum = plan.currency, plan.quantum
    any_compound = any(tax.levied.is_compound for tax in taxes)

    def tax_charge(rating: Rating) -> None:
        net = taxed = rating.amount
        if not net:
            return
        due = ZERO
        for tax in taxes:
            levy = tax.levy(rating)
            if levy is None:
                continue
            base = taxed if levy.is_compound else net
            exact = _multiply(base, levy.rate) or ZERO
            if any_compound:
                taxed = _add(taxed, exact)
            amount = exact.quantize(quantum, levy.rounding, CONTEXT)
            base = base.quantize(LINE_QUANTUM, None, CONTEXT)
            line = ChargeLine(TAX, levy.tax, currency, base, levy.told, amount, levy.detail)
            rating.lines.append(line)
            if amount:
                due = _add(due, amount) if due else amount
                rating.postings.append(Posting(levy.payable, currency, amount))
        if due:
            # No rule before has taxed the record.
            rating.tax = due
            rating.amount = _add(net, due)
            rating.total = _add(rating.total, due)

    return tax_charge


def _compile_contained(tax: _Tax, plan: PlanTerms) -> TaxRule:
    """The one tax that is contained in the amount: never more than all of it."""
    levy_of, currency, quantum, nothing = tax.levy, plan.currency, plan.quantum, plan.nothing

    def tax_charge(rating: Rating) -> None:
        price = rating.amount
        levy = levy_of(rating) if price else None
        if levy is None:
            return
        rate = levy.rate
        whole = _add(_ONE, rate)
        base = _divide(price, whole).quantize(LINE_QUANTUM, None, CONTEXT)
        exact = _divide(_multiply(price, rate) or ZERO, whole)
        amount = exact.quantize(quantum, levy.rounding, CONTEXT)
        amount = max(price, amount) if price < 0 else min(price, amount)
        detail = {**levy.detail, "tax": f"{amount:f}"}
        line = ChargeLine(TAX, levy.tax, currency, base, levy.told, nothing, detail)
        rating.lines.append(line)
        if amount:
            rating.tax = amount
            rating.postings.append(Posting(levy.payable, currency, amount))

    return tax_charge
