"""What is owed to partners: their part of the revenue, in their own currency."""

from decimal import Decimal

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.money import CONTEXT, Currency
from streams.model.partner import Partner
from streams.model.rated import Posting
from streams.rate.exchange import Exchange

PARTNER_PAYABLE = "partner_payable"
EXCHANGE = "exchange"


class Payable(Struct, frozen=True):
    """The legs that put an amount from revenue to a partner, and how it was exchanged."""

    postings: tuple[Posting, ...]
    detail: dict[str, str]


def payable(
    amount: Decimal, currency: Currency, partner: Partner, *, exchange: Exchange, at: Instant
) -> Payable | None:
    """Owe the amount to the partner; None where no rate leads to his currency at that time."""
    owed = f"{PARTNER_PAYABLE}:{partner.id}"
    taken = Posting("revenue", currency, CONTEXT.minus(amount))
    if partner.currency == currency:
        return Payable((taken, Posting(owed, currency, amount)), {})
    rate = exchange.rate_at(currency, partner.currency, at)
    if rate is None:
        return None
    worth = exchange.rounded(amount, rate, partner.currency)
    legs: tuple[Posting, ...] = (taken, Posting(EXCHANGE, currency, amount))
    if worth:
        legs += (
            Posting(EXCHANGE, partner.currency, CONTEXT.minus(worth)),
            Posting(owed, partner.currency, worth),
        )
    return Payable(legs, {"rate": f"{rate:f}", "paid": f"{worth:f} {partner.currency}"})
