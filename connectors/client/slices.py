"""Sliced holds: a small grant for a stream whose length nobody knows, extended while it runs.

Before anything is passed on it must be held: so a stream that runs away is stopped within one
slice, and many streams of one budget go beyond it by nothing. What was really used is told at the
end, by whoever counts it exactly; until then nothing is reported, since a report cannot be taken
back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.client.calls import Course
from connectors.client.dialogue import Dialogue
from connectors.client.words import Answer, Service, Units


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """What is held: `slice` units of `unit` at a time, of this usage type."""

    usage_type: str
    unit: str
    slice: int
    attributes: Mapping[str, str] = field(default_factory=dict)


class SlicedHold:
    """The hold of one stream. Its methods that ask are courses, for `client.drive`."""

    def __init__(self, dialogue: Dialogue, slicing: Slicing) -> None:
        self._dialogue = dialogue
        self._slicing = slicing
        self._fixed: dict[str, int | Decimal] = {}
        self.attributes = dict(slicing.attributes)
        """What it is rated by; a policy may have granted others than were asked for."""
        self._granted = Decimal(0)
        self._is_final = False
        self.counted = 0
        """Units that were passed on."""

    def opening(self, fixed: Units, *, units: int = 0) -> Course[Answer]:
        """Hold what the stream uses anyway, and the first slice, or so many units.

        Nothing granted: the stream must not begin. Raises Unavailable, Refused.
        """
        self._fixed = dict(fixed)
        answer = yield from self._hold("reserve", units or self._slicing.slice)
        if self._granted:
            self._keep()
        return answer

    @property
    def session(self) -> str:
        """The name of its session."""
        return self._dialogue.session

    @property
    def granted(self) -> Decimal:
        """Units that may be passed on, in all."""
        return self._granted

    def has(self, units: int) -> bool:
        """True where so many more are held."""
        return self.counted + units <= self._granted

    def ask_anew(self) -> None:
        """Something was told of the session: the next unit waits for the owner's word."""
        self._granted = Decimal(self.counted)
        self._is_final = False

    def count(self, units: int) -> None:
        """So many more were passed on."""
        self.counted += units

    def extension(self, units: int) -> Course[bool]:
        """Hold so many more at least; False where they are not granted: the stream must end.

        Raises Unavailable, Refused.
        """
        if not self._is_final:
            wanted = self.counted + units + self._slicing.slice
            yield from self._hold("extend", wanted)
            self._keep()
        return self.has(units)

    def settlement(self, used: Units) -> Course[Answer]:
        """Charge what was used, give the rest back. Told later where no owner answers."""
        told = {unit: quantity for unit, quantity in used.items() if quantity}
        service = self._service(used=told)
        return (yield from self._dialogue.ask("confirm", [service] if told else []))

    def _keep(self) -> None:
        """What was passed on so far is charged even if the process dies."""
        used = {**self._fixed, self._slicing.unit: self.counted}
        self._dialogue.keep(
            [self._service(used={name: each for name, each in used.items() if each})]
        )

    def _hold(self, verb: str, units: int) -> Course[Answer]:
        requested = {**self._fixed, self._slicing.unit: units}
        service = self._service(requested=requested)
        answer = yield from self._dialogue.ask(verb, [service])
        if answer.code == "unknown_session":
            # Its validity was over while the stream was slow, and nothing was reported of it.
            answer = yield from self._dialogue.ask("reserve", [service])
        granted = answer.granted(self._slicing.unit)
        if answer.is_offline:
            # A rule grants slices for themselves; an owner tells the whole hold each time.
            granted = min(Decimal(units), self._granted + granted)
        self.attributes |= answer.instead
        self._granted = granted if answer.is_granted else Decimal(self.counted)
        self._is_final = answer.is_final or not answer.is_granted
        return answer

    def _service(self, *, requested: Units | None = None, used: Units | None = None) -> Service:
        slicing = self._slicing
        return Service(
            usage_type=slicing.usage_type,
            requested=requested or {},
            used=used or {},
            attributes=self.attributes,
        )
