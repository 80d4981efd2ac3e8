"""The words of how much: service types, rate units, and which record is measured by which."""

from decimal import Decimal

from msgspec import Struct, field

from connectors.catalog.forms.words import Date, Id
from streams.expression import Expression
from streams.model.rate_unit import USAGE


class ServiceTypeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of usage types, such as voice or data; each needs at least one."""

    id: Id
    name: str = ""


class MeterForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A meter read: the difference to the reading before. All but the last two are attributes.

    `reading` may be a unit too. A register of `digits` begins again at 0; more than `most` at once
    is not believed.
    """

    reading: str
    register: str = ""
    meter: str = ""
    end_reading: str = ""
    digits: int | None = None
    most: Decimal | None = None


class RateUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the quantity of a record is derived: by exactly one of expression, function, meter."""

    id: Id
    service_type: Id
    unit: str = ""
    expression: Expression | None = None
    function: str = ""
    meter: MeterForm | None = None
    drives_recurring: bool = False


class RateUnitMapForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records of a service type and a transaction type are measured by a rate unit."""

    service_type: Id
    transaction_type: str = USAGE
    when: dict[str, str] = {}
    rate_unit: Id
    start: Date | None = field(default=None, name="from")
    end: Date | None = field(default=None, name="until")
