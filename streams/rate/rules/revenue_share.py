"""Partners' shares of what the customer pays. They are taken from the revenue, in minor units.

Of one whole, fixed amounts go first, in the catalog's order; then percents, cut together with what
is left for the tenant by largest remainder, so that all parts sum to the whole; then who gets the
rest. No share is more than what is left of the revenue without tax. A share of a share is cut from
that share in the same way. Percents of a charge below zero are taken back; fixed amounts are not.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from streams.model.money import CONTEXT, ROUNDING_MODES, ZERO, allot, quantize_line
from streams.model.partner import Partner, RevenueShare
from streams.model.rated import ChargeLine
from streams.outcome import Reject
from streams.rate.bounds import HUNDRED
from streams.rate.eligibility import (
    compile_eligibility,
    is_for,
    percent_at,
    total_before,
)
from streams.rate.exchange import no_rate
from streams.rate.fixed_shares import RULE, compile_fixed_shares
from streams.rate.no_partner import no_partner
from streams.rate.partner_tier import tier_at
from streams.rate.payable import payable
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

_DOWN = ROUNDING_MODES["down"]


def compile_revenue_share(terms: OfferTerms) -> Rule | None:
    """Append a line and postings for each share that is due."""
    currency = terms.plan.currency
    listed = [
        share
        for share in terms.money.shares
        if share.currency in ("", currency) and is_for(share, terms)
    ]
    if all(share.of for share in listed):
        return None
    return compile_fixed_shares(listed, terms) or compile_any_shares(listed, terms)


def compile_any_shares(listed: Sequence[RevenueShare], terms: OfferTerms) -> Rule:
    """What holds for all shares, whoever gets them and whatever they are."""
    return _Sharing(_tree(listed, "", terms), terms).share_out


def asks_tier(terms: OfferTerms) -> bool:
    """True where a share goes by the partner's tier at the time of the usage."""
    return any(share.partner_tiers and is_for(share, terms) for share in terms.money.shares)


def _tree(listed: Sequence[RevenueShare], of: str, terms: OfferTerms) -> tuple["_Share", ...]:
    return tuple(
        _Share(share, _tree(listed, share.id, terms), terms) for share in listed if share.of == of
    )


class _Share:
    """A share and those that are taken from it, compiled."""

    __slots__ = ("_partners", "applies", "fixed", "parts", "share")

    def __init__(self, share: RevenueShare, parts: tuple["_Share", ...], terms: OfferTerms) -> None:
        self.share = share
        self.parts = parts
        self.applies = compile_eligibility(share)
        self._partners = terms.money.partners
        self.fixed = 0 if share.amount is None else _minor(share.amount, terms.plan.quantum)

    def partner(self, rating: Rating) -> Partner | Reject | None:
        """Who gets it; None where the record or its account names nobody."""
        share = self.share
        name = share.partner or rating.word(share.partner_from)
        if not name:
            return None
        return self._partners.get(name) or no_partner(rating, name)

    def percent(self, partner: Partner, rating: Rating) -> Decimal:
        """Its percent now; nothing where it is none of percents."""
        share = self.share
        if share.percent is not None:
            return share.percent
        if share.partner_tiers:
            record, state = rating.record, rating.state
            assert state is not None
            tier = tier_at(partner, record.tenant, record.occurred_at, state)
            return share.partner_tiers.get(tier, ZERO)
        return percent_at(share.tiers, total_before(share.reference, rating))


class _Due(Struct, frozen=True):
    """A share that applies, whose partner is known."""

    share: _Share
    partner: Partner
    percent: Decimal


class _Given(Struct):
    """What a share gets, in minor units, and what it keeps when others have had theirs of it."""

    due: _Due
    whole: int
    amount: int
    kept: int


class _Sharing:
    """All shares of an offer."""

    __slots__ = ("_currency", "_exchange", "_plan", "_quantum", "_shares")

    def __init__(self, shares: tuple[_Share, ...], terms: OfferTerms) -> None:
        self._shares = shares
        self._plan = terms.plan
        self._currency = terms.plan.currency
        self._quantum = terms.plan.quantum
        self._exchange = terms.money.exchange

    def share_out(self, rating: Rating) -> Reject | None:
        """Cut the record's amount, and put every part."""
        amount = rating.amount
        if not amount:
            return None
        sign = -1 if amount < 0 else 1
        net = CONTEXT.subtract(amount, rating.tax)
        wholes = {
            "gross": sign * _minor(amount, self._quantum),
            "net": sign * _minor(net, self._quantum),
        }
        margin = CONTEXT.subtract(net, rating.cost or ZERO)
        wholes["margin"] = max(0, sign * _minor(margin, self._quantum))
        given = _cut(self._shares, wholes, rating, left=max(0, wholes["net"]), taken_back=sign < 0)
        if isinstance(given, Reject):
            return given
        for part in given:
            refusal = self._put(part, sign, rating)
            if refusal is not None:
                return refusal
        return None

    def _put(self, part: _Given, sign: int, rating: Rating) -> Reject | None:
        share, partner, currency = part.due.share.share, part.due.partner, self._currency
        amount, kept = self._amount(sign * part.amount), self._amount(sign * part.kept)
        basis = share.of or str(share.basis)
        detail = {"partner": partner.id, "basis": basis, "amount": f"{amount:f}"}
        if part.due.percent:
            detail["percent"] = f"{part.due.percent:f}"
        if part.kept != part.amount:
            detail["kept"] = f"{kept:f}"
        if kept:
            at = rating.record.occurred_at
            owed = payable(kept, currency, partner, exchange=self._exchange, at=at)
            if owed is None:
                return no_rate(rating.record, currency, partner.currency, plan=self._plan.id)
            detail |= owed.detail
            rating.postings += owed.postings
        whole = quantize_line(self._amount(sign * part.whole))
        rate_of = quantize_line(CONTEXT.divide(part.due.percent, HUNDRED))
        rating.lines.append(
            ChargeLine(RULE, share.id, currency, whole, rate_of, self._plan.nothing, detail)
        )
        return None

    def _amount(self, minor: int) -> Decimal:
        return CONTEXT.multiply(Decimal(minor), self._quantum)


def _cut(
    shares: Sequence[_Share],
    wholes: dict[str, int],
    rating: Rating,
    *,
    left: int,
    taken_back: bool,
) -> list[_Given] | Reject:
    """What each share gets of its whole, together `left` at most; children right after theirs."""
    due: list[_Due] = []
    for share in shares:
        if share.applies(rating):
            partner = share.partner(rating)
            if isinstance(partner, Reject):
                return partner
            if partner is not None:
                due.append(_Due(share, partner, share.percent(partner, rating)))
    parts = [0] * len(due)
    for place, each in enumerate(due):
        if each.share.fixed and not taken_back:
            parts[place] = min(each.share.fixed, left)
            left -= parts[place]
    # A fixed amount says no basis: it does not change which one comes first.
    for basis in dict.fromkeys(each.share.share.basis for each in due if each.percent):
        places = [n for n, each in enumerate(due) if each.share.share.basis == basis]
        exact = _percents(wholes[basis], [due[place].percent for place in places])
        for place, part in zip(places, exact, strict=True):
            if due[place].percent:
                parts[place] = min(part, left)
                left -= parts[place]
    for place, each in enumerate(due):
        if each.share.share.rest:
            parts[place], left = left, 0
    given: list[_Given] = []
    for each, part in zip(due, parts, strict=True):
        below = _cut(
            each.share.parts,
            dict.fromkeys(wholes, part),
            rating,
            left=part,
            taken_back=taken_back,
        )
        if isinstance(below, Reject):
            return below
        gone = sum(one.amount for one in below if one.due.share in each.share.parts)
        given += [_Given(each, wholes[each.share.share.basis], part, part - gone), *below]
    return given


def _percents(whole: int, percents: Sequence[Decimal]) -> list[int]:
    """The parts of the whole by percent; what is left to 100 is cut along and stays."""
    left = HUNDRED
    bounded: list[Decimal] = []
    for percent in percents:
        bounded.append(min(percent, left))
        left -= bounded[-1]
    return allot(whole, [*bounded, left])[:-1]


def _minor(amount: Decimal, quantum: Decimal) -> int:
    """How many full minor units."""
    return int(CONTEXT.divide(amount.quantize(quantum, _DOWN, CONTEXT), quantum))
