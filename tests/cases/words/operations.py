"""What is used, reserved, committed and given back, in order, as requests.

Less than nothing is a refund: of what was used last, by its units, as far as that goes, and beyond
that a grant. A reservation of less than nothing gives back at once; what is committed of one is
what it differs from that.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, SERVICE, USAGE_TYPE, Words, text_of, time_of
from tests.cases.fields import Fields, UnknownField
from tests.cases.words.times import in_order

UNIT: Final = "units"
FREE: Final = "free"
_FULL: Final = "post the full pending amount"
_VOID: Final = "void the pending amount"
_NOTHING: Final = Decimal(0)


@dataclass
class Operations:
    """The steps of a scenario so far, and how each request is answered."""

    steps: list[Words] = field(default_factory=list)
    answers: list[Words] = field(default_factory=list)
    _used: list[list[Any]] = field(default_factory=list)
    """What can be refunded: of a debit or a session, by its name, so much."""
    _session: str = ""
    _reserved: Decimal = _NOTHING
    _at: str = ""

    def add(self, number: int, operation: Fields) -> None:
        """One operation."""
        verb = operation.take("op")
        asked = operation.take("quantity", operation.take("amount", ""))
        operation.done()
        self._at = time_of(in_order(number))
        if verb == "use":
            self._move(Decimal(asked))
        elif verb in ("reserve", "pending"):
            self._reserve(Decimal(asked))
        elif verb in ("commit", "post", _FULL):
            self._commit(Decimal(asked) if asked else self._reserved)
        elif verb in ("release", "void", _VOID):
            self._ask("release", {})
        else:
            raise UnknownField(f"usage.op: {verb!r}")

    def _move(self, quantity: Decimal) -> None:
        """So much is used, or given back."""
        if quantity < 0:
            self._give_back(-quantity)
            return
        self._open()
        self._ask("debit", {"units": _units(quantity)})
        self._used.append(["debit", self._session, quantity])

    def _reserve(self, quantity: Decimal) -> None:
        self._reserved = quantity
        if quantity < 0:
            self._give_back(-quantity)
            return
        self._open()
        self._ask("reserve", {"units": _units(quantity), "whole": True})
        self.answers[-1]["services"] = [{"granted": _units(quantity)}]

    def _commit(self, quantity: Decimal) -> None:
        if self._reserved < 0:
            self._move(quantity - self._reserved)
            return
        used = max(quantity, _NOTHING)
        self._ask("confirm", {"used": _units(used)})
        self._used.append(["session", self._session, used])
        if quantity < 0:
            self._give_back(-quantity)

    def _give_back(self, quantity: Decimal) -> None:
        while quantity and self._used:
            kind, name, used = self._used[-1]
            back = min(quantity, used)
            if back:
                self._refund(kind, name, back)
            quantity -= back
            self._used[-1][2] = used - back
            if back == used:
                self._used.pop()
        if quantity:
            grant = {"account": CUSTOMER, "grant": f"back-{len(self.steps)}", "allowance": FREE}
            self.steps.append({"grant": {**grant, "quantity": text_of(quantity), "from": self._at}})

    def _refund(self, kind: str, name: str, quantity: Decimal) -> None:
        refund = {"name": f"refund-{len(self.steps)}", "service": SERVICE, "at": self._at}
        self.steps.append({"refund": {**refund, kind: name, "usage": _units(quantity)}})
        self.answers.append({"code": "success"})

    def _open(self) -> None:
        self._session = f"session-{len(self.steps)}"

    def _ask(self, verb: str, said: Words) -> None:
        request = {"session": self._session, "service": SERVICE, "at": self._at}
        self.steps.append({verb: {**request, "services": [{"type": USAGE_TYPE, **said}]}})
        self.answers.append({"code": "success"})


def _units(quantity: Decimal) -> Words:
    return {UNIT: text_of(quantity)}
