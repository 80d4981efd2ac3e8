"""A step's charges know the inputs they came from, however many an input made."""

from msgspec.structs import replace

from streams.model.rated import RatedUsage, RecordVerdict
from streams.model.usage import SourcePosition, UsageRecord, record_id_of
from streams.state import Effects
from topologies.origins import origins_of


def record(number: int, part: int = 0) -> UsageRecord:
    event_id = f"e{number}"
    record_id = record_id_of(tenant="t", source="s", event_id=event_id, part=part)
    return UsageRecord(
        record_id, "t", "s", event_id, part, number, 0, "x", "k", "a", 0, 0, (), {}
    )  # fmt: skip


def charge(of: UsageRecord) -> RatedUsage:
    where = SourcePosition("t", 0, of.offset, 0)
    return RatedUsage(of, where, *[""] * 9, (), (), (), "")  # type: ignore[arg-type]


def test_children_come_from_their_parent_also_where_others_made_nothing() -> None:
    parent, redelivered, plain = record(0), record(1), record(2)
    effects = Effects()
    for part in (1, 2):
        effects.make(charge(replace(record(0, part), offset=0)), parent)
    effects.rated.append(charge(plain))
    found = origins_of(
        [[parent, redelivered, plain]],
        has_commands=False,
        charged=[rated.record for rated in effects.rated],
        effects=effects,
    )
    assert found == ((0, 0, 2), ())


def test_a_parent_written_anew_before_it_was_charged_is_found_by_its_id() -> None:
    parent = record(0)
    effects = Effects()
    effects.make(charge(record(0, 1)), replace(parent, offset=7))
    verdict = RecordVerdict("ignored", "", "", "", "", SourcePosition("t", 0, 1, 0), record(1))
    effects.verdicts.append(verdict)
    found = origins_of(
        [[parent, record(1)]],
        has_commands=False,
        charged=[rated.record for rated in effects.rated],
        effects=effects,
    )
    assert found == ((0,), (1,))
