"""The overlay is a dictionary that can be forgotten, and its delta is all it changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.codec import encode_value
from streams.state import Table
from topologies.overlay import PREFIXES, Overlay
from topologies.value_cache import TABLES

TABLE = Table.RECORD_IDS
KEYS = [bytes([number]) for number in range(6)]


class Under:
    """What lies under the overlay."""

    def __init__(self) -> None:
        self.values: dict[bytes, Any] = {_full(KEYS[0]): "old"}

    def at_hand(self) -> list[dict[bytes, Any]]:
        return [{} for _ in range(TABLES)]

    def get(self, table: Table, key: bytes) -> Any:
        return self.values.get(PREFIXES[table] + key)

    def paying(self) -> object:
        return None

    def get_many(self, table: Table, keys: Any) -> list[Any]:
        return [self.get(table, key) for key in keys]

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        first, last = PREFIXES[table] + start, PREFIXES[table] + end
        held = sorted(key for key in self.values if first <= key < last)
        return [(key[1:], self.values[key]) for key in held[:limit]]


def _full(key: bytes) -> bytes:
    return PREFIXES[TABLE] + key


ACTIONS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS), st.none()),
    st.tuples(st.just("drop"), st.sampled_from(KEYS), st.sampled_from(KEYS)),
    st.tuples(st.just("begin"), st.none(), st.none()),
    st.tuples(st.just("absorb"), st.none(), st.none()),
    st.tuples(st.just("forget"), st.none(), st.none()),
)


def _act(overlay: Overlay, model: dict[bytes, Any], action: tuple[str, Any, Any]) -> None:
    kind, key, value = action
    if kind == "put":
        overlay.put(TABLE, key, value)
        model[key] = value
    elif kind == "delete":
        overlay.delete(TABLE, key)
        model.pop(key, None)
    else:
        overlay.drop(TABLE, key, value)
        for known in [each for each in model if key <= each < value]:
            del model[known]


@given(st.lists(ACTIONS, max_size=40), st.booleans())
def test_it_reads_as_a_dictionary_and_forgets_a_layer_as_a_whole(
    actions: list[tuple[str, Any, Any]], prefetched: bool
) -> None:
    under = Under()
    layers, models = [Overlay(under)], [{KEYS[0]: "old"}]
    if prefetched:
        layers[0].prefetch(TABLE, KEYS)
    for action in actions:
        if action[0] == "begin":
            layers.append(Overlay(layers[-1]))
            models.append(dict(models[-1]))
        elif action[0] in ("absorb", "forget"):
            if len(layers) > 1:
                layer, model = layers.pop(), models.pop()
                if action[0] == "absorb":
                    layers[-1].absorb(layer)
                    models[-1] = model
        else:
            _act(layers[-1], models[-1], action)
        assert layers[-1].get_many(TABLE, KEYS) == [models[-1].get(key) for key in KEYS]
        for limit in range(len(KEYS) + 1):
            held = sorted((k, v) for k, v in models[-1].items() if KEYS[1] <= k < KEYS[5])
            assert layers[-1].scan(TABLE, KEYS[1], KEYS[5], limit) == held[:limit]
    _apply(under, layers[0])
    assert under.values == {_full(key): value for key, value in models[0].items()}


def _apply(under: Under, overlay: Overlay) -> None:
    """As the store does: ranges first, then the delta."""
    for start, end in overlay.dropped():
        under.values = {k: v for k, v in under.values.items() if not start <= k < end}
    for full_key, packed in overlay.delta(encode_value):
        if packed is None:
            under.values.pop(full_key, None)
        else:
            under.values[full_key] = overlay.values[TABLE][full_key[1:]]
