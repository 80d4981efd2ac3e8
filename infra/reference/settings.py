"""docs/reference/settings.md"""

import types
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from infra.reference.table import table
from topologies.settings import MAVEN_CENTRAL, Settings

_KINDS = {
    Path: "path",
    SecretStr: "secret",
    int: "integer",
    float: "number",
    str: "text",
    bool: "true or false",
}
_INTRODUCTION = """# Settings

A setting comes from the first of these that names it: a variable `VIVACE_<NAME>` of the
environment, the file `vivace.toml` in the data folder, what `vivace up` started there, the default.

"""


def page() -> str:
    """Return one row for each setting."""
    rows = (
        (f"`{name}`", f"`VIVACE_{name.upper()}`", _type(f.annotation), _default(f.default),
         f.description or "")
        for name, f in Settings.model_fields.items()
    )  # fmt: skip
    columns = ("setting", "variable", "kind", "default", "what it does")
    return _INTRODUCTION + table(columns, rows)


def _type(annotation: Any) -> str:
    if isinstance(annotation, types.UnionType):  # of a kind and None
        annotation = annotation.__args__[0]
    return _KINDS[annotation]


def _default(value: Any) -> str:
    if isinstance(value, SecretStr) or value is None or value == "":
        return "empty"
    if value == MAVEN_CENTRAL:
        return "Maven Central"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
