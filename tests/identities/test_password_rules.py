"""What a password may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.rules.guessing import guessability_of
from identities.rules.password import PasswordRefusal, normal_password, refusal_of_password
from identities.states import Guessability


@pytest.mark.parametrize("password", ["kaffe-og-kage", "8 tegn!?", "x" * 8 + "y", "æøåÆØÅ€12", "z" * 64])
def test_sec_2_other_passwords_are_accepted(password):
    """SEC-2."""
    assert refusal_of_password(password, user_id="skovtrold") is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", PasswordRefusal.TOO_SHORT),
        ("1234567", PasswordRefusal.TOO_SHORT),
        ("x" * 65, PasswordRefusal.TOO_LONG),
        ("abc\u0000defgh", PasswordRefusal.CONTROL_CHARACTER),
        ("abc\u202edefgh", PasswordRefusal.CONTROL_CHARACTER),
        ("minSKOVTROLDer", PasswordRefusal.CONTAINS_USER_ID),
        ("nr 2912345678", PasswordRefusal.TEN_DIGITS),
        ("MyPassWord7", PasswordRefusal.CONTAINS_THE_WORD),
        ("enAdgangskode!", PasswordRefusal.CONTAINS_THE_WORD),
        ("xQwertyUIx", PasswordRefusal.KEYBOARD_ROW),
        ("asdfghjk1", PasswordRefusal.KEYBOARD_ROW),
        ("abc12345", PasswordRefusal.KEYBOARD_ROW),
        ("iuytrewq!", PasswordRefusal.KEYBOARD_ROW),
    ],
)
def test_sec_2_what_is_published_as_forbidden_is_refused(password, reason):
    """SEC-2."""
    assert refusal_of_password(password, user_id="skovtrold") is reason


@given(st.text(min_size=0, max_size=80))
def test_sec_2_what_is_accepted_has_8_to_64_characters(password):
    """SEC-2."""
    if refusal_of_password(password, user_id="skovtrold") is None:
        assert 8 <= len(normal_password(password)) <= 64


def test_two_ways_to_type_a_ring_open_the_same_lock():
    """RFC 8265 section 4.2."""
    assert normal_password("bla\u030a\u00a0hest") == "blå hest"


def test_sec_2_uid_5_strength_knows_what_the_guesser_knows():
    """SEC-2, UID-5."""
    assert guessability_of("") is Guessability.AT_ONCE
    assert guessability_of("skovtrold17", known=("skovtrold17",)) <= Guessability.VERY_EASY
    assert guessability_of("Blå-Hest-Galoperer-7") is Guessability.VERY_HARD
    assert guessability_of("x" * 10_000) in Guessability
