"""What is asked and what is answered, as a caller of charging sessions sees it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from connectors.errors import Refused

Units = Mapping[str, int | Decimal]
"""Quantities by unit."""

OFFLINE: Final = "offline"
"""The code of an answer that no owner gave: a rule of the caller's own did."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of a request: what was used since the last report, what is asked for now.

    Where not all can be granted the last unit of `requested` is cut; with `whole` it is all or
    nothing. `rating_group` tells services of one session apart; empty: the usage type does.
    `used_after` was used after the change of the tariff that the grant told; no more is granted
    than `money` buys.
    """

    usage_type: str
    requested: Units = field(default_factory=dict)
    used: Units = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    rating_group: str = ""
    whole: bool = False
    used_after: Units = field(default_factory=dict)
    money: Decimal | str | None = None

    @property
    def group(self) -> str:
        """What tells it apart in its session."""
        return self.rating_group or self.usage_type

    def body(self) -> dict[str, Any]:
        """As JSON has it; what is empty is left out."""
        told: dict[str, Any] = {
            "usage_type": self.usage_type,
            "requested": _plain(self.requested),
            "used": _plain(self.used),
            "attributes": dict(self.attributes),
            "rating_group": self.rating_group,
            "whole": self.whole,
            "used_after": _plain(self.used_after),
            "money": None if self.money is None else str(self.money),
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, kw_only=True)
class ServiceAnswer:
    """What became of one service. `told` is all that was said of it, newer members too.

    `is_final`: there is no more after this grant.
    """

    group: str
    code: str
    granted: Mapping[str, Decimal] = field(default_factory=dict)
    amount: Decimal = Decimal(0)
    is_final: bool = False
    detail: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a request. `lease` is the signed grant, where one was asked for.

    `retry_after` are seconds, where asking again may help then.

    `is_repeat`: it had been answered before, and nothing was done now. An answer by an offline rule
    has code `offline` and status 0.
    """

    code: str
    status: int = 200
    services: tuple[ServiceAnswer, ...] = ()
    currency: str = ""
    valid_until: str = ""
    detail: str = ""
    lease: str = ""
    retry_after: int = 0
    is_repeat: bool = False
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_offline(self) -> bool:
        """True where no owner has heard of it yet."""
        return self.code == OFFLINE

    @property
    def is_granted(self) -> bool:
        """True where something may be used, or was booked."""
        return self.code in ("success", "partial", OFFLINE)

    def granted(self, unit: str, group: str = "") -> Decimal:
        """What may be used of a unit, of all services or of one; 0 where nothing."""
        found = (
            each.granted.get(unit, Decimal(0))
            for each in self.services
            if not group or each.group == group
        )
        return sum(found, Decimal(0))

    @property
    def instead(self) -> dict[str, str]:
        """The attributes that a policy has granted in place of those that were asked for."""
        found: dict[str, str] = {}
        for each in self.services:
            found |= (each.told.get("restriction") or {}).get("instead") or {}
        return found

    @property
    def is_final(self) -> bool:
        """True where some service gets no more after this grant."""
        return any(each.is_final for each in self.services)


def read_answer(
    status: int, content: bytes, *, is_repeat: bool = False, retry_after: int = 0
) -> Answer:
    """The answer in a reply that carries a code. Raises Refused where it is none of ours."""
    try:
        told = json.loads(content)
        if not isinstance(told, dict) or not isinstance(told.get("code"), str):
            raise Refused(f"status {status}: {_detail(told) or content[:200]!r}")
        return Answer(
            code=told["code"],
            status=status,
            services=tuple(_service(each) for each in told.get("services", ())),
            currency=told.get("currency", ""),
            valid_until=told.get("valid_until", ""),
            detail=told.get("detail", ""),
            lease=told.get("lease", ""),
            retry_after=retry_after,
            is_repeat=is_repeat,
            told=told,
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise Refused(f"status {status}, and no answer that is known: {content[:200]!r}") from error


def _service(told: Mapping[str, Any]) -> ServiceAnswer:
    return ServiceAnswer(
        group=told["rating_group"],
        code=told["code"],
        granted={unit: Decimal(value) for unit, value in told.get("granted", {}).items()},
        amount=Decimal(told.get("amount", "0")),
        is_final=bool(told.get("final")),
        detail=told.get("detail", ""),
        told=told,
    )


def _plain(units: Units) -> dict[str, str]:
    return {unit: str(quantity) for unit, quantity in units.items()}


def _detail(told: object) -> str:
    return str(told.get("detail", "")) if isinstance(told, dict) else ""
