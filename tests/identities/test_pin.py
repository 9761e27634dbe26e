"""What the PIN of an app may be (SEC-1)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.api import PinRefusal, refusal_of_pin

BORN_ON = date(1987, 4, 23)
CPR_NUMBER = "2304871938"

digits = st.text("0123456789", min_size=6, max_size=6)


def refusal(pin, cpr_number=CPR_NUMBER, born_on=BORN_ON):
    return refusal_of_pin(pin, cpr_number=cpr_number, born_on=born_on)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "٧٣٤٠٩٢", "73409a", " 73409", "734092\n", "-34092", "73 092"])
def test_sec_1_a_pin_is_six_digits(pin):
    """SEC-1."""
    assert refusal(pin) is PinRefusal.NOT_SIX_DIGITS


@pytest.mark.parametrize("digit", "0123456789")
def test_sec_1_six_times_the_same_digit_is_no_pin(digit):
    """SEC-1."""
    assert refusal(digit * 6) is PinRefusal.ALL_EQUAL


@pytest.mark.parametrize("start", range(10))
def test_sec_1_a_run_is_no_pin_up_or_down_or_past_the_zero(start):
    """SEC-1."""
    up = "".join(str((start + step) % 10) for step in range(6))
    assert refusal(up) is PinRefusal.RUN
    assert refusal(up[::-1]) is PinRefusal.RUN


@pytest.mark.parametrize("start", range(5))
def test_sec_1_six_successive_digits_of_the_cpr_number_are_no_pin(start):
    """SEC-1."""
    assert refusal(CPR_NUMBER[start : start + 6], born_on=None) is PinRefusal.PERSONAL
    assert (
        refusal(CPR_NUMBER[start : start + 6], cpr_number=f"{CPR_NUMBER[:6]}-{CPR_NUMBER[6:]}") is PinRefusal.PERSONAL
    )


@pytest.mark.parametrize("pin", ["230419", "304198", "041987", "198704", "987042", "870423", "230487", "042387"])
def test_sec_1_six_successive_digits_of_the_birth_date_are_no_pin(pin):
    """SEC-1: whoever has no CPR number has a birth date."""
    assert refusal(pin, cpr_number=None) is PinRefusal.PERSONAL


@given(digits)
def test_sec_1_without_a_person_the_answer_tells_nothing_of_anybody(pin):
    """SEC-1: and what a person's numbers forbid is what stands in them."""
    general = refusal_of_pin(pin, cpr_number=None, born_on=None)
    assert general is not PinRefusal.PERSONAL
    if general is None:
        assert (refusal(pin, born_on=None) is PinRefusal.PERSONAL) == (pin in CPR_NUMBER)


def test_sec_1_any_other_six_digits_are_a_pin():
    """SEC-1."""
    assert refusal("734092") is None
    assert refusal("112233") is None
    assert refusal("734092", cpr_number=None, born_on=None) is None
