"""Match: does a record of a topic belong to a source platform?"""

from collections.abc import Callable, Sequence

from streams.model.event import PlainRecord
from streams.model.mediation import Match

Headers = Sequence[tuple[str, bytes]]
Matches = Callable[[PlainRecord, Headers], bool]


def compile_match(match: Match) -> Matches | None:
    """The test of a platform beside its format and its CloudEvents type; None: all match."""
    fields = tuple(match.fields.items())
    present = match.present
    wanted = tuple((name, text.encode()) for name, text in match.headers.items())
    if not (fields or present or wanted):
        return None
    if len(fields) == 1 and not present and not wanted:
        ((sole, sole_text),) = fields
        return lambda plain, headers: plain.get(sole) == sole_text

    def matches(plain: PlainRecord, headers: Headers) -> bool:
        for name, text in fields:
            if plain.get(name) != text:
                return False
        return all(map(plain.__contains__, present)) and all(map(headers.__contains__, wanted))

    return matches
