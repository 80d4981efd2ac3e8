"""A network function, its catalog, and what it talks to: converged charging over the core."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from connectors.api.keys import KeyStore, Scope
from connectors.trade.charging import TermsBook
from connectors.trade.nchf.app import ROOT, ConvergedCharging
from connectors.trade.nchf.door import app_of
from streams.model.catalog import Catalog
from tests.connectors.trade.shapes import check_shape
from tests.connectors.trade.worker import MemoryWorker, load

CATALOG = """
tenant: net
currencies: [{code: CHF}]
usage_types:
  - {id: data, units: [kb], attributes: [network]}
  - {id: call, units: [s]}
  - {id: sms, units: [n]}
  - {id: unpriced, units: [n]}
  - {id: chat, units: [n]}
time_units: [{id: hours, bands: [{band: night, from: "22:00", to: "06:00"}], default: day}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: surf
        usage_type: data
        from: 2020-01-01
        sessions:
          valid_for: 30m
          ask_again_percent: 20
          final_unit: {action: redirect, to: https://pay.example.com}
        prices:
          - {when: {network: mms}, per_unit: {amounts: {kb: "0.02"}}}
          - {per_unit: {amounts: {kb: "0.01"}}}
      - id: calls
        usage_type: call
        from: 2020-01-01
        sessions: {ask_again_before: 5m, final_unit: {action: restrict, to: top-up}}
        prices: [{per_unit: {amounts: {s: "0.01"}}}]
      - id: chats
        usage_type: chat
        from: 2020-01-01
        time_unit: hours
        prices:
          - {when: {band: day}, per_unit: {amounts: {n: "0.10"}}}
          - {when: {band: night}, per_unit: {amounts: {n: "0.05"}}}
      - id: texts
        usage_type: sms
        from: 2020-01-01
        prices: [{flat: {units: [n], amount: "0.20"}}]
rating_groups:
  - number: 10
    usage_type: data
    counts: [{count: total_volume, unit: kb, per: 1000}]
    quota: 100000
    attributes:
      - name: network
        sources: [pDUSessionChargingInformation.pduSessionInformation.dnnId]
        value: internet
  - {number: 20, usage_type: call, counts: [{count: time, unit: s}]}
  - {number: 30, usage_type: sms, counts: [{count: service_units, unit: n}]}
  - {number: 40, usage_type: unpriced, counts: [{count: service_units, unit: n}]}
  - {number: 60, usage_type: data, free: true}
  - {number: 50, usage_type: chat, counts: [{count: service_units, unit: n}]}
subscribers:
  - {prefix: imsi-, instead: "sim:"}
"""


class Network:
    """A network function, and what it talks to."""

    def __init__(
        self,
        folder: Path,
        newest: Callable[[str], Catalog] | None = None,
        *,
        trusts_clocks: bool = False,
    ) -> None:
        self.worker = MemoryWorker(load(CATALOG, folder))
        self.keys = KeyStore(folder)
        self.key = self.key_of(Scope.WRITE)
        terms = TermsBook(newest or (lambda _: self.worker.catalog))
        door = ConvergedCharging(
            self.worker,
            terms,
            self.keys,
            trusts_clocks=trusts_clocks,
            now=lambda: self.worker.at,
        )
        self.client = TestClient(app_of(door.routes()))
        self.sequence = 0

    def key_of(self, scope: Scope, tenant: str = "net") -> str:
        return self.keys.create(name="k", scope=scope, tenant=tenant, at=0)[1]

    def post(self, path: str, *usage: dict[str, Any], **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {more.pop('key', self.key)}"}
        body = {
            "subscriberIdentifier": "imsi-228011",
            "nfConsumerIdentification": {"nodeFunctionality": "SMF"},
            "invocationTimeStamp": "2025-03-02T00:00:00Z",
            "invocationSequenceNumber": self.sequence,
            "multipleUnitUsage": list(usage),
            **more,
        }
        body = {name: value for name, value in body.items() if value is not None}
        answer = self.client.post(f"{ROOT}{path}", json=body, headers=headers)
        self.sequence += 1
        if answer.status_code in (200, 201):
            check_shape(answer.json(), "ChargingDataResponse")
        elif answer.status_code != 204:
            check_shape(answer.json(), "ProblemDetails")
            assert answer.headers["content-type"] == "application/problem+json"
        return answer


def data(requested: int | None = None, used: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"ratingGroup": 10}
    if requested is not None:
        told["requestedUnit"] = {"totalVolume": requested} if requested else {}
    if used is not None:
        told["usedUnitContainer"] = [{"localSequenceNumber": 1, "totalVolume": used}]
    return told


def reference(answer: Any) -> str:
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    location = answer.headers["Location"]
    assert location.startswith(f"http://testserver{ROOT}/")
    return "/" + location.rsplit("/", 1)[1]
