"""What a user ID may be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.rules.user_id import ALPHABET, Owner, UserIdRefusal, folded, refusal_of_user_id

NOBODY = Owner()
AASE = Owner(
    name="Åse Kjærgaard-Østergård",
    cpr_number="0101801234",
    born_on=date(1980, 1, 1),
    phones=("+4520304050",),
    emails=("aase.ost@example.dk",),
)


@pytest.mark.parametrize("user_id", ["abcde", "x" * 48, "skov trold", "Blåbær#7", "{}!#$^,*()_+-=:;?.@", "ÆØÅæøå"])
def test_uid_1_every_published_character_and_both_ends_of_the_length_are_accepted(user_id):
    """UID-1."""
    assert refusal_of_user_id(user_id, owner=NOBODY) is None


@pytest.mark.parametrize(
    ("user_id", "reason"),
    [
        ("", UserIdRefusal.TOO_SHORT),
        ("abcd", UserIdRefusal.TOO_SHORT),
        ("x" * 49, UserIdRefusal.TOO_LONG),
        (" abcde", UserIdRefusal.OUTER_SPACE),
        ("abcde ", UserIdRefusal.OUTER_SPACE),
        ("abcde\u00a0", UserIdRefusal.OUTER_SPACE),
        ("abc\u0000de", UserIdRefusal.WRONG_CHARACTER),
        ("abc\u202ede", UserIdRefusal.WRONG_CHARACTER),
        ("abc\u200bde", UserIdRefusal.WRONG_CHARACTER),
        ("\u0430bcdef", UserIdRefusal.WRONG_CHARACTER),  # Cyrillic a
        ("stra\u00dfe", UserIdRefusal.WRONG_CHARACTER),  # folds to ss
        ("\u017fkovtrold", UserIdRefusal.WRONG_CHARACTER),  # the long s folds to s
        ("caf\u00e9 bar", UserIdRefusal.WRONG_CHARACTER),
        ('abc"de', UserIdRefusal.WRONG_CHARACTER),
        ("0123456789", UserIdRefusal.TEN_DIGITS),
    ],
)
def test_uid_1_2_3_what_is_not_published_is_refused(user_id, reason):
    """UID-1, UID-2, UID-3."""
    assert refusal_of_user_id(user_id, owner=NOBODY) is reason


@pytest.mark.parametrize("user_id", ["010180-1234 x", "x0101801234", "01.01.80.12.34", "a010180 1234"])
def test_uid_3_the_owners_cpr_number_is_refused_however_it_is_written(user_id):
    """UID-3."""
    assert refusal_of_user_id(user_id, owner=AASE) is UserIdRefusal.CPR_NUMBER


@pytest.mark.parametrize(
    "user_id",
    [
        "kjærgaard5",
        "Østergård",
        "ØSTERGÅRD",
        "k j æ r g a a r d",
        "x01011980",
        "anna 010180",
        "+45 20 30 40 50",
        "aase.ost#1",
    ],
)
def test_uid_5_what_is_built_from_the_owner_is_refused(user_id):
    """UID-5."""
    assert refusal_of_user_id(user_id, owner=AASE) is UserIdRefusal.PERSONAL


def test_uid_5_short_names_may_stand_in_other_words():
    """UID-5: "Åse" is in too many words."""
    assert refusal_of_user_id("blåser 99", owner=AASE) is None


def test_uid_2_composed_and_decomposed_letters_are_the_same_user_id():
    """UID-2."""
    assert folded("Bla\u030abær") == folded("blåbær") == folded("BLÅBÆR")


@given(st.text(alphabet=sorted(ALPHABET), min_size=5, max_size=48))
def test_uid_2_case_never_makes_a_difference(user_id):
    """UID-2."""
    assert folded(user_id.upper()) == folded(user_id.lower())
    assert refusal_of_user_id(user_id.upper(), owner=NOBODY) is refusal_of_user_id(user_id.lower(), owner=NOBODY)


@given(st.text(max_size=60))
def test_uid_1_nothing_outside_the_alphabet_is_ever_accepted(user_id):
    """UID-1."""
    if refusal_of_user_id(user_id, owner=NOBODY) is None:
        assert set(folded(user_id)) <= set("abcdefghijklmnopqrstuvwxyzæøå0123456789 {}!#$^,*()_+-=:;?.@")
        assert 5 <= len(folded(user_id)) <= 48
