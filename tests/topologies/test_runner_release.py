"""Release: suspended records come again through mediation with their place and identity."""

import json

import msgspec

from connectors.kafka.codec import encode_record, encode_refused
from streams.model.command import Released
from streams.model.refused import RefusedRecord
from streams.partition import partition_of
from streams.sources import MediationPlans
from tests.platforms import NOW, TOPIC_ID
from tests.topologies.mediation_world import (
    event,
    only_refused,
    records,
    run,
    runner,
)
from topologies.runner import MediationOutput, SourceMessage


def release(*refused: RefusedRecord) -> MediationOutput:
    messages = [SourceMessage(n, NOW, None, encode_refused(r), ()) for n, r in enumerate(refused)]
    return runner().run_released(messages, topic="release", topic_id="r" * 22, partition=0)


def test_released_raw_record_keeps_its_position_and_identity() -> None:
    suspended = run([event(id="a"), event(id="b", subject="nobody")]).refused[0]
    again = release(msgspec.structs.replace(suspended, raw=json.dumps(event(id="b")).encode()))
    ((command,),) = again.commands.values()
    assert isinstance(command, Released)
    assert command.command_id == f"release/{'r' * 22}/0/0"
    batch = command.batch
    (record,) = batch.records
    assert (batch.topic_id, batch.partition) == (TOPIC_ID, 3)
    assert (record.offset, record.index, record.event_id) == (0, 1, "b")
    assert record.record_id == suspended.record_id
    assert not again.batches
    assert not again.refused
    assert not again.closed


def test_released_record_that_still_lacks_its_service_is_suspended_again() -> None:
    suspended = only_refused(run(event(subject="nobody")))
    again = release(suspended)
    assert again.refused == [suspended]
    assert not again.closed


def test_released_record_that_ends_in_mediation_closes_its_suspense() -> None:
    suspended = only_refused(run(event(subject="nobody")))
    failed = json.dumps(event(data={"status": 500})).encode()
    again = release(msgspec.structs.replace(suspended, raw=failed))
    (refused,), (closed,) = again.refused, again.closed
    assert refused.state == closed.state == "ignored"
    assert (closed.record_id, closed.position) == (suspended.record_id, suspended.position)


def test_record_suspended_without_identity_goes_on_under_its_own() -> None:
    suspended = only_refused(run(event(), on=runner(MediationPlans({}, {}))))
    again = release(suspended)
    ((command,),) = again.commands.values()
    assert isinstance(command, Released)
    (record,) = command.batch.records
    (closed,) = again.closed
    assert record.record_id != suspended.record_id == closed.record_id
    assert closed.state == "charged"


def test_released_harmonised_record_goes_home_as_a_command() -> None:
    (record,) = records(run(event()))
    moved = msgspec.structs.replace(record, service_id="key-2")
    suspended = only_refused(run(event(subject="nobody")))
    original = msgspec.structs.replace(
        suspended, raw=None, record=encode_record(moved), catalog_version="ai-1"
    )
    again = release(original)
    ((partition, (command,)),) = again.commands.items()
    assert partition == partition_of("ai", "globex", 8)
    assert isinstance(command, Released)
    assert command.command_id == f"release/{'r' * 22}/0/0"
    assert command.batch.records == (msgspec.structs.replace(moved, root="globex"),)
    assert (command.batch.topic_id, command.batch.partition) == (TOPIC_ID, 3)


def test_released_harmonised_record_without_a_home_waits_on() -> None:
    (record,) = records(run(event()))
    lost = encode_record(msgspec.structs.replace(record, service_id="nobody"))
    original = msgspec.structs.replace(only_refused(run(event(subject="x"))), raw=None, record=lost)
    refused = only_refused(release(original))
    assert (refused.state, refused.code) == ("suspended", "unknown_service")
    assert (refused.record, refused.reference) == (lost, 40)


def test_what_is_no_released_record_is_told_and_left() -> None:
    messages = [SourceMessage(0, NOW, None, b"?", ())]
    output = runner().run_released(messages, topic="release", topic_id="r" * 22, partition=0)
    assert only_refused(output).code == "not_parsable"
