"""Shares of known percents for known partners in the price plan's currency: what most offers have.

Percents are whole numbers here, so that a part is found without a division of decimals; all that a
line tells but its amounts is made once. `rules/revenue_share.py` cuts all others, and says what a
share is.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from msgspec import Struct

from streams.model.money import CONTEXT, LINE_QUANTUM, ZERO, allot_whole, quantize_line
from streams.model.partner import RevenueShare
from streams.model.rated import ChargeLine, Posting
from streams.rate.bounds import HUNDRED
from streams.rate.eligibility import Applies, compile_eligibility
from streams.rate.payable import PARTNER_PAYABLE
from streams.rate.rating import Rating
from streams.rate.terms import OfferTerms, PlanTerms

RULE = "share"
_subtract, _multiply = CONTEXT.subtract, CONTEXT.multiply
_minus, _scaleb = CONTEXT.minus, CONTEXT.scaleb
_exactly = Context(prec=2 * CONTEXT.prec).multiply
"""The product of any two decimals in full, so that it is rounded only once."""
_PARTS = 10**12
"""A percent is counted in this many parts."""
_WHOLE = 100 * _PARTS
_PLAIN_DIGITS = 6
"""Up to so many digits after the point, `str` never tells a decimal in exponent form."""

ShareRule = Callable[[Rating], None]


class _Share(Struct, frozen=True):
    """`part` is what it gets of `_WHOLE`; `percent` and `told` are as its line tells them."""

    share: str
    applies: Applies
    part: int
    percent: str
    told: Decimal
    partner: str
    payable: str
    basis: str
    told_basis: str
    shares: tuple["_Share", ...]


class _Given(NamedTuple):
    """What a share gets of its whole, in minor units, and what it keeps of that."""

    share: _Share
    whole: int
    amount: int
    kept: int


def compile_fixed_shares(listed: Sequence[RevenueShare], terms: OfferTerms) -> ShareRule | None:
    """Append a line and postings for each share that is due; None where there is more to it."""
    if not all(_is_fixed(share, terms) for share in listed):
        return None
    shares = _tree(listed, "", terms)
    if len(shares) == 1 and not shares[0].shares:
        return _compile_one(shares[0], terms.plan)
    return _compile_all(shares, terms.plan)


def _is_fixed(share: RevenueShare, terms: OfferTerms) -> bool:
    """True where the percent, the partner and its currency are known; said by what it may say."""
    partner = terms.money.partners.get(share.partner)
    if partner is None or partner.currency != terms.plan.currency or not share.percent:
        return False
    plain = RevenueShare(
        id=share.id,
        partner=share.partner,
        percent=share.percent,
        basis=share.basis,
        of=share.of,
        currency=share.currency,
        when=share.when,
        usage_types=share.usage_types,
        products=share.products,
        price_plans=share.price_plans,
        start=share.start,
        end=share.end,
    )
    parts = _multiply(share.percent, _PARTS)
    return plain == share and parts == parts.to_integral_value()


def _tree(listed: Sequence[RevenueShare], of: str, terms: OfferTerms) -> tuple[_Share, ...]:
    return tuple(
        _Share(
            share.id,
            compile_eligibility(share),
            int(_multiply(share.percent or ZERO, _PARTS)),
            f"{share.percent:f}",
            quantize_line(CONTEXT.divide(share.percent or ZERO, HUNDRED)),
            share.partner,
            f"{PARTNER_PAYABLE}:{share.partner}",
            str(share.basis),
            share.of or str(share.basis),
            _tree(listed, share.id, terms),
        )
        for share in listed
        if share.of == of
    )


def _compile_one(share: _Share, plan: PlanTerms) -> ShareRule:
    """One partner: half a minor unit up is its, all else stays with the tenant."""
    share_any, put = _compile_all((share,), plan), _compile_put(plan)
    if share.basis == "margin":
        return share_any
    applies, is_gross = share.applies, share.basis == "gross"
    quantum, nothing = plan.quantum, plan.nothing
    rate = Decimal(min(share.part, _WHOLE)) / _WHOLE

    def share_out(rating: Rating) -> None:
        net = amount = rating.amount
        if not amount or not applies(rating):
            return
        if rating.tax:
            net = _subtract(amount, rating.tax)
            if (net < ZERO) != (amount < ZERO):
                # A tax beyond the price: not what the short way is for.
                share_any(rating)
                return
        # `or nothing`: nothing is told without a sign.
        whole = left = net.quantize(quantum, ROUND_DOWN, CONTEXT) or nothing
        if is_gross:
            whole = amount.quantize(quantum, ROUND_DOWN, CONTEXT) or nothing
        given = _exactly(whole, rate).quantize(quantum, ROUND_HALF_UP, CONTEXT) or nothing
        if is_gross and abs(given) > abs(left):
            given = left
        put(rating, share, whole, given, given)

    return share_out


def _compile_all(shares: Sequence[_Share], plan: PlanTerms) -> ShareRule:
    """Several partners, and those who get a share of a share: each level is cut by itself."""
    minor_of, put, quantum = _compile_minor(plan), _compile_put(plan), plan.quantum

    def share_out(rating: Rating) -> None:
        amount = rating.amount
        if not amount:
            return
        sign = -1 if amount < 0 else 1
        net = _subtract(amount, rating.tax)
        left = minor_of(net, sign)
        wholes = {
            "gross": minor_of(amount, sign),
            "net": left,
            "margin": max(0, minor_of(_margin(net, rating), sign)),
        }
        given: list[_Given] = []
        _cut(shares, wholes, rating, left=max(0, left), given=given)
        for share, whole, part, kept in given:
            put(rating, share, *(_multiply(sign * each, quantum) for each in (whole, part, kept)))

    return share_out


def _cut(
    shares: Sequence[_Share],
    wholes: Mapping[str, int],
    rating: Rating,
    *,
    left: int,
    given: list[_Given],
) -> int:
    """Note what each share that is due gets, children right after theirs; the sum of this level."""
    due = [share for share in shares if share.applies(rating)]
    most = left
    parts = [0] * len(due)
    for basis in dict.fromkeys([share.basis for share in due]):
        places = [place for place, share in enumerate(due) if share.basis == basis]
        exact = _percents(wholes[basis], [due[place].part for place in places])
        for place, part in zip(places, exact, strict=False):
            parts[place] = min(part, left)
            left -= parts[place]
    for share, part in zip(due, parts, strict=True):
        place = len(given)
        given.append(_Given(share, wholes[share.basis], part, part))
        if share.shares:
            below = dict.fromkeys(wholes, part)
            gone = _cut(share.shares, below, rating, left=part, given=given)
            given[place] = _Given(share, wholes[share.basis], part, part - gone)
    return most - left


def _percents(whole: int, parts: Sequence[int]) -> list[int]:
    """The parts of the whole, cut along with what is left to all of it, which is the last."""
    left = _WHOLE
    bounded: list[int] = []
    for part in parts:
        bounded.append(min(part, left))
        left -= bounded[-1]
    return allot_whole(whole, [*bounded, left])


def _margin(net: Decimal, rating: Rating) -> Decimal:
    return net if rating.cost is None else _subtract(net, rating.cost)


def _compile_minor(plan: PlanTerms) -> Callable[[Decimal, int], int]:
    """How many full minor units of an amount, told without its sign."""
    digits = -int(plan.quantum.as_tuple().exponent)
    return lambda amount, sign: sign * int(_scaleb(amount, digits))


def _compile_put(plan: PlanTerms) -> Callable[[Rating, _Share, Decimal, Decimal, Decimal], None]:
    """The line and the postings of what a share gets of its whole, and what it keeps of that."""
    currency, nothing = plan.currency, plan.nothing
    told = str if -int(plan.quantum.as_tuple().exponent) <= _PLAIN_DIGITS else "{:f}".format

    def put(rating: Rating, share: _Share, whole: Decimal, amount: Decimal, kept: Decimal) -> None:
        detail = {
            "partner": share.partner,
            "basis": share.told_basis,
            "amount": told(amount),
            "percent": share.percent,
        }
        if kept != amount:
            detail["kept"] = told(kept)
        base = whole.quantize(LINE_QUANTUM, None, CONTEXT)
        line = ChargeLine(RULE, share.share, currency, base, share.told, nothing, detail)
        rating.lines.append(line)
        if kept:
            rating.postings += (
                Posting("revenue", currency, _minus(kept)),
                Posting(share.payable, currency, kept),
            )

    return put
