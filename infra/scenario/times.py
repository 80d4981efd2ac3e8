"""How a scenario writes times."""

from typing import Annotated

from msgspec import Meta

Time = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$",
        description="A day (its beginning in UTC) or an instant with its offset",
    ),
]
Month = Annotated[str, Meta(pattern=r"^\d{4}-\d\d$", description="A calendar month")]
