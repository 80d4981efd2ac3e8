"""Prices that go by attributes are worked out once for each combination, and not for ever more."""

import pytest

from streams.model.prices import Matrix, MatrixGroup, MatrixRow, PriceKind
from streams.model.trade_prices import LlmTokens, TokenShare
from streams.rate.prices import llm_tokens, matrix
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.llm_tokens import TokenPrices
from streams.rate.prices.matrix import MatrixPrice
from streams.rate.prices.price import Label
from tests.streams.rate.prices.asked import Asked, d

KINDS: tuple[PriceKind, ...] = (
    LlmTokens(
        amounts={"input_tokens": d("1")}, markup=(TokenShare(percent=d("5"), when={"model": "a"}),)
    ),
    Matrix(
        unit="input_tokens",
        groups=(MatrixGroup("", (MatrixRow(when={"model": "a"}, unit_amount=d("1")),)),),
    ),
)


def binder(kind: PriceKind) -> TokenPrices | MatrixPrice:
    (price,) = compile_kind(kind, Label("p#1"))
    assert isinstance(price, TokenPrices | MatrixPrice)
    return price


def of_model(model: str) -> Asked:
    return Asked({"input_tokens": 1}, {"model": model})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_the_same_words_find_the_same_prices(kind: PriceKind) -> None:
    price = binder(kind)
    first = price.bind(of_model("a"))
    assert price.bind(of_model("b")) is not first
    assert price.bind(of_model("a")) is first


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_no_more_combinations_are_kept_than_there_is_room_for(
    kind: PriceKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (llm_tokens, matrix):
        monkeypatch.setattr(module, "_COMBINATIONS_KEPT", 2)
    price = binder(kind)
    first, second = price.bind(of_model("a")), price.bind(of_model("b"))
    assert price.bind(of_model("a")) is first
    price.bind(of_model("c"))
    assert price.bind(of_model("a")) is not first
    assert price.bind(of_model("b")) is not second


def test_tokens_without_contexts_or_words_are_the_same_for_every_record() -> None:
    fixed = LlmTokens(amounts={"input_tokens": d("1"), "output_tokens": d("2")})
    assert {type(price) for price in compile_kind(fixed, Label("p#1"))} != {TokenPrices}
    assert isinstance(binder(KINDS[0]), TokenPrices)
