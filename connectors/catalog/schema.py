"""JSON schemas of what users write, for editors; generated from the forms, kept in `catalog/`.

A test compares the kept files with what is generated here.
"""

import json
from typing import Any, Final

import msgspec

from connectors.catalog.form import CatalogFile

SCHEMA_NAME: Final = "catalog.schema.json"
_EXPRESSION: Final = {"type": "string", "description": "Rule in CEL, such as `data.status != 200`"}
_NUMBER: Final = {"type": ["number", "string"], "description": "An exact decimal number"}
_EXPRESSION_KINDS: Final = "Binary"


def schema_of(form: type, title: str) -> dict[str, Any]:
    """The schema (draft 2020-12) of a document of this form."""
    (root,), components = msgspec.json.schema_components((form,), ref_template="#/$defs/{name}")
    definitions = _plain(components)
    used = _reachable(definitions, root)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": {name: definitions[name] for name in sorted(used)},
    }


def schema_text(form: type = CatalogFile, title: str = "Vivace catalog file") -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema_of(form, title), indent=2, ensure_ascii=False) + "\n"


def _plain(node: Any) -> Any:
    """The schema as users write values: expressions are text, decimals numbers or text."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "decimal":
        return _NUMBER
    if any(_names_expression(each) for each in node.get("anyOf", ())):
        return _EXPRESSION
    if node.get("title") == "NumberRule":
        node = node | {"properties": {k: v for k, v in node["properties"].items() if k != "plan"}}
    return {key: _plain(value) for key, value in node.items()}


def _names_expression(node: dict[str, Any]) -> bool:
    return str(node.get("$ref", "")).endswith(f"/{_EXPRESSION_KINDS}")


def _reachable(definitions: dict[str, Any], root: Any) -> set[str]:
    found: set[str] = set()
    waiting = _references(root)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= _references(definitions[name])
    return found


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for each in node for name in _references(each)}
    if not isinstance(node, dict):
        return set()
    below = {name for value in node.values() for name in _references(value)}
    reference = node.get("$ref")
    return below | {reference.rpartition("/")[2]} if reference else below
