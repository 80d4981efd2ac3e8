"""Words that ask of whoever pays: do they lead to what is declared, by values that it can have."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.catalog.names import Names
from connectors.catalog.problem import unknown
from connectors.catalog.resolution.attributes import plain_attribute
from streams.expression import Expression, Kind, Scope
from streams.model.attribute import ACCOUNT, SEGMENT, expected_of, read_value
from streams.rate.asked import names_below

HOLDERS: Final = ("subscription", "service", "segment", "status")
"""What expressions ask of whoever pays, beside `account`; only where something is declared."""
_STATUSES: Final = ("account", "service")
_KINDS: Final[dict[str, Kind]] = {"number": "number", "boolean": "bool"}


def is_of_payer(word: str, names: Names) -> bool:
    """True of any attribute of an account, and of all else that is declared of who pays."""
    return (word.startswith(ACCOUNT) and word != ACCOUNT) or word in names.declared()


def wrong_value(word: str, value: str, names: Names) -> str | None:
    """Why a declared word never has a value; None: it may."""
    if word.startswith(SEGMENT) and word in names.declared():
        return None if value in ("true", "false") else f'"{value}": expected true or false'
    form = names.attributes.get(word)
    if form is None:
        return None
    attribute = plain_attribute(form)
    read = read_value(attribute, value)
    if read is None:
        return f'"{value}" is no value of {word}: expected {expected_of(attribute)}'
    return None if read == value else f'"{value}" is compared as it is told: expected "{read}"'


def wrong_range(word: str, names: Names) -> str | None:
    """Why a declared word lies in no range of numbers; None: it may."""
    form = names.attributes.get(word)
    if word.startswith(SEGMENT) or (form is not None and form.type != "number"):
        return f"{word} is no number"
    return None


def scope_of(names: Names, *, segments: bool = True) -> Scope:
    """What expressions see of whoever pays: nothing new where nothing is declared."""
    fields: dict[str, Kind] = {}
    named: dict[str, dict[str, Kind]] = {}
    for form in names.attributes.values():
        fields[form.of] = "map"
        named.setdefault(form.of, {})[form.name] = _KINDS.get(form.type, "string")
    if names.segments:
        fields["status"] = "map"
    if names.segments and segments:
        fields["segment"] = "map"
    fields.pop("account", None)
    return Scope(fields, members={"segment": "bool"}, named=named)


def scope_over(fields: Mapping[str, Kind], members: Mapping[str, Kind], names: Names) -> Scope:
    """What the expressions of a rule see: fields of its own, and whoever pays."""
    told = scope_of(names)
    return Scope({**fields, **told.fields}, members={**told.members, **members}, named=told.named)


def unknown_below(expression: Expression, names: Names) -> Iterator[str]:
    """What an expression asks of subscriptions, services, segments and statuses that is not there.

    An account may have attributes that are not declared.
    """
    for holder in ("subscription", "service"):
        known = {each.name for each in names.attributes.values() if each.of == holder}
        for name in names_below(expression, holder):
            if known and name not in known:
                yield unknown(f"attribute of a {holder}", name, known)
    for holder, there in (("segment", names.segments), ("status", _STATUSES)):
        for name in names_below(expression, holder):
            if names.segments and name not in there:
                yield unknown(holder, name, set(there))


def asks_of_service(word: str, names: Names) -> bool:
    """True where a word, or the segment that it names, needs a subscription or a service id."""
    if not word.startswith(SEGMENT):
        return not word.startswith(ACCOUNT)
    form = names.segments.get(word.removeprefix(SEGMENT))
    if form is None:
        return False
    held = [name for of in ("subscription", "service") for name in names_below(form.expression, of)]
    totals = (names.accumulators.get(name) for name in names_below(form.expression, "accumulators"))
    parted = any(each is not None and each.per in ("subscription", "service") for each in totals)
    return bool(held) or parted or "service" in names_below(form.expression, "status")
