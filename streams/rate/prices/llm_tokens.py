"""What a model's tokens cost, kind by kind.

Records carry exclusive leaves (see `streams/split/tokens.py`), so no token is in two of them. A
kind without an amount of its own costs what the kind costs that it is a special case of: reasoning
what output costs, a cached token what input costs.

A context applies above its number of input tokens, not at it: cached tokens and those of other
media count as input. Then all tokens of the request, output too, cost what it says; kinds that it
does not name keep the amounts before. A share of the price applies on top: a batch, a markup.
"""

from bisect import bisect_left
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from streams.model.attribute import held_key
from streams.model.money import CONTEXT
from streams.model.trade_prices import LlmTokens, TokenBatch, TokenShare, token_kinds_of
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.price import Asking, Binder, Label, UnitPrice
from streams.rate.quantity import size_of

INPUT: Final = "input_tokens"
_HUNDRED: Final = Decimal(100)
_COMBINATIONS_KEPT: Final = 65_536


class TokenPrice(PerUnitPrice):
    """Every token of one kind costs the same."""

    __slots__ = ()

    rule = "llm_tokens"


def is_input(unit: str) -> bool:
    """True for kinds of token that a model was given."""
    return INPUT in token_kinds_of(unit)


class TokenPrices(Binder):
    """The prices of all kinds, by what the record says; compiled once for each combination."""

    __slots__ = ("_above", "_amounts", "_found", "_is_held", "_label", "_price", "_words")

    def __init__(self, price: LlmTokens, label: Label) -> None:
        super().__init__(price.units)
        self._price = price
        self._label = label
        self._above = [context.above for context in price.contexts]
        self._amounts = [dict(price.amounts)]
        for context in price.contexts:
            self._amounts.append(self._amounts[-1] | context.amounts)
        asked = [share.when for share in price.markup]
        if price.batch is not None:
            asked.append(price.batch.when)
        self._words = sorted({word for when in asked for word in when})
        self._is_held = any(map(held_key, self._words))
        self._found: dict[Any, dict[str, UnitPrice]] = {}

    @property
    def is_fixed(self) -> bool:
        """The same for every record."""
        return not self._above and not self._words

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The prices for this request."""
        record = asking.record
        given = sum(usage.quantity for usage in record.usages if is_input(usage.unit))
        context = bisect_left(self._above, size_of(given))
        value_of = asking.word if self._is_held else record.attributes.get
        values = tuple(map(value_of, self._words))
        key = (context, *values)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _COMBINATIONS_KEPT:
                self._found.clear()
            found = self._found[key] = self.prices_of(
                context, dict(zip(self._words, values, strict=True))
            )
        return found

    def prices_of(self, context: int, attributes: Mapping[str, str | None]) -> dict[str, UnitPrice]:
        """The prices by unit in a context (0: the first) for these attributes."""
        price, label = self._price, self._label
        if context:
            label = label.told({"input_above": str(self._above[context - 1])})
        batch = price.batch
        if batch is not None and _matches(batch.when, attributes):
            label = label.told({"batch": "true"})
        else:
            batch = None
        share = _share_of(price.markup, attributes)
        if share is not None:
            label = label.told({"markup_percent": str(share.percent)})
        return {
            unit: TokenPrice(
                unit,
                label,
                amount=self._amount_of(unit, context, batch, share),
                per=price.calls_per if unit in price.calls else price.per,
            )
            for unit in self.units
        }

    def _amount_of(
        self, unit: str, context: int, batch: TokenBatch | None, share: TokenShare | None
    ) -> Decimal:
        calls = self._price.calls
        amount = calls[unit] if unit in calls else _first_of(unit, self._amounts[context])
        assert amount is not None
        if batch is not None:
            own = _first_of(unit, batch.amounts)
            amount = _of_percent(amount, batch.percent) if own is None else own
        return amount if share is None else _of_percent(amount, _HUNDRED + share.percent)


def _first_of(unit: str, amounts: dict[str, Decimal]) -> Decimal | None:
    """The amount of the kind, or of the next more general one that has one."""
    return next((amounts[kind] for kind in token_kinds_of(unit) if kind in amounts), None)


def _of_percent(amount: Decimal, percent: Decimal) -> Decimal:
    return CONTEXT.divide(CONTEXT.multiply(amount, percent), _HUNDRED)


def _share_of(
    shares: tuple[TokenShare, ...], attributes: Mapping[str, str | None]
) -> TokenShare | None:
    """The share whose words hold: of several the one with most, and among those the first."""
    holding = [share for share in shares if _matches(share.when, attributes)]
    return max(holding, key=lambda share: len(share.when), default=None)


def _matches(when: dict[str, str], attributes: Mapping[str, str | None]) -> bool:
    return all(attributes.get(word) == value for word, value in when.items())
