"""Tiers of partners are the same in whatever order they come."""

from itertools import permutations

from streams.model.commission import PartnerTotal, partner_total
from streams.model.partner import PartnerTiers


def test_the_tier_in_force_is_the_last_that_has_begun() -> None:
    tiers = PartnerTiers().given(10, "rank", "silver").given(20, "rank", "gold")
    assert [tiers.at(at) for at in (9, 10, 19, 20)] == [None, "silver", "silver", "gold"]


def test_the_order_of_facts_changes_nothing_and_a_repeat_neither() -> None:
    facts = [(20, "b", "gold"), (10, "a", "silver"), (20, "a", "base")]
    found = set()
    for order in permutations(facts):
        tiers = PartnerTiers()
        for fact in (*order, order[0]):
            tiers = tiers.given(*fact)
        found.add(tiers)
    assert found == {PartnerTiers(((10, "a", "silver"), (20, "a", "base"), (20, "b", "gold")))}


def test_of_the_same_start_the_last_plan_by_name_counts() -> None:
    tiers = PartnerTiers().given(20, "b", "gold").given(20, "a", "base")
    assert tiers.at(20) == "gold"


def test_the_name_of_a_total_says_what_it_is_of() -> None:
    for total in (PartnerTotal("p", "north"), PartnerTotal("p", "north", is_brought=True)):
        assert partner_total(total.name) == total
    assert partner_total("monthly") is None
    assert partner_total("discount:summer") is None
