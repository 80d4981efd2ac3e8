"""What a worker's door makes of an owner's answer."""

import pytest

from connectors.online.forms import STATUS
from streams.model.charging_session import AnswerCode, ChargingAnswer
from topologies.online import told


@pytest.mark.parametrize("code", list(AnswerCode))
def test_every_code_has_a_status_and_words(code: AnswerCode) -> None:
    answer = told(ChargingAnswer(code))
    assert answer.status == STATUS[code]
    assert code.value.encode() in answer.body


def test_who_asks_while_the_account_moves_is_told_to_ask_again() -> None:
    answer = told(ChargingAnswer(AnswerCode.MOVING))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert b"ask again" in answer.body
