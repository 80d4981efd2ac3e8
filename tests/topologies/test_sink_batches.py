"""How large a batch of the sink is, whatever its steps hold."""

import pytest

from connectors.clickhouse.steps import Frame, StoredStep
from streams.model.account import Account
from topologies.sink.ledger import rows_in


def _account(number: int) -> Account:
    return Account("acme", f"a{number}", f"a{number}", "postpaid", "EUR", "Europe/Berlin")


@pytest.mark.parametrize(
    ("frame", "rows"),
    [
        (Frame(1, "step", -1, b"", 0, (0, 0)), 1),
        (Frame(1, "step", -1, b"", 0, (0, 0), verdicts=[[]] * 7), 8),
        # A load of accounts: no charge, and as much to hold as that many charges.
        (Frame(1, "step", -1, b"", 0, (0, 0), facts=tuple(map(_account, range(100)))), 101),
        # Money paid in: no charge, no fact, only other balances.
        (Frame(1, "step", -1, b"", 0, (0, 0), delta=[(b"", b"")] * 400), 101),
    ],
)
def test_a_step_without_charges_fills_a_batch_as_well(frame: Frame, rows: int) -> None:
    assert rows_in(StoredStep(0, 0, 0, frame, 0)) == rows
