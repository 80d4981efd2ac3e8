"""Prices of a trade: calls, model tokens, charging sessions."""

from decimal import Decimal

import pytest

from streams.model.price import Range
from streams.model.trade_prices import (
    Beat,
    CallRounding,
    Ev,
    EvComponent,
    EvWhen,
    LlmTokens,
    RateSlot,
    TelecomRate,
    TokenBatch,
    TokenContext,
    TokenShare,
)
from tests.streams.rate.prices.asked import MONDAY_0930, Asked, Payer, d, of, priced, total

HOUR = 3_600_000_000


def rate(
    per_minute: str, *, increment: int = 1, fee: str = "0", rounding: str = "", **words: object
) -> TelecomRate:
    method, _, decimals = rounding.partition(" ")
    return TelecomRate(
        unit="u",
        connect_fee=d(fee),
        slots=(RateSlot(0, d(per_minute), d("60"), increment),),
        rounding=CallRounding(method, int(decimals)) if rounding else None,  # type: ignore[arg-type]
        **words,  # type: ignore[arg-type]
    )


TWO_SLOTS = TelecomRate(
    unit="u",
    slots=(RateSlot(0, d("1"), d("60"), 60), RateSlot(60, d("0.5"), d("60"), 1)),
    connect_fee=d("0.2"),
)


@pytest.mark.parametrize(
    ("kind", "seconds", "costs"),
    [
        (rate("0.05", fee="0.15", rounding="up 2"), 24, "0.17"),
        (rate("0.05", fee="0.15", rounding="up 2"), 180, "0.30"),
        (rate("0.05", fee="0.15", rounding="up 2"), 181, "0.31"),
        (rate("1.98", rounding="down 1"), 10, "0.3"),
        (rate("1.98", rounding="middle 1"), 10, "0.3"),
        (rate("2.1", rounding="middle 1"), 10, "0.4"),
        (rate("60", fee="1"), 3600, "3601"),
        (rate("60", fee="1"), 0, "0"),
        (rate("1", increment=60), 60, "1"),
        (rate("1", increment=60), 61, "2"),
        (TWO_SLOTS, 1, "1.2"),
        (TWO_SLOTS, 60, "1.2"),
        (TWO_SLOTS, 61, "1.208333333333"),
        (TWO_SLOTS, 120, "1.7"),
        (rate("60", fee="1", max_cost=d("10")), 8, "9"),
        (rate("60", fee="1", max_cost=d("10")), 9, "10"),
        (rate("60", fee="1", max_cost=d("10")), 1800, "10"),
        (rate("60", fee="1", max_cost=d("10.55"), rounding="down 1"), 1800, "10.5"),
    ],
)
def test_calls(kind: TelecomRate, seconds: int, costs: str) -> None:
    assert total(kind, of(seconds)) == Decimal(costs)


def test_a_continuation_pays_no_second_fee() -> None:
    kind = rate("60", fee="1", continuation="more")
    assert total(kind, Asked({"u": 3600}, {"more": "true"})) == 3600
    assert total(kind, Asked({"u": 3600}, {"more": "false"})) == 3601
    assert total(kind, Asked({"u": 3600})) == 3601


@pytest.mark.parametrize("cut", [1, 59, 60, 61, 100])
def test_parts_of_a_call_that_say_what_has_elapsed_cost_what_the_call_costs(cut: int) -> None:
    kind = TelecomRate(
        unit="u",
        slots=TWO_SLOTS.slots,
        connect_fee=d("0.2"),
        rounding=CallRounding("up", 2),
        max_cost=d("1.6"),
        elapsed="before",
    )
    for whole in (101, 119, 4000):
        parts = total(kind, Asked({"u": cut}, {"before": "0"}))
        parts += total(kind, Asked({"u": whole - cut}, {"before": str(cut)}))
        assert parts == total(kind, Asked({"u": whole}))


@pytest.mark.parametrize(
    ("seconds", "costs"),
    [(1, "1"), (60, "1"), (61, "2"), (999_999, "16667"), (1_500_000, "16667")],
)
def test_beats(seconds: int, costs: str) -> None:
    kind = Beat(unit="u", beat_s=d("60"), amount_per_beat=d("1"), max_s=d("999999"))
    assert total(kind, of(seconds)) == Decimal(costs)


TOKENS = LlmTokens(
    amounts={"input_tokens": d("3"), "output_tokens": d("15"),
             "cache_read_input_tokens": d("0.3"), "cache_creation_input_tokens": d("3.75")},
)  # fmt: skip
CONTEXTS = LlmTokens(
    amounts={"input_tokens": d("1"), "output_tokens": d("3")},
    contexts=(
        TokenContext(100_000, {"input_tokens": d("2")}),
        TokenContext(200_000, {"output_tokens": d("5")}),
        TokenContext(500_000, {"input_tokens": d("3")}),
        TokenContext(1_000_000, {"input_tokens": d("5"), "output_tokens": d("8")}),
    ),
)


@pytest.mark.parametrize(
    ("kind", "units", "costs"),
    [
        (TOKENS, {"input_tokens": 950, "cache_creation_input_tokens": 20,
                  "cache_read_input_tokens": 30, "output_tokens": 100}, "0.004434"),
        (TOKENS, {"reasoning_output_tokens": 100}, "0.0015"),
        (TOKENS, {"input_audio_tokens": 1000, "cache_read_audio_tokens": 1000}, "0.0033"),
        (CONTEXTS, {"input_tokens": 100_000}, "0.1"),
        (CONTEXTS, {"input_tokens": 100_001}, "0.200002"),
        (CONTEXTS, {"input_tokens": 99_999, "cache_read_input_tokens": 2}, "0.200002"),
        (CONTEXTS, {"input_tokens": 600_000, "output_tokens": 250_000}, "3.05"),
        (CONTEXTS, {"input_tokens": 200_000, "output_tokens": 250_000}, "1.15"),
        (CONTEXTS, {"input_tokens": 1_000_001, "output_tokens": 1_000}, "5.008005"),
    ],
)  # fmt: skip
def test_tokens(kind: LlmTokens, units: dict[str, int], costs: str) -> None:
    assert total(kind, Asked(dict(units))) == Decimal(costs)


@pytest.mark.parametrize(
    ("attributes", "costs"),
    [
        ({"provider": "custom", "model": "known"}, "0.21"),
        ({"provider": "custom", "model": "other"}, "0.26"),
        ({"provider": "other"}, "0.22"),
        ({"provider": "other", "mode": "batch"}, "0.11"),
        ({"provider": "other", "mode": "live"}, "0.22"),
    ],
)
def test_a_share_of_the_price(attributes: dict[str, str], costs: str) -> None:
    kind = LlmTokens(
        amounts={"input_tokens": d("10"), "output_tokens": d("20")},
        markup=(
            TokenShare(percent=d("5"), when={"model": "known"}),
            TokenShare(percent=d("30"), when={"provider": "custom"}),
            TokenShare(percent=d("10")),
        ),
        batch=TokenBatch(when={"mode": "batch"}, percent=d("50")),
    )
    asked = Asked({"input_tokens": 10_000, "output_tokens": 5_000}, attributes)
    assert total(kind, asked) == Decimal(costs)


def test_calls_of_tools_are_counted_by_the_thousand() -> None:
    kind = LlmTokens(amounts={"input_tokens": d("1")}, calls={"searches": d("10")})
    assert total(kind, Asked({"input_tokens": 1_000_000, "searches": 5})) == d("1.05")


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
SESSION = Ev(
    measured_in={"energy": "kwh", "time": "charging", "parking": "parking"},
    hour=d("60"),
    components=(
        EvComponent(dimension="flat", amount=d("2.50")),
        EvComponent(dimension="time", amount=d("1"), step=d("15"),
                    when=EvWhen(current=Range(None, d("32")))),
        EvComponent(dimension="time", amount=d("2"), step=d("10"),
                    when=EvWhen(current=Range(d("32")), weekdays=WEEKDAYS)),
        EvComponent(dimension="time", amount=d("1.25"), step=d("10"),
                    when=EvWhen(current=Range(d("32")), weekdays=("sat", "sun"))),
        EvComponent(dimension="parking", amount=d("5"), step=d("5"),
                    when=EvWhen(weekdays=WEEKDAYS, start=540, end=1080)),
        EvComponent(dimension="parking", amount=d("6"), step=d("5"),
                    when=EvWhen(weekdays=("sat",), start=600, end=1020)),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("units", "current", "at", "costs"),
    [
        ({"charging": 165, "parking": 42}, "16", MONDAY_0930, "9"),
        ({"charging": 160, "parking": 42}, "16", MONDAY_0930, "8.916666666667"),
        ({"charging": 160}, "16", MONDAY_0930, "5.25"),
        ({"charging": 60}, "32", MONDAY_0930, "4.5"),
        ({"charging": 60}, "31.9", MONDAY_0930, "3.5"),
        ({"charging": 60}, "32", MONDAY_0930 - 24 * HOUR, "3.75"),
        ({"charging": 509, "parking": 5}, "16", MONDAY_0930, "11.4"),
        ({"charging": 510, "parking": 5}, "16", MONDAY_0930, "11"),
    ],
)
def test_sessions(units: dict[str, int], current: str, at: int, costs: str) -> None:
    assert total(SESSION, Asked(dict(units), {"current": current}, at=at)) == Decimal(costs)


def test_hours_are_those_of_the_account() -> None:
    units = {"charging": 0, "parking": 5}
    at_0850 = MONDAY_0930 - HOUR * 2 // 3
    assert total(SESSION, Asked(dict(units), at=at_0850)) == d("2.5")
    here = Asked(dict(units), at=at_0850, payer=Payer("Europe/Zurich"))
    assert total(SESSION, here) == d("2.916666666667")


@pytest.mark.parametrize(
    ("kwh", "costs"),
    [("1", "0.5"), ("2", "0.5"), ("2.0005", "0.50025"), ("40", "10"), ("41", "10")],
)
def test_a_session_costs_at_least_and_at_most(kwh: str, costs: str) -> None:
    kind = Ev(
        measured_in={"energy": "kwh"},
        components=(EvComponent(dimension="energy", amount=d("0.25"), step=d("0.001")),),
        minimum=d("0.5"),
        maximum=d("10"),
    )
    assert total(kind, Asked({"kwh": d(kwh)})) == Decimal(costs)


def test_windows_over_midnight_belong_to_the_day_they_begin_on() -> None:
    night = EvWhen(weekdays=("mon",), start=22 * 60, end=6 * 60)
    kind = Ev(
        measured_in={"energy": "kwh"},
        components=(EvComponent(dimension="energy", amount=d("1"), when=night),),
    )
    midnight = MONDAY_0930 + 14 * HOUR + HOUR // 2
    for at, costs in (
        (midnight - 2 * HOUR - 1, 0),
        (midnight - 2 * HOUR, 1),
        (midnight + 6 * HOUR - 1, 1),
        (midnight + 6 * HOUR, 0),
        (midnight - 24 * HOUR, 0),
    ):
        assert total(kind, Asked({"kwh": 1}, at=at)) == costs


def test_a_long_call_makes_as_many_lines_as_a_short_one() -> None:
    kind = rate("0.05", rounding="up 4")
    assert len(priced(kind, of(60))) == len(priced(kind, of(3600))) == 1
