"""What values come to: each kind, one value and several, one span and several."""

from decimal import Decimal

from streams.model.instant import Period
from streams.model.tally import Span
from streams.rate.tally_kinds import kind_of

FIRST, SECOND = Period(0, 10), Period(10, 20)


def test_the_lowest_and_the_highest_of_several_spans() -> None:
    spans = [Span(*FIRST, 5), Span(*SECOND, 3)]
    for listed in (spans, spans[::-1]):
        assert kind_of("min", 0)[1](listed) == 3
        assert kind_of("max", 0)[1](listed) == 5


def test_of_two_at_the_same_time_the_last_that_came_is_the_latest() -> None:
    add, tell = kind_of("latest", 0)
    span = add(None, FIRST, 7, 4)
    assert span == Span(*FIRST, 7, 4)
    assert add(span, FIRST, 8, 3) == span
    assert add(span, FIRST, 8, 4) == Span(*FIRST, 8, 4)
    assert add(span, FIRST, 8, 5) == Span(*FIRST, 8, 5)
    later = Span(*SECOND, 1, 11)
    assert tell([span, later]) == tell([later, span]) == 1


def test_different_values_are_kept_sorted_up_to_the_most() -> None:
    add, tell = kind_of("unique", 3)
    span = add(None, FIRST, "m", 0)
    assert span == Span(*FIRST, 1, 0, ("m",))
    assert add(span, FIRST, "m", 0) == span
    span = add(span, FIRST, "a", 0)
    assert span == Span(*FIRST, 2, 0, ("a", "m"))
    assert add(span, FIRST, "a", 0) == span
    span = add(span, FIRST, "z", 0)
    assert span == Span(*FIRST, 3, 0, ("a", "m", "z"))
    assert add(span, FIRST, "b", 0) == span
    assert tell([span]) == 3


def test_values_of_several_spans_are_counted_once_and_never_beyond_the_most() -> None:
    _, tell = kind_of("unique", 3)
    spans = [Span(*FIRST, 2, 0, ("a", "b")), Span(*SECOND, 2, 0, ("b", "c"))]
    assert tell(spans) == 3
    assert tell([*spans, Span(20, 30, 2, 0, ("d", "e"))]) == 3
    assert tell([spans[0], Span(*SECOND, 1, 0, ("a",))]) == 2


def test_an_average_is_of_all_values_and_a_sum_by_time_of_what_is_left_of_a_span() -> None:
    add, tell = kind_of("average", 0)
    span = add(add(None, FIRST, 1, 0), FIRST, 2, 0)
    assert span == Span(*FIRST, 3, 2)
    assert tell([span, Span(*SECOND, 5, 2)]) == 2
    add, tell = kind_of("weighted_sum", 0)
    span = add(add(None, FIRST, 4, 5), FIRST, 1, -3)
    assert span == Span(*FIRST, 30)
    assert tell([span]) == 3
    assert tell([Span(*FIRST, 1)]) == Decimal("0.1")
