"""Money: which currency, how its amounts are rounded, what an account holds of it."""

import re
from typing import Any, Final

from connectors.catalog.currencies import minor_digits
from tests.cases.draft import EXACT, Draft
from tests.cases.fields import Fields, NotYet, UnknownField

_MODES: Final = {"half up": "half_up", "half even": "half_even", "rounded up": "up", "up": "up"}
_WORDS: Final = re.compile(
    r"(?:(?P<digits>\d+) decimals|(?P<cents>cents))?,? ?"
    r"(?P<mode>half[ _]up|half[ _]even|rounded up)?"
    r"(?: to (?P<to>\d+) decimals)?(?P<minor> to the minor unit)?(?P<line> per line)?"
)


def currency(draft: Draft, given: Fields) -> None:
    """`currency`: its code; `USD minor unit` says that all amounts are in cents already."""
    draft.currency = given.take("currency").split()[0]


def rounding(draft: Draft, given: Fields) -> None:
    """`rounding`: none, by a mode at so many digits, or only where numbers are compared."""
    text = given.take("rounding")
    if isinstance(text, dict):
        fields = Fields(text, "given.rounding")
        text = fields.take("amounts")
        fields.done()
    compared = re.fullmatch(r"(\d+) decimals for comparison", text)
    if compared:
        draft.compared_at = int(compared[1])
    elif "before the difference" in text:
        draft.digits, draft.rounding = minor_digits(draft.currency), "half_up"
    elif text not in ("none", "none stated; values exact"):
        _by_words(draft, text)


def cumulative(draft: Draft) -> None:
    """The amounts of a running total: rounded as a whole, each record has the difference."""
    if draft.digits != EXACT:
        draft.over = "period"
    draft.is_derived = any((event.quantity or 0) < 0 for event in draft.events)


def balances(draft: Draft, given: Fields) -> None:
    """`balances`, `balance`: money in a wallet; anything else is not told here."""
    value: Any = given.take("balances", given.take("balance"))
    held = value if isinstance(value, dict) else {"money": value}
    if not isinstance(value, dict | str) or set(held) != {"money"}:
        raise NotYet("several balances")
    draft.account |= {"payment": "prepaid", "wallet": held["money"]}


def _by_words(draft: Draft, text: str) -> None:
    found = _WORDS.fullmatch(text)
    if found is None:
        raise UnknownField(f"given.rounding: {text!r}")
    digits = found["digits"] or found["to"]
    draft.digits = int(digits) if digits else minor_digits(draft.currency)
    draft.rounding = _MODES[(found["mode"] or "half up").replace("_", " ")]
