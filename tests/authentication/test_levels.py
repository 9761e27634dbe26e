"""Which level a log-in reaches, and what that opens."""

from collections import Counter
from math import sqrt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authentication.binding import stable_choice
from authentication.checks import check_ways_in_use
from authentication.rules import STRENGTH, WAYS, level_of_login, refusal_of_level, ways_to_reach
from authentication.states import LoginRefusal
from identities.api import AssuranceLevel, AuthenticatorKind
from tests.authentication.acts import weighed

LOW, SUBSTANTIAL, HIGH = AssuranceLevel.LOW, AssuranceLevel.SUBSTANTIAL, AssuranceLevel.HIGH
TABLE = {  # domain table 4, as it is published: the strength of each, enrolled as surely as can be
    AuthenticatorKind.APP: HIGH,
    AuthenticatorKind.CODE_DISPLAY: SUBSTANTIAL,
    AuthenticatorKind.AUDIO_READER: SUBSTANTIAL,
    AuthenticatorKind.CHIP: HIGH,
    AuthenticatorKind.PASSWORD: LOW,
}
levels = st.sampled_from(AssuranceLevel)
kinds = st.sampled_from(AuthenticatorKind)


@given(kind=kinds, identity=levels, enrolled=levels)
def test_lvl_1_2_a_login_is_as_good_as_its_weakest_part(kind, identity, enrolled):
    """LVL-1, LVL-2."""
    level = level_of_login(identity_level=identity, strength=STRENGTH[kind], enrolled_level=enrolled)
    assert level in {identity, TABLE[kind], enrolled}
    assert level <= identity
    assert level <= TABLE[kind]
    assert level <= enrolled


@given(kind=kinds, identity=levels, enrolled=levels, better=levels)
def test_lvl_1_a_better_identity_or_enrolment_never_lowers_a_login(kind, identity, enrolled, better):
    """LVL-1, LVL-2."""

    def reached(identity, enrolled):
        return level_of_login(identity_level=identity, strength=STRENGTH[kind], enrolled_level=enrolled)

    assert reached(max(identity, better), enrolled) >= reached(identity, enrolled)
    assert reached(identity, max(enrolled, better)) >= reached(identity, enrolled)


@given(reached=levels, wanted=levels)
def test_try_3_no_door_opens_below_substantial_nor_below_what_was_asked_for(reached, wanted):
    """TRY-3."""
    refusal = refusal_of_level(reached=reached, wanted=wanted)
    assert (refusal is None) == (reached >= SUBSTANTIAL and reached >= wanted)
    assert (refusal is LoginRefusal.LEVEL_TOO_LOW) == (reached is LOW)


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [(SUBSTANTIAL, set(AuthenticatorKind) - {AuthenticatorKind.PASSWORD}), (HIGH, {"app", "chip"})],
)
def test_the_ways_shown_are_those_that_can_reach_the_level(wanted, kinds):
    """LVL-2, TRY-2: whoever asks."""
    assert set(ways_to_reach(wanted)) == kinds
    assert AuthenticatorKind.PASSWORD not in WAYS


LEVELS = (AssuranceLevel.SUBSTANTIAL, AssuranceLevel.HIGH)


def shown_first(subject):
    return tuple(stable_choice(subject, weighed(ways_to_reach(level))) for level in LEVELS)


def test_try_2_what_nobody_is_shown_at_two_levels_is_what_somebody_might_be():
    """TRY-2: one who used a code display last and has an app is shown these two; so are some that nobody has."""
    shown = {shown_first(UUID(int=number)) for number in range(20_000)}
    reaches_high = set(ways_to_reach(AssuranceLevel.HIGH))
    assert shown == {(way, high) for way in WAYS for high in reaches_high if way == high or way not in reaches_high}
    assert shown_first(UUID(int=7)) == shown_first(UUID(int=7))


def test_try_2_nobody_is_shown_each_way_as_often_as_people_use_it():
    """TRY-2: 2,000 of nobody; five standard deviations of each share."""
    shown = Counter(shown_first(UUID(int=number))[0] for number in range(2000))
    for way, weight in weighed(WAYS).items():
        share = weight / 100
        assert abs(shown[way] - 2000 * share) < 5 * sqrt(2000 * share * (1 - share)), way


def test_the_shares_of_the_ways_are_those_of_a_hundred_people():
    """The settings' default; a check refuses a way without a share."""
    assert weighed(WAYS) == {
        AuthenticatorKind.APP: 80,
        AuthenticatorKind.CODE_DISPLAY: 12,
        AuthenticatorKind.AUDIO_READER: 1,
        AuthenticatorKind.CHIP: 7,
    }


@pytest.mark.parametrize(
    "shares",
    [{}, {"app": 1, "code_display": 1, "audio_code_reader": 0, "chip": 1}, dict.fromkeys([*WAYS, "password"], 1)],
    ids=["none", "one that nobody is shown", "a way that there is not"],
)
def test_try_2_a_way_without_a_share_stops_the_start(settings, shares):
    """TRY-2."""
    assert check_ways_in_use() == []
    settings.WAYS_IN_USE = shares
    assert [error.id for error in check_ways_in_use()] == ["authentication.E001"]
