"""Values of attributes: how they are read, which is in force, and for how long that is sure."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.catalog.cel import parse_expression
from streams.model.account import Account, Service
from streams.model.attribute import (
    Attribute,
    AttributeValue,
    Segment,
    held_key,
    read_value,
    typed_value,
    value_at,
    with_values,
)
from streams.model.catalog import Catalog
from streams.model.instant import BEGINNING, FOREVER, Period
from streams.model.status import StatusMark
from streams.rate.asked import names_below, segments_asked
from streams.rate.attributes import CompiledAttributes, attributes_of

ADA = Account("t", "ada", "ada", "postpaid", "CHF", "UTC", None)
KEY = Service("t", "key", ())
MOST = "1" * 18 + "." + "1" * 12


@pytest.mark.parametrize(
    ("kind", "text", "read", "value"),
    [
        ("text", "gold", "gold", "gold"),
        ("text", "", None, None),
        ("text", "x" * 256, "x" * 256, "x" * 256),
        ("text", "x" * 257, None, None),
        ("text", "a\0b", None, None),
        ("number", "10.50", "10.5", Decimal("10.5")),
        ("number", "100", "100", 100),
        ("number", "-0.0", "0", 0),
        ("number", "1e3", None, None),
        ("number", "+1", None, None),
        ("number", MOST, MOST, Decimal(MOST)),
        ("number", "1" * 19, None, None),
        ("number", "0.1111111111111", None, None),
        ("boolean", "true", "true", True),
        ("boolean", "false", "false", False),
        ("boolean", "True", None, None),
        ("date", "2024-02-29", "2024-02-29", "2024-02-29"),
        ("date", "2023-02-29", None, None),
        ("date", "20240229", None, None),
        ("choice", "a", "a", "a"),
        ("choice", "c", None, None),
    ],
)  # fmt: skip
def test_a_value_is_read_by_its_type(kind: Any, text: str, read: str | None, value: Any) -> None:
    attribute = Attribute(name="n", of="account", type=kind, values=("a", "b"))
    assert read_value(attribute, text) == read
    if read is not None:
        assert typed_value(attribute, read) == value


def test_of_several_in_force_the_one_that_began_last_counts() -> None:
    values = with_values(
        (),
        [
            AttributeValue("a", "short", 20, 30),
            AttributeValue("a", "long", 10, 50),
            AttributeValue("b", "other", 25),
            AttributeValue("a", "sub", 22, subscription="s"),
        ],
    )
    at = {
        9: (None, Period(BEGINNING, 10)),
        10: ("long", Period(10, 20)),
        19: ("long", Period(10, 20)),
        20: ("short", Period(20, 30)),
        29: ("short", Period(20, 30)),
        30: ("long", Period(30, 50)),
        49: ("long", Period(30, 50)),
        50: (None, Period(50, FOREVER)),
    }
    assert {each: value_at(values, "a", each) for each in at} == at
    assert value_at(values, "a", 22, "s") == ("sub", Period(22, FOREVER))
    again = with_values(values, [AttributeValue("a", "mended", 20, 25)])
    assert len(again) == len(values)
    assert value_at(again, "a", 20)[0] == "mended"
    assert value_at(again, "a", 25)[0] == "long"


def declared(*attributes: Attribute, **segments: str) -> CompiledAttributes:
    catalog = Catalog(
        tenant="t",
        currencies=(),
        usage_types=(),
        price_plans=(),
        attributes=attributes,
        segments=tuple(
            Segment(id=name, expression=parse_expression(text)) for name, text in segments.items()
        ),
    )
    found = attributes_of(catalog)
    assert found is not None
    return found


def test_what_is_told_holds_until_any_value_or_status_changes() -> None:
    attributes = declared(
        Attribute(name="tier", of="account", default="basic"),
        Attribute(name="seats", of="service", type="number"),
        Attribute(name="trial", of="subscription", type="boolean"),
        active="status.account == 'active' && status.service == 'active'",
    )
    account = replace(
        ADA,
        attributes={"country": "CH"},
        statuses=(StatusMark(90, "suspended"),),
        dated=(
            AttributeValue("tier", "gold", 10, 100),
            AttributeValue("trial", "true", 20, subscription="s"),
            AttributeValue("trial", "true", 15, subscription="other"),
        ),
    )
    service = replace(KEY, dated=(AttributeValue("seats", "12.0", 30),))
    told = attributes.tell(account, service, "s", 25)
    assert told.period == Period(20, 30)
    assert told.account.attributes == {
        "country": "CH",
        "tier": "gold",
        "\0subscription.trial": "true",
        "\0segment.active": "true",
    }
    assert told.plain["account"] == {"country": "CH", "tier": "gold"}
    later = attributes.tell(account, service, "s", 95)
    assert later.period == Period(90, 100)
    assert later.account.attributes["\0service.seats"] == "12"
    assert later.plain["service"] == {"seats": 12}
    assert later.plain["segment"] == {"active": False}
    assert attributes.tell(account, service, "s", 100).account.attributes["tier"] == "basic"


def test_what_cannot_be_told_belongs_to_no_segment() -> None:
    tier = Attribute(name="tier", of="account", type="choice", values=("gold",))
    attributes = declared(
        tier,
        gold="account.tier == 'gold'",
        either="account.tier == 'gold' || 2 > 1",
        known="has(account.tier)",
    )
    plain = attributes.tell(ADA, KEY, "", 0).plain
    assert plain["segment"] == {"gold": False, "either": True, "known": False}
    wrong = replace(ADA, attributes={"tier": "silver"})
    assert attributes.tell(wrong, KEY, "", 0).account.attributes.get("tier") is None


def test_nobody_can_put_what_is_declared_of_something_else() -> None:
    attributes = declared(Attribute(name="seats", of="service"), all="1 > 0")
    account = replace(ADA, attributes={"service.seats": "9", "segment.all": "false"})
    texts = attributes.tell(account, None, "", 0).account.attributes
    keys = [held_key(word) for word in ("service.seats", "segment.all", "account.service.seats")]
    assert [texts.get(key or "") for key in keys] == [None, "true", "9"]
    assert held_key("colour") is None


def test_what_something_asks_for_is_found_wherever_it_stands() -> None:
    tree = parse_expression("segment.a && has(segment.b) || units.mb > accumulators.x")
    found = {"when": {"segment.c": "true"}, "by": ("segment.d", "colour"), "tree": tree}
    assert set(segments_asked(found)) == {"a", "b", "c", "d"}
    assert names_below(tree, "accumulators") == ("x",)


def test_a_catalog_that_declares_nothing_has_nothing_to_tell() -> None:
    assert attributes_of(Catalog(tenant="t", currencies=(), usage_types=(), price_plans=())) is None
