"""The words of multi-rate usage types."""

from msgspec import Struct

from connectors.catalog.forms.words import Id
from streams.expression import Expression
from streams.model.multi_rate import InvoiceAt


class ChildRateForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A usage type that the record is rated under; `quantity` is over earlier children."""

    usage_type: Id
    quantity: Expression | None = None


class MultiRateForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A usage type whose records are rated several times, once under each child.

    `depends` lets a child's quantity follow from earlier children. `invoice_at` says whether the
    children are told as one charge of the parent or as one each; what is charged is the same.
    """

    usage_type: Id
    children: tuple[ChildRateForm, ...]
    depends: bool = False
    invoice_at: InvoiceAt = "child"
    product: str = ""
