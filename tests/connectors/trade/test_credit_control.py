"""Credit-Control without a wire: the flows of RFC 4006 over the core."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from diameter.message import Message

from connectors.trade.charging import TermsBook
from connectors.trade.dialogue import FinalUnit
from connectors.trade.diameter.codes import (
    FinalUnitAction,
    RequestedAction,
    RequestType,
    ResultCode,
)
from connectors.trade.diameter.credit_control import Credit, CreditControl, Credits, code_of
from connectors.trade.diameter.messages import read
from connectors.trade.terms import Asked, Counts
from streams.model.balance_command import TopUp
from streams.model.instant import HOUR
from tests.connectors.trade import flows
from tests.connectors.trade.flows import Ask, Caller, Got
from tests.connectors.trade.test_diameter_wire import request_of
from tests.connectors.trade.worker import START, MemoryWorker, load

ACTIONS = {"terminate": FinalUnitAction.TERMINATE, "redirect": FinalUnitAction.REDIRECT}


def decimals(counts: dict[str, int]) -> Counts:
    return {name: Decimal(value) for name, value in counts.items()}  # type: ignore[misc]


class InProcess:
    """Asks without a wire."""

    def __init__(self, folder: Path) -> None:
        self.worker = MemoryWorker(load(flows.CATALOG, folder))
        self.worker.account("ada", "+41790000001", "0")
        terms = TermsBook(lambda _: self.worker.catalog)
        self.credits = Credits(self.worker, terms, tenant="net", key="secret")
        self.top_ups = 0

    def top_up(self, amount: str) -> None:
        self.top_ups += 1
        name, money, at = f"top-up/{self.top_ups}", Decimal(amount), self.worker.at
        self.worker.apply(TopUp(name, "net", "ada", "ada", money, "CHF", at, "x"))

    def left(self) -> tuple[Decimal, Decimal]:
        return self.worker.left("ada")

    def ask(self, ask: Ask) -> Got:
        request = CreditControl(
            ask.session,
            RequestType(ask.type),
            ask.number,
            [f"msisdn-{ask.subscriber}"],
            [
                Asked(group, None if requested is None else decimals(requested), decimals(used))
                for group, (requested, used) in ask.units.items()
            ],
            lambda _: "",
            ask.is_multiple,
            RequestedAction(ask.action),
            ask.correlation,
        )
        credit = asyncio.run(self.credits.answer(request))
        return Got(
            int(credit.code),
            self._services(credit, is_multiple=ask.is_multiple),
            credit.has_credit,
            credit.cost if ask.action == flows.PRICE else None,
        )

    def _services(self, credit: Credit, *, is_multiple: bool) -> dict[int, dict[str, Any]]:
        told: dict[int, dict[str, Any]] = {}
        for each in credit.results:
            service: dict[str, Any] = {"code": int(code_of(each))} if is_multiple else {}
            assert credit.outcome is not None
            validity = credit.outcome.validity_s(each, self.worker.at)
            if each.granted:
                service["granted"] = {name: int(value) for name, value in each.granted.items()}
            if validity and (each.granted or each.is_graceful):
                service["validity"] = validity
            if each.ask_again_at and is_multiple:
                service["threshold"] = {k: int(v) for k, v in each.ask_again_at.items()}
            if each.final is not None:
                service["final"] = final_of(each.final)
            told[each.number if is_multiple else 0] = service
        return told


def final_of(final: FinalUnit) -> tuple[int, int, str]:
    return (int(ACTIONS[final.action]), 2 if final.to else 0, final.to)


@pytest.mark.parametrize("flow", flows.FLOWS, ids=lambda flow: flow.__name__)
def test_flow(flow: Callable[[Caller], None], tmp_path: Path) -> None:
    flow(InProcess(tmp_path))


def test_there_are_nine_flows() -> None:
    assert len(flows.FLOWS) == 9


def test_a_session_begins_where_the_peer_says_if_that_is_trusted(tmp_path: Path) -> None:
    worker = MemoryWorker(load(flows.CATALOG, tmp_path))
    worker.account("ada", "+41790000001", "100")
    terms = TermsBook(lambda _: worker.catalog)
    ask = Ask("one", flows.INITIAL, 0, {1: ({"time": 60}, {})})

    def told_at(moment: datetime) -> CreditControl:
        request = request_of(ask, "gw;one", "41790000001")
        request.event_timestamp = moment
        return read(Message.from_bytes(request.as_bytes()))

    told = told_at(datetime(2025, 3, 1, 23, tzinfo=UTC))
    assert told.told_at == START - HOUR
    for trusts_clocks, began in ((False, START), (True, START - HOUR)):
        credits = Credits(worker, terms, tenant="net", key="x", trusts_clocks=trusts_clocks)
        opened = replace(told, session_id=f"gw;{trusts_clocks}")
        assert asyncio.run(credits.answer(opened)).code == ResultCode.SUCCESS
        assert worker.sessions()[-1].services[0].opened_at == began
    late = told_at(datetime(2025, 2, 27, tzinfo=UTC))
    assert asyncio.run(credits.answer(late)).code == ResultCode.INVALID_AVP_VALUE
