"""What the code says must have boundaries: price kinds, rules of rating, sections of a catalog.

Every rule, kind and section needs some; of prices, quantities, times and places every word does.

Taken from the types that users' words are read by, so that a new kind, rule, section or word is
here as soon as it exists. At a price, a choice of words is a boundary whose sides are the choices.
"""

from collections.abc import Iterator
from typing import Final

import msgspec.inspect as kinds

from connectors.catalog.form import CatalogFile
from connectors.catalog.forms.account_prices import AccountPricesForm
from connectors.catalog.forms.eligibility import EligibilityForm
from connectors.catalog.forms.prices import PriceForm, SimpleKindsForm
from connectors.catalog.load import CUSTOM
from streams.rate.rules import RULES

ONLY_NAMES: Final = {
    *("id", "name", "product", "code", "resource", "unit", "units", "usage_units", "usage_type"),
    *("service_type", "allowance", "accumulator", "rate_unit", "zone_unit", "time_unit", "zone"),
    *("band", "group", "level", "session", "event", "partner", "calendar", "currency", "country"),
    *("account", "price_plan", "price_plans", "text", "cost_currency", "tax_class", "reading"),
    *("function",),
}
"""Words that only say which one is meant: nothing lies on either side of them."""
ONLY_NUMBERS: Final = {
    *("amount", "amounts", "unit_amount", "rate", "per", "per_s", "amount_per_beat", "percent"),
    *("rate_percent", "block_amount", "multiplier", "markup_percent", "points", "times"),
    *("calls", "calls_per", "bonus"),
}
"""Amounts and what they are for: a product of them has no boundary of its own."""
NO_RATING: Final = {
    *("tenant", "source_platforms", "service_types", "usage_types", "rating_groups", "subscribers"),
}
"""Sections that say whose usage it is and how it is read, before it is rated."""
ELSEWHERE: Final = {"settle", "provisional", "minimum_with_tax", "maximum_with_tax"}
"""Words whose boundaries are those of a rule of their own."""
WORD_BY_WORD: Final = {
    *("measures", "rate_units", "rate_unit_maps", "multi_rates", "zone_units", "holiday_calendars"),
    *("time_units", "billing_periods", "fees", "taxes", "revenue_shares", "loyalty_rules"),
    *("exchange_rates", "outcomes", "eligibility", "account_prices"),
}
"""Sections that need a boundary for each word; of others, those that matter are named."""
OF_SECTION: Final = {
    "partner_volume": "commission_plans",
    "holding": "held",
    "commitment": "commitments",
    "money_allowance": "allowances",
    "taxed_allowance": "allowances",
    "quantity": "measures",
    "zone": "zone_units",
    "band": "time_units",
    "cost": "costs",
    "cost_lines": "costs",
    "outcome_price": "outcomes",
    "share": "fees",
    "free_units": "discounts",
    "allowance": "allowances",
    "discount": "discounts",
    "rounding": "currencies",
    "tax": "taxes",
    "spend": "thresholds",
    "amount": "accumulators",
    "revenue_share": "revenue_shares",
    "loyalty": "loyalty_rules",
}
"""Where the boundaries of a rule stand: under the section that users write for it."""

Words = dict[str, dict[str, set[str]]]
"""By rule, by word: the sides it has at least."""


def words_of_the_code() -> Words:
    """Every rule with its words; a kind's alias has none of its own."""
    found: Words = {}
    for word, form in _forms(CatalogFile):
        _section(word, form, found)
    _section("account_prices", _struct(AccountPricesForm), found)
    _section("eligibility", _struct(EligibilityForm), found)
    seen: set[type] = set()
    for word, form in _forms(PriceForm):
        if isinstance(form, kinds.StructType):
            found[word] = {} if form.cls in seen else _words(form, {})
            seen.add(form.cls)
    for compile_rule in RULES:
        name = compile_rule.__name__.removeprefix("compile_")
        found.setdefault(OF_SECTION.get(name, name), {})
    return found


def _section(name: str, form: kinds.Type, found: Words) -> None:
    """A section, and each list of forms below it as a section of its own."""
    if name in NO_RATING:
        return
    words = found.setdefault(name, {})
    eligible = name != "eligibility" and issubclass(_class(form), EligibilityForm)
    inherited = _fields(_struct(EligibilityForm)) if eligible else ()
    for field in _fields(form):
        word = field.encode_name
        below = _inner(field.type)
        if field in inherited:
            continue
        if isinstance(below, kinds.StructType) and issubclass(below.cls, SimpleKindsForm):
            found.setdefault(word, {}).update({} if word == "price" else {"when": set()})
        elif word in ("offers", "fees", "measures", "grants"):
            _section(word, below, found)
        elif name in WORD_BY_WORD:
            words.update((each, set()) for each in _word(word, field.type))


def _words(form: kinds.Type, found: dict[str, set[str]]) -> dict[str, set[str]]:
    for field in _fields(form):
        for word, sides in _word(field.encode_name, field.type).items():
            found.setdefault(word, set()).update(sides)
    return found


def _word(word: str, kind: kinds.Type) -> dict[str, set[str]]:
    inner = _inner(kind)
    if isinstance(inner, kinds.StructType) and inner.cls not in CUSTOM:
        if issubclass(inner.cls, SimpleKindsForm):
            return {word: set()}
        return _words(inner, {})
    if word in ELSEWHERE:
        return {}
    if isinstance(inner, kinds.LiteralType):
        return {word: {str(value) for value in inner.values}}
    if isinstance(inner, kinds.BoolType):
        return {word: {"true", "false"}}
    return {} if word in ONLY_NAMES | ONLY_NUMBERS else {word: set()}


def _inner(kind: kinds.Type) -> kinds.Type:
    """What a list, a map, or an optional value holds."""
    match kind:
        case kinds.Metadata(type=type_):
            return _inner(type_)
        case kinds.VarTupleType(item_type=item):
            return _inner(item)
        case kinds.DictType(value_type=value):
            return _inner(value)
        case kinds.UnionType(types=types):
            held = [_inner(each) for each in types if not isinstance(each, kinds.NoneType)]
            structs = [each for each in held if isinstance(each, kinds.StructType)]
            known = [each for each in structs if each.cls in CUSTOM]
            return (known or structs or held)[0]
        case _:
            return kind


def _class(form: kinds.Type) -> type:
    return form.cls if isinstance(form, kinds.StructType) else object


def _forms(form: type) -> Iterator[tuple[str, kinds.Type]]:
    for field in _fields(_struct(form)):
        inner = _inner(field.type)
        yield field.encode_name, inner


def _fields(form: kinds.Type) -> tuple[kinds.Field, ...]:
    return form.fields if isinstance(form, kinds.StructType) else ()


def _struct(form: type) -> kinds.Type:
    return kinds.type_info(form)
