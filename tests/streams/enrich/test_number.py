"""Number normalisation agrees with the library that its tables come from."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Form

from connectors.catalog.number_plans import number_plan
from streams.enrich.number import compile_number, compile_number_plan
from streams.model.event import UsageEvent
from streams.model.mediation import NumberRule
from streams.outcome import Reject, RejectReason

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
PLANS = {region: number_plan(region) for region in REGIONS}
NORMALISE = {region: compile_number_plan(plan) for region, plan in PLANS.items() if plan}


@pytest.mark.parametrize(
    ("dialled", "region", "expected"),
    [
        ("+41791234567", "CH", "41791234567"),
        ("079 123 45 67", "CH", "41791234567"),
        ("0041 79 123 45 67", "CH", "41791234567"),
        ("+41 (0)79 123-45-67", "CH", "41791234567"),
        ("41791234567", "CH", "41791234567"),
        ("0049 30 1234567", "CH", "49301234567"),
        ("011 41 79 123 45 67", "US", "41791234567"),
        ("(212) 555-0100", "US", "12125550100"),
        ("1 212 555 0100", "US", "12125550100"),
        ("06 1234 5678", "IT", "390612345678"),
        ("8 (495) 123-45-67", "RU", "74951234567"),
        ("143", "CH", "41143"),
    ],
)
def test_as_dialled_becomes_e164_digits(dialled: str, region: str, expected: str) -> None:
    assert NORMALISE[region](dialled) == expected


@pytest.mark.parametrize("text", ["", "somebody", "+", "++41", "41+79", "1" * 16, "٠٧٩", "+1"])
def test_what_is_no_number_is_told(text: str) -> None:
    assert NORMALISE["CH"](text) is None


def _examples() -> list[tuple[phonenumbers.PhoneNumber, str]]:
    kinds = range(13)
    found = [(phonenumbers.example_number_for_type(region, kind), region) for region in REGIONS
             for kind in kinds]  # fmt: skip
    return [(number, region) for number, region in found if number is not None]


EXAMPLES = _examples()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(EXAMPLES), st.sampled_from(REGIONS), st.integers(0, 9999), st.booleans())
def test_agrees_with_the_library_at_home_and_abroad(
    example: tuple[phonenumbers.PhoneNumber, str], elsewhere: str, ending: int, at_home: bool
) -> None:
    number, region = example
    varied = phonenumbers.PhoneNumber()
    varied.merge_from(number)
    varied.national_number = number.national_number // 10_000 * 10_000 + ending
    if not phonenumbers.is_valid_number_for_region(varied, region):
        varied = number
    home = region if at_home else elsewhere
    written = [phonenumbers.format_number(varied, Form.E164)]
    if at_home:
        written.append(phonenumbers.format_number(varied, Form.NATIONAL))
    else:
        written.append(phonenumbers.format_out_of_country_calling_number(varied, home))
    for text in written:
        try:
            parsed = phonenumbers.parse(text, home)
        except phonenumbers.NumberParseException:
            continue
        if not phonenumbers.is_valid_number(parsed):
            continue  # 310-0000 of Canada, dialled from elsewhere: the library only guesses
        expected = phonenumbers.format_number(parsed, Form.E164).removeprefix("+")
        assert NORMALISE[home](text) == expected, (text, home)


@given(st.text("+0123456789 ()-x", max_size=24), st.sampled_from(REGIONS))
def test_any_text_is_digits_or_nothing(text: str, region: str) -> None:
    digits = NORMALISE[region](text)
    assert digits is None or (digits.isdigit() and 4 <= len(digits) <= 15)


def test_rule_rewrites_its_field_and_refuses_what_is_no_number() -> None:
    rewrite = compile_number(NumberRule(field="called", region="CH", plan=number_plan("CH")))
    event = UsageEvent({}, "s", "e", "k", 0, 0, (), {"called": "044 123 45 67"})
    assert rewrite(event) is None
    assert event.attributes == {"called": "41441234567"}
    assert rewrite(UsageEvent({}, "s", "e", "k", 0, 0, (), {})) is None
    event.attributes["called"] = "nobody"
    assert rewrite(event) == Reject(
        RejectReason.WRONG_TYPE, "called is 'nobody', not a telephone number", "called"
    )


def test_region_that_does_not_exist_has_no_plan() -> None:
    assert number_plan("XX") is None
