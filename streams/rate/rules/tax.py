"""Taxes on what the record costs: after discounts and allowances, and after its rounding.

Inclusive taxes are taken out of the amount, exclusive ones come on top of what is left. A compound
tax is also on the taxes before it, as they were before they were rounded. A tax is rounded by its
own word, else by the currency's: the tax of each piece, or of the record. It is no revenue.

What is contained in a price is never more than the price: of a small one, whose taxes are rounded
up each by itself, the later ones get what the earlier ones leave.
"""

from collections.abc import Sequence
from decimal import Decimal

from streams.model.money import CONTEXT, ROUNDING_MODES, ZERO, quantize_line
from streams.model.rated import ChargeLine, Posting
from streams.model.tax import TAX, TAX_CLASS, TAX_PAYABLE, Tax
from streams.rate.bounds import HUNDRED
from streams.rate.eligibility import compile_eligibility, compile_when, is_for
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.tax_bases import Piece, pieces_of
from streams.rate.terms import OfferTerms
from streams.rate.whole_tax import compile_whole_tax

_add, _multiply, _divide = CONTEXT.add, CONTEXT.multiply, CONTEXT.divide
_ONE = Decimal(1)


def compile_tax(terms: OfferTerms) -> Rule | None:
    """Append a line for each tax that is due, and its posting."""
    taxes = [tax for tax in terms.money.taxes if is_for(tax, terms)]
    if not taxes:
        return None
    return compile_whole_tax(taxes, terms) or compile_piecewise_tax(taxes, terms)


def compile_piecewise_tax(listed: Sequence[Tax], terms: OfferTerms) -> Rule:
    """What holds for all taxes: each is on the pieces of the record that are of its class."""
    taxes = [_Tax(tax, terms) for tax in listed]
    by_line = any(tax.by_line for tax in taxes)
    are_alike = not by_line and all(tax.tax_class is None for tax in taxes)
    currency = terms.plan.currency

    def tax_charge(rating: Rating) -> None:
        due = [tax for tax in taxes if tax.applies(rating)] if rating.amount else []
        if not due:
            return
        sums = {id(tax): _Sum() for tax in due}
        if are_alike:
            _tax_piece(Piece("", rating.amount), due, sums, rating)
        else:
            for piece in pieces_of(rating.lines, rating.amount, currency, by_line=by_line):
                _tax_piece(piece, due, sums, rating)
        left = rating.amount
        for tax in due:
            left = tax.put(rating, sums[id(tax)], left)

    return tax_charge


class _Sum:
    """The tax on all pieces so far, and what it is on."""

    __slots__ = ("base", "is_met", "tax")

    def __init__(self) -> None:
        self.base = ZERO
        self.tax = ZERO
        self.is_met = False


class _Tax:
    """A tax of an offer, compiled."""

    __slots__ = (
        "_is_exempt",
        "_plan",
        "applies",
        "by_line",
        "is_inclusive",
        "rate",
        "tax",
        "tax_class",
    )

    def __init__(self, tax: Tax, terms: OfferTerms) -> None:
        self.tax = tax
        self.tax_class = tax.when.get(TAX_CLASS)
        words = {word: value for word, value in tax.when.items() if word != TAX_CLASS}
        self.applies = compile_eligibility(tax, words)
        self.rate = _divide(tax.percent, HUNDRED)
        self.is_inclusive = tax.mode == "inclusive"
        self.by_line = tax.over == "line"
        self._is_exempt = compile_when(tax.exempt) if tax.exempt else None
        self._plan = terms.plan

    def is_on(self, piece: Piece) -> bool:
        """True where the piece is of the tax's class."""
        return self.tax_class is None or self.tax_class == piece.tax_class

    def rate_for(self, rating: Rating) -> Decimal:
        """Nothing for who is exempt."""
        exempt = self._is_exempt is not None and self._is_exempt(rating)
        return ZERO if exempt else self.rate

    def rounded(self, amount: Decimal) -> Decimal:
        """At the currency's minor unit."""
        mode = self.tax.rounding
        rounding = ROUNDING_MODES[mode] if mode else self._plan.rounding
        return amount.quantize(self._plan.quantum, rounding, CONTEXT)

    def put(self, rating: Rating, found: _Sum, left: Decimal) -> Decimal:
        """The tax's line and posting, where anything of the record is of its class.

        `left` is what contained taxes have left of the price so far; what they leave now is given.
        """
        if not found.is_met:
            return left
        tax, currency = self.tax, self._plan.currency
        amount = found.tax if self.by_line else self.rounded(found.tax)
        detail = {"mode": str(tax.mode), "percent": f"{tax.percent:f}"}
        if tax.level:
            detail["level"] = tax.level
        if self.tax_class is not None:
            detail[TAX_CLASS] = self.tax_class
        if not self.rate_for(rating) and self.rate:
            detail["exempt"] = "true"
        added = amount
        if self.is_inclusive:
            amount = _within(left, amount)
            left = CONTEXT.subtract(left, amount)
            detail["tax"] = f"{amount:f}"
            added = self._plan.nothing
        base = quantize_line(found.base)
        rate = quantize_line(self.rate_for(rating))
        rating.lines.append(ChargeLine(TAX, tax.id, currency, base, rate, added, detail))
        if amount:
            rating.tax = _add(rating.tax, amount)
            rating.postings.append(Posting(f"{TAX_PAYABLE}:{tax.id}", currency, amount))
        if not self.is_inclusive:
            rating.amount = _add(rating.amount, added)
            rating.total = _add(rating.total, added)
        return left


def _within(left: Decimal, amount: Decimal) -> Decimal:
    """As much of the amount as is left, be it a charge or a credit; nothing of nothing."""
    if not left:
        return left
    return max(left, amount) if left < 0 else min(left, amount)


def _tax_piece(piece: Piece, due: list[_Tax], sums: dict[int, _Sum], rating: Rating) -> None:
    """Add what each tax is on the piece."""
    on_it = [(tax, tax.rate_for(rating)) for tax in due if tax.is_on(piece)]
    inclusive = [(tax, rate) for tax, rate in on_it if tax.is_inclusive]
    shares: list[Decimal] = []
    whole = _ONE
    for tax, rate in inclusive:
        share = _multiply(rate, whole) if tax.tax.compound else rate
        shares.append(share)
        whole = _add(whole, share)
    net = _divide(piece.amount, whole)
    for (tax, _), share in zip(inclusive, shares, strict=True):
        base = _divide(_multiply(net, share), tax.rate) if tax.tax.compound and tax.rate else net
        _count(tax, sums[id(tax)], base, _divide(_multiply(piece.amount, share), whole))
    taxed = net
    for tax, rate in on_it:
        if not tax.is_inclusive:
            base = taxed if tax.tax.compound else net
            amount = _multiply(base, rate)
            taxed = _add(taxed, amount)
            _count(tax, sums[id(tax)], base, amount)


def _count(tax: _Tax, found: _Sum, base: Decimal, amount: Decimal) -> None:
    found.is_met = True
    found.base = _add(found.base, base)
    found.tax = _add(found.tax, tax.rounded(amount) if tax.by_line else amount)
