"""How much: what a record's quantity is derived by, and which record by which rate unit.

A source that sends the quantity itself needs none of this.
"""

from decimal import Decimal

from msgspec import Struct

from streams.expression import Expression
from streams.model.instant import BEGINNING, FOREVER, Instant

TRANSACTION_TYPE = "transaction_type"
"""The attribute of a record that says what kind of transaction it is."""
USAGE = "usage"
"""The transaction type of a record that does not say one."""


class ServiceType(Struct, frozen=True, kw_only=True):
    """A group of usage types, such as voice, messages or data."""

    id: str
    name: str = ""


class MeterRead(Struct, frozen=True, kw_only=True):
    """The quantity is the difference to the reading before, kept as state by service and register.

    `reading` names the attribute, or the unit of usage, that holds what the meter shows; the others
    name attributes: `register` which of the meter's registers it is, `meter` the meter itself, and
    `end_reading` what the old meter showed when it was exchanged. A register of `digits` begins
    again at 0. More than `most` in one difference is not believed.
    """

    reading: str
    register: str = ""
    meter: str = ""
    end_reading: str = ""
    digits: int | None = None
    most: Decimal | None = None


class RateUnit(Struct, frozen=True, kw_only=True):
    """How the quantity of a record is derived, in `unit`: by exactly one of three.

    `expression` over the record, the account and its accumulators; `function`, the name of one that
    is plugged in; `meter`. `drives_recurring`: a recurring fee takes its quantity from it too.
    """

    id: str
    service_type: str
    unit: str
    expression: Expression | None = None
    function: str = ""
    meter: MeterRead | None = None
    drives_recurring: bool = False


class RateUnitMap(Struct, frozen=True, kw_only=True):
    """Records of this service type and transaction type are measured by this rate unit.

    `when` maps attributes, or the account's, to the value they must have; of several that hold, the
    one with most words wins. It holds for usage that began at `start <= t < end`.
    """

    service_type: str
    rate_unit: str
    transaction_type: str = USAGE
    when: dict[str, str] = {}
    start: Instant = BEGINNING
    end: Instant = FOREVER
