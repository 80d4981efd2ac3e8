"""Credit-Control without a wire: the flows of RFC 4006 over the core."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.trade.charging import TermsBook
from connectors.trade.dialogue import FinalUnit
from connectors.trade.diameter.codes import FinalUnitAction, RequestedAction, RequestType
from connectors.trade.diameter.credit_control import Credit, CreditControl, Credits, code_of
from connectors.trade.terms import Asked, Counts
from streams.model.balance_command import TopUp
from tests.connectors.trade import flows
from tests.connectors.trade.flows import Ask, Caller, Got
from tests.connectors.trade.worker import MemoryWorker, load

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
