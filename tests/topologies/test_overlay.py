"""The overlay is a dictionary that can be wound back, and its delta is all it changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.codec import encode_value
from streams.state import Table
from topologies.overlay import Overlay

KEYS = [bytes([number]) for number in range(6)]


class Under:
    """What lies under the overlay."""

    def __init__(self) -> None:
        self.values: dict[bytes, Any] = {bytes([Table.META]) + KEYS[0]: "old"}

    def get(self, full_key: bytes) -> Any:
        return self.values.get(full_key)

    def get_many(self, full_keys: Any) -> list[Any]:
        return [self.values.get(full_key) for full_key in full_keys]


ACTIONS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS), st.none()),
    st.tuples(st.just("drop"), st.sampled_from(KEYS), st.sampled_from(KEYS)),
    st.tuples(st.just("save"), st.none(), st.none()),
    st.tuples(st.just("back"), st.none(), st.none()),
)


def _act(overlay: Overlay, model: dict[bytes, Any], action: tuple[str, Any, Any]) -> None:
    kind, key, value = action
    if kind == "put":
        overlay.put(Table.META, key, value)
        model[key] = value
    elif kind == "delete":
        overlay.delete(Table.META, key)
        model.pop(key, None)
    else:
        overlay.drop(Table.META, key, value)
        for known in [each for each in model if key <= each < value]:
            del model[known]


@given(st.lists(ACTIONS, max_size=40), st.booleans())
def test_it_reads_as_a_dictionary_and_winds_back(
    actions: list[tuple[str, Any, Any]], prefetched: bool
) -> None:
    under = Under()
    overlay, model = Overlay(under), {KEYS[0]: "old"}
    if prefetched:
        overlay.prefetch([(Table.META, key) for key in KEYS])
    saved: list[tuple[int, dict[bytes, Any]]] = []
    for action in actions:
        if action[0] == "save":
            saved.append((overlay.savepoint(), dict(model)))
        elif action[0] == "back" and saved:
            savepoint, model = saved.pop()
            overlay.rollback(savepoint)
        elif action[0] != "back":
            _act(overlay, model, action)
    assert {key: overlay.get(Table.META, key) for key in KEYS} == {
        key: model.get(key) for key in KEYS
    }
    _apply(under, overlay)
    assert under.values == {bytes([Table.META]) + key: value for key, value in model.items()}


def _apply(under: Under, overlay: Overlay) -> None:
    """As the store does: ranges first, then the delta."""
    for start, end in overlay.dropped():
        under.values = {k: v for k, v in under.values.items() if not start <= k < end}
    for full_key, packed in overlay.delta(encode_value):
        if packed is None:
            under.values.pop(full_key, None)
        else:
            under.values[full_key] = overlay.values[full_key]
