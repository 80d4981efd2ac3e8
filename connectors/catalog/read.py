"""Typed reading of YAML nodes: the type says what is expected, each node where it stands.

A value that does not fit is reported and replaced by an empty one of its type, so that reading
goes on and everything wrong is told at once. Numbers become `Decimal` from their text, never
through a float.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

import msgspec
import msgspec.inspect as kinds
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from connectors.catalog.problem import Place, ProblemBook
from connectors.errors import Refused

_NUMBER: Final = re.compile(r"[-+]?\d[\d_]*(\.\d+)?")
_DEPTH_MAX: Final = 40
_VALUES_MAX: Final = 5_000_000
"""How many values a file may have, each use of an anchor counted."""
_NO_TEXT_TAGS: Final = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:bool")
_TRUTHS: Final = {"true": True, "false": False}

ReadText = Callable[[str], Any]
"""Text to a value of a type of its own; raises Refused with what was expected."""


class NodeReader:
    """Reads the nodes of one file. `custom` are types that are written as text in a catalog."""

    def __init__(self, book: ProblemBook, custom: dict[type, ReadText]) -> None:
        self._book = book
        self._custom = custom
        self._read = 0

    def read(self, node: Node, kind: kinds.Type, place: Place) -> Any:
        """The value of a node as `kind`; an empty one where it does not fit."""
        self._book.know_first(place, node.start_mark.line + 1)
        if place.pointer.count("/") > _DEPTH_MAX:
            return self._spoil(place, kind, f"is nested deeper than {_DEPTH_MAX}")
        self._read += 1
        if self._read > _VALUES_MAX:
            return self._spoil(place, kind, f"this file has more than {_VALUES_MAX} values")
        if isinstance(kind, kinds.Metadata):
            return self.read(node, kind.type, place)
        custom = self._custom_of(kind)
        if custom is not None:
            return self._read_custom(node, custom, kind, place)
        match kind:
            case kinds.StructType():
                return self._read_struct(node, kind, place)
            case kinds.UnionType():
                return self._read_union(node, kind, place)
            case kinds.VarTupleType():
                return self._read_items(node, kind, place)
            case kinds.DictType():
                return self._read_map(node, kind, place)
            case _:
                return self._read_scalar(node, kind, place)

    def _custom_of(self, kind: kinds.Type) -> ReadText | None:
        members = kind.types if isinstance(kind, kinds.UnionType) else (kind,)
        for member in members:
            if isinstance(member, kinds.StructType) and member.cls in self._custom:
                return self._custom[member.cls]
        return None

    def _read_custom(self, node: Node, read: ReadText, kind: kinds.Type, place: Place) -> Any:
        if not isinstance(node, ScalarNode):
            return self._spoil(place, kind, f"expected text, found {_shown(node)}")
        try:
            return read(node.value)
        except Refused as error:
            return self._spoil(place, kind, str(error))

    def _read_struct(self, node: Node, kind: kinds.StructType, place: Place) -> Any:
        if not isinstance(node, MappingNode):
            return self._spoil(place, kind, f"expected a mapping, found {_shown(node)}")
        fields = {field.encode_name: field for field in kind.fields}
        extra = {kind.tag_field: None} if kind.tag_field else {}
        values: dict[str, Any] = {}
        for name, value in self._pairs(node, place):
            if name in fields:
                field = fields[name]
                values[field.name] = self.read(value, field.type, place.at(name))
            elif name not in extra:
                self._book.report(place.at(name), _unknown_key(name, [*fields, *extra]))
        for field in kind.fields:
            if field.required and field.name not in values:
                missing = place.at(field.encode_name)
                values[field.name] = self._spoil(
                    missing, field.type, f'"{field.encode_name}" is missing'
                )
        return kind.cls(**values)

    def _read_union(self, node: Node, kind: kinds.UnionType, place: Place) -> Any:
        members = [each for each in kind.types if not isinstance(each, kinds.NoneType)]
        if len(members) < len(kind.types) and _is_null(node):
            return None
        structs = [each for each in members if isinstance(each, kinds.StructType)]
        if len(members) == 1:
            return self.read(node, members[0], place)
        if len(structs) == len(members):
            return self._read_tagged(node, kind, structs, place)
        word = next((each for each in members if isinstance(each, kinds.LiteralType)), None)
        if word is not None and structs:
            # A short form as a word beside the whole form as a mapping.
            return self.read(node, structs[0] if isinstance(node, MappingNode) else word, place)
        mapping = next((each for each in members if isinstance(each, kinds.DictType)), None)
        if mapping is not None:
            # A short form as a mapping beside the whole form as a list.
            listed = next(each for each in members if each is not mapping)
            return self.read(node, listed if isinstance(node, SequenceNode) else mapping, place)
        number = next(each for each in members if isinstance(each, kinds.DecimalType))
        value = self.read(node, number, place)
        return int(value) if value == int(value) else value

    def _read_tagged(
        self, node: Node, kind: kinds.Type, structs: list[kinds.StructType], place: Place
    ) -> Any:
        if not isinstance(node, MappingNode):
            return self._spoil(place, kind, f"expected a mapping, found {_shown(node)}")
        by_tag = {str(each.tag): each for each in structs}
        tag_field = structs[0].tag_field or "type"
        found = next((v for k, v in node.value if k.value == tag_field), None)
        words = " or ".join(by_tag)
        if found is None:
            return self._spoil(place, kind, f'"{tag_field}" is missing: expected {words}')
        if found.value not in by_tag:
            return self._spoil(place, kind, f"{tag_field} {found.value!r}: expected {words}")
        return self._read_struct(node, by_tag[found.value], place)

    def _read_items(self, node: Node, kind: kinds.VarTupleType, place: Place) -> Any:
        if not isinstance(node, SequenceNode):
            return self._spoil(place, kind, f"expected a list, found {_shown(node)}")
        return tuple(
            self.read(item, kind.item_type, place.at(number))
            for number, item in enumerate(node.value)
        )

    def _read_map(self, node: Node, kind: kinds.DictType, place: Place) -> Any:
        if not isinstance(node, MappingNode):
            return self._spoil(place, kind, f"expected a mapping, found {_shown(node)}")
        return {
            name: self.read(value, kind.value_type, place.at(name))
            for name, value in self._pairs(node, place)
        }

    def _pairs(self, node: MappingNode, place: Place) -> list[tuple[str, Node]]:
        """The entries by their keys; each place is known by the line of its key."""
        pairs: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._book.report(place, f"a key must be text, found {_shown(key)}")
                continue
            self._book.know(place.at(key.value), key.start_mark.line + 1)
            if key.value in pairs:
                self._book.report(place.at(key.value), f'"{key.value}" stands here twice')
            else:
                pairs[key.value] = value
        return list(pairs.items())

    def _read_scalar(self, node: Node, kind: kinds.Type, place: Place) -> Any:
        expected = _EXPECTED[type(kind)]
        if not isinstance(node, ScalarNode):
            return self._spoil(place, kind, f"expected {expected}, found {_shown(node)}")
        match kind:
            case kinds.StrType():
                return self._read_text(node, kind, place)
            case kinds.LiteralType():
                if node.value in kind.values:
                    return node.value
                words = ", ".join(str(value) for value in kind.values)
                return self._spoil(place, kind, f"expected one of {words}, found {_shown(node)}")
            case kinds.BoolType():
                if node.value in _TRUTHS:
                    return _TRUTHS[node.value]
            case kinds.IntType():
                if re.fullmatch(r"[-+]?\d[\d_]*", node.value):
                    return self._bounded(int(node.value), kind, place)
            case kinds.DecimalType():
                if _NUMBER.fullmatch(node.value):
                    return Decimal(node.value)
        return self._spoil(place, kind, f"expected {expected}, found {_shown(node)}")

    def _read_text(self, node: ScalarNode, kind: kinds.StrType, place: Place) -> Any:
        if not node.style and node.tag in _NO_TEXT_TAGS:
            found = _shown(node)
            return self._spoil(place, kind, f"expected text, found {found}; text is quoted")
        if kind.pattern is not None and not re.search(kind.pattern, node.value):
            return self._spoil(place, kind, f"{node.value!r} does not match {kind.pattern}")
        if kind.min_length is not None and len(node.value) < kind.min_length:
            return self._spoil(place, kind, "expected text, found nothing")
        return node.value

    def _bounded(self, number: int, kind: kinds.IntType, place: Place) -> int:
        if kind.ge is not None and number < kind.ge:
            self._book.spoil(place, f"expected at least {kind.ge}, found {number}")
        if kind.le is not None and number > kind.le:
            self._book.spoil(place, f"expected at most {kind.le}, found {number}")
        return number

    def _spoil(self, place: Place, kind: kinds.Type, message: str) -> Any:
        self._book.spoil(place, message)
        return empty_of(kind, self._custom)


def empty_of(kind: kinds.Type, custom: dict[type, ReadText]) -> Any:
    """A value of the type that stands in for one that could not be read."""
    match kind:
        case kinds.Metadata():
            return empty_of(kind.type, custom)
        case kinds.StructType(cls=cls) if cls in custom:
            return None
        case kinds.StructType():
            return kind.cls(
                **{
                    field.name: empty_of(field.type, custom)
                    for field in kind.fields
                    if field.required
                }
            )
        case kinds.UnionType(types=types):
            optional = any(isinstance(each, kinds.NoneType) for each in types)
            return None if optional else empty_of(types[0], custom)
        case kinds.VarTupleType():
            return ()
        case kinds.DictType():
            return {}
        case kinds.LiteralType():
            return kind.values[0]
        case kinds.BoolType():
            return False
        case kinds.IntType():
            return 0
        case kinds.DecimalType():
            return Decimal(0)
        case _:
            return ""


_EXPECTED: Final[dict[type[kinds.Type], str]] = {
    kinds.StrType: "text",
    kinds.LiteralType: "a word",
    kinds.BoolType: "true or false",
    kinds.IntType: "a whole number",
    kinds.DecimalType: "a decimal number without exponent",
}


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.style and node.value in ("", "~", "null")


def _shown(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    text = str(node.value)
    return f"{text[:60]!r}" if text else "nothing"


def _unknown_key(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(sorted(known))}"
    return f'"{name}" is not a word of the catalog here{hint}'


def kind_of(type_: Any) -> kinds.Type:
    """What the reader goes by for a Python type."""
    return msgspec.inspect.type_info(type_)
