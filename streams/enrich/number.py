"""Number normalisation: a telephone number as it was dialled → its E.164 digits.

`079 123 45 67`, `0041 79 123 45 67` and `+41 (0)79 1234567`, seen from Switzerland, all become
`41791234567`, so that one subscriber is one service id and zones can go by the longest prefix.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from streams.model.event import UsageEvent
from streams.model.mediation import NumberPlan, NumberRule
from streams.outcome import Reject, RejectReason
from streams.plain.values import shown

E164_LENGTH_MAX: Final = 15
E164_LENGTH_MIN: Final = 4

_PUNCTUATION = str.maketrans("", "", " \u00a0-./()~")
_NEVER = "(?!)"


def compile_number(rule: NumberRule) -> Callable[[UsageEvent], Reject | None]:
    """The enricher of a number rule; an absent attribute stays absent."""
    assert rule.plan is not None, f"number plan of {rule.region} was not filled in"
    field = rule.field
    normalise = compile_number_plan(rule.plan)

    def refuse(given: str) -> Reject:
        detail = f"{field} is {shown(given)}, not a telephone number"
        return Reject(RejectReason.WRONG_TYPE, detail, field)

    def normalise_service(event: UsageEvent) -> Reject | None:
        digits = normalise(event.service_id)
        if digits is None:
            return refuse(event.service_id)
        event.service_id = digits
        return None

    def normalise_attribute(event: UsageEvent) -> Reject | None:
        given = event.attributes.get(field)
        if given is None:
            return None
        digits = normalise(given)
        if digits is None:
            return refuse(given)
        event.attributes[field] = digits
        return None

    return normalise_service if field == "service_id" else normalise_attribute


def compile_number_plan(plan: NumberPlan) -> Callable[[str], str | None]:
    """The function from a dialled number to E.164 digits, None where it is no number.

    It remembers what it saw lately: subscribers call again.
    """
    abroad = re.compile(plan.international_prefix or _NEVER)
    home = re.compile(plan.national_prefix or _NEVER)
    is_national = re.compile(plan.national_number).fullmatch

    def without_prefix(digits: str) -> str:
        found = home.match(digits)
        if found is None:
            return digits
        if plan.transform and found.group(found.re.groups) is not None:
            rest = home.sub(plan.transform, digits, count=1)
        else:
            rest = digits[found.end() :]
        # Some numbers begin like the prefix: they stay whole where only the whole is a number.
        return digits if not rest or (is_national(digits) and not is_national(rest)) else rest

    def with_country(digits: str) -> str:
        if digits.startswith(plan.country_code):
            return plan.country_code + without_prefix(digits[len(plan.country_code) :])
        return digits

    def at_home(digits: str) -> str:
        national = without_prefix(digits)
        if not is_national(national) and digits.startswith(plan.country_code):
            rest = without_prefix(digits[len(plan.country_code) :])
            if is_national(rest):
                return plan.country_code + rest
        return plan.country_code + national

    @lru_cache(maxsize=65_536)
    def normalise(number: str) -> str | None:
        dialled = number
        digits = dialled.removeprefix("+")
        if not digits.isdecimal():
            dialled = number.translate(_PUNCTUATION)
            digits = dialled.removeprefix("+")
        if not (digits.isascii() and digits.isdecimal()):
            return None
        if dialled != digits:
            e164 = with_country(digits)
        else:
            found = abroad.match(digits)
            from_abroad = found is not None and not digits.startswith("0", found.end())
            e164 = with_country(digits[found.end() :]) if found and from_abroad else at_home(digits)
        return e164 if E164_LENGTH_MIN <= len(e164) <= E164_LENGTH_MAX else None

    return normalise
