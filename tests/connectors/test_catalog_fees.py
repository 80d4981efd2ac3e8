"""Mistakes in fees, each at its line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.catalog.load import read_catalog
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog
from streams.model.fee import FEE, Fee
from streams.model.prices import Flat

BASE = {"id": "base", "amount": 30, "every": "month"}


def read(folder: Path, *fees: dict[str, Any], **words: Any) -> Any:
    sections = {
        "tenant": "shop",
        "currencies": [{"code": "EUR"}],
        "billing_periods": [{"id": "thirty", "unit": "day", "every": 30}],
        "price_plans": [{"id": "plan", "currency": "EUR", "fees": list(fees)}],
    }
    (folder / "catalog.yaml").write_text(yaml.safe_dump(sections | words, sort_keys=False))
    return read_catalog(folder)


@pytest.mark.parametrize(
    ("fees", "message"),
    [
        ((BASE, BASE), "/fees/1/id)"),
        ((BASE | {"every": "fortnight"},), "fortnight"),
        ((BASE | {"amount": None},), 'expected "amount" or "price", found neither'),
        ((BASE | {"price": {"flat": {"units": ["fee"], "amount": 1}}},), "found both"),
        ((BASE | {"quantity": 0},), "expected more than 0, found 0"),
        ((BASE | {"charged": "later"},), "expected one of arrears, forward"),
        ((BASE | {"proration": "half"},), "expected one of average, full, none, prorate"),
        ((BASE | {"by": "hour"},), "expected one of day, exact"),
        ((BASE | {"impacts": ["spent"]},), "spent"),
        ((BASE | {"grants": [{"allowance": "data"}]},), "data"),
        (
            (BASE | {"charged": "arrears", "grants": [{"allowance": "a"}]},),
            "charge the fee forward",
        ),
        (({"id": "setup", "amount": 9, "charged": "arrears"},), 'without "every" is due once'),
        (({"id": "setup", "amount": 9, "proration": "none"},), 'without "every" is due once'),
        (({"id": "x", "price": {"per_unit": {"amounts": {"s": 1}}}},), 'unit "s"'),
        (({"id": "x", "price": {}},), "exactly one kind of price, found none"),
        ((BASE | {"driven_by": "seats"},), 'rate unit "seats"'),
        ((BASE | {"driven_by": "x", "quantity": 2},), "rate unit x says how many"),
        (({"id": "x", "amount": 1, "driven_by": "x"},), 'a quantity that changes needs "every"'),
        ((BASE | {"driven_by": "x", "proration": "full"},), "expected prorate or none"),
        (
            (BASE | {"driven_by": "x", "charged": "arrears", "proration": "none"},),
            "in arrears each quantity pays its part",
        ),
        ((BASE | {"proration": "average"},), "an average is that of a quantity that changes"),
        (
            (BASE | {"driven_by": "x", "proration": "average"},),
            "an average is that of a quantity that changes, charged in arrears",
        ),
        ((BASE | {"driven_by": "x", "grants": [{"allowance": "a"}]},), "brings no allowances"),
        ((), "expected at least one offer"),
    ],
)
def test_a_fee_that_cannot_be_charged_is_told_at_its_place(
    tmp_path: Path, fees: tuple[dict[str, Any], ...], message: str
) -> None:
    found = read(tmp_path, *fees)
    assert isinstance(found, list)
    assert message in "\n".join(map(str, found))


def test_the_usage_type_of_fees_is_taken(tmp_path: Path) -> None:
    found = read(tmp_path, BASE, usage_types=[{"id": "fee", "units": ["u"]}])
    assert isinstance(found, list)
    assert "is what fees are charged over" in str(found[0])


def test_a_fee_is_read_with_its_period(tmp_path: Path) -> None:
    found = read(tmp_path, BASE | {"every": "thirty", "proration": "full"})
    assert isinstance(found, Catalog)
    (plan,) = found.price_plans
    assert plan.fees == (
        Fee(
            id="base",
            product="base",
            price=Flat(units=(FEE,), amount=plan.fees[0].price.amount),  # type: ignore[union-attr]
            every=BillingPeriod(id="thirty", unit="day", every=30),
            proration="full",
        ),
    )
