"""CPR numbers: form, birth date, age."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registration.rules.calendar import age_on
from registration.rules.cpr import birth_date_of, masked, normal_cpr_number, passes_modulus_11


@pytest.mark.parametrize(
    ("digits", "born_on"),
    [
        ("0101580010", date(1958, 1, 1)),
        ("0101363999", date(1936, 1, 1)),
        ("0101364000", date(2036, 1, 1)),
        ("0101374000", date(1937, 1, 1)),
        ("0101575000", date(2057, 1, 1)),
        ("0101585000", date(1858, 1, 1)),
        ("0101998000", date(1899, 1, 1)),
        ("0101369000", date(2036, 1, 1)),
        ("0101379000", date(1937, 1, 1)),
        ("2902000000", None),  # 1900 was no leap year
        ("2902004000", date(2000, 2, 29)),
        ("3113800000", None),
        ("0000000000", None),
    ],
)
def test_the_seventh_digit_tells_the_century(digits, born_on):
    """REG-2."""
    assert birth_date_of(digits) == born_on


@pytest.mark.parametrize("typed", ["010180-1234", "010180 1234", "0101801234", "  010180-1234 "])
def test_people_write_it_in_several_ways(typed):
    assert normal_cpr_number(typed) == "0101801234"


@pytest.mark.parametrize(
    "typed",
    [
        "", "010180-123", "010180-12345", "010180--1234", "0101801234a", "٠١٠١٨٠١٢٣٤", "０１０１８０１２３４",
        "010180\u200e1234", "0101\x0080123", "3202801234", "O10180-1234", "010180–1234",
    ],
)  # fmt: skip
def test_what_has_not_the_form_is_none(typed):
    assert normal_cpr_number(typed) is None


def test_modulus_11_is_known_and_not_demanded():
    """Numbers without it have been given out since 2007."""
    assert passes_modulus_11("0707614285")
    assert not passes_modulus_11("0707614286")
    assert normal_cpr_number("0707614286") == "0707614286"


@given(st.dates(min_value=date(1858, 1, 1), max_value=date(2057, 12, 31)), st.integers(0, 999))
def test_every_day_of_two_centuries_has_a_number(day, tail):
    sevenths = [seventh for seventh in "0123456789" if birth_date_of(f"{day:%d%m%y}{seventh}{tail:03}") == day]
    assert sevenths


@given(st.text(max_size=30))
def test_any_text_is_ten_digits_or_none(typed):
    digits = normal_cpr_number(typed)
    assert digits is None or (len(digits) == 10 and digits.isascii() and digits.isdigit())


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2020, 12, 31)), st.integers(0, 40_000))
def test_age_grows_by_one_on_the_birthday(born_on, days):
    today = born_on + timedelta(days=days)
    age, yesterday = age_on(born_on=born_on, today=today), age_on(born_on=born_on, today=today - timedelta(days=1))
    is_birthday = (today.month, today.day) == (born_on.month, born_on.day)
    is_first_of_march = (born_on.month, born_on.day) == (2, 29) and (today.month, today.day) == (3, 1)
    assert age - yesterday == (1 if is_birthday or (is_first_of_march and not _is_leap(today.year)) else 0)


def _is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def test_support_sees_no_whole_number():
    """SUP-2."""
    assert masked("0101801234") == "010180-••••"
