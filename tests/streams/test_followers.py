"""Sessions that follow, at the bounds of what an account has of them."""

from msgspec.structs import replace

from streams.model.charging_session import AnswerCode, ChargingSession, Reservations
from streams.session.following import FOLLOWERS_MOST
from streams.session.moving import put_sessions
from streams.session.signals import FOLLOWING
from streams.state import Table
from tests.properties.test_following import PLAN, Followed
from tests.properties.test_sessions import KEY


def test_an_account_has_so_many_followers_and_no_more() -> None:
    owner = Followed(PLAN)
    names = [f"f{number}" for number in range(FOLLOWERS_MOST)]
    assert {owner.follow("reserve", name, ()).code for name in names} == {AnswerCode.SUCCESS}
    refused = owner.follow("reserve", "more", ())
    assert refused.code == AnswerCode.SESSION_LIMIT_REACHED
    assert owner.follow("extend", names[0], ("low",)).code == AnswerCode.SUCCESS
    owner.follow("release", names[0], None)
    assert owner.follow("reserve", "other", ()).code == AnswerCode.SUCCESS
    owner.check()


def test_one_that_arrives_by_a_name_that_is_taken_goes_on_under_another() -> None:
    owner = Followed(PLAN)
    owner.follow("reserve", "one", ("low",))
    state = owner.state
    (here,) = state.table(Table.SESSIONS).values()
    came: ChargingSession = replace(here, account="bob")
    other = b"t\0bob"
    state.put(Table.RESERVATIONS, other, Reservations(followers=("one",)))
    put_sessions(other, "move", [came], state)
    held: Reservations = state.get(Table.RESERVATIONS, other)
    assert held.followers == ("one@move",)
    assert state.get(Table.SESSIONS, b"t\0one@move").account == "bob"
    assert state.get(Table.META, FOLLOWING) == 2
    assert state.get(Table.RESERVATIONS, KEY).followers == ("one",)
