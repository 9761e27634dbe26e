"""The machine-readable zone, with the specimens of ICAO Doc 9303."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registration.rules.mrz import (
    MrzFault,
    NotRead,
    Passport,
    check_digit,
    names_agree,
    normal_line,
    read_passport,
    transliterated,
    write_passport,
)

LINE_1 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"  # Doc 9303-4, appendix A
LINE_2 = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
SPECIMEN = Passport(
    is_emergency=False,
    issuer="UTO",
    surname=("ERIKSSON",),
    given_names=("ANNA", "MARIA"),
    is_name_cut=False,
    number="L898902C3",
    nationality="UTO",
    birth_digits="740812",
    sex="F",
    expires_on=date(2012, 4, 15),
    personal_number="ZE184226B",
)


def test_the_specimen_of_icao_is_read():
    assert read_passport(LINE_1, LINE_2) == SPECIMEN


@pytest.mark.parametrize(
    ("text", "digit"),
    [
        ("520727", "3"),
        ("AB2134<<<", "5"),
        ("L898902C3", "6"),
        ("740812", "2"),
        ("120415", "9"),
        ("ZE184226B<<<<<", "1"),
    ],
)
def test_check_digits_of_icao(text, digit):
    """Doc 9303-3, 4.9 with its examples."""
    assert check_digit(text) == digit


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (0, MrzFault.NUMBER_DIGIT), (9, MrzFault.NUMBER_DIGIT), (13, MrzFault.BIRTH_DATE_DIGIT),
        (19, MrzFault.BIRTH_DATE_DIGIT), (21, MrzFault.EXPIRY_DIGIT), (27, MrzFault.EXPIRY_DIGIT),
        (28, MrzFault.PERSONAL_NUMBER_DIGIT), (42, MrzFault.PERSONAL_NUMBER_DIGIT), (43, MrzFault.COMPOSITE_DIGIT),
    ],
)  # fmt: skip
def test_one_wrong_sign_is_found_where_it_stands(place, fault):
    """REG-4."""
    wrong = "8" if LINE_2[place] == "7" else "7"
    assert read_passport(LINE_1, LINE_2[:place] + wrong + LINE_2[place + 1 :]) == NotRead(2, fault)


@pytest.mark.parametrize(
    ("line_1", "line_2", "refusal"),
    [
        (LINE_1[:-1], LINE_2, NotRead(1, MrzFault.LENGTH)),
        (LINE_1, LINE_2 + "<", NotRead(2, MrzFault.LENGTH)),
        ("", "", NotRead(1, MrzFault.LENGTH)),
        (LINE_1.replace("ANNA", "АNNA"), LINE_2, NotRead(1, MrzFault.CHARACTER)),  # a Cyrillic letter
        (LINE_1.lower(), LINE_2, NotRead(1, MrzFault.CHARACTER)),
        (LINE_1[:-1] + "\u202e", LINE_2, NotRead(1, MrzFault.CHARACTER)),
        (LINE_1, LINE_2[:-1] + "\x00", NotRead(2, MrzFault.CHARACTER)),
        ("I" + LINE_1[1:], LINE_2, NotRead(1, MrzFault.NO_PASSPORT)),
        ("P<UTO" + "<" * 39, LINE_2, NotRead(1, MrzFault.NAME)),
        (LINE_1.replace("ANNA", "4NNA"), LINE_2, NotRead(1, MrzFault.NAME)),
    ],
)
def test_what_is_no_passport_is_not_read(line_1, line_2, refusal):
    assert read_passport(line_1, line_2) == refusal


def test_an_empty_optional_field_may_be_without_check_digit():
    """Doc 9303-4, 4.2.2."""
    line = LINE_2[:28] + "<" * 15
    line += check_digit(line[0:10] + line[13:20] + line[21:43])
    passport = read_passport(LINE_1, line)
    assert isinstance(passport, Passport)
    assert passport.personal_number == ""


def test_a_date_that_does_not_exist_is_not_read():
    line = LINE_2[:21] + "120230" + check_digit("120230") + LINE_2[28:43]
    line += check_digit(line[0:10] + line[13:20] + line[21:43])
    assert read_passport(LINE_1, line) == NotRead(2, MrzFault.DATE)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ærø", ("AEROE",)),
        ("Østergård", ("OESTERGAARD",)),
        ("A\u030agård", ("AAGAARD",)),  # å typed as a + ring
        ("Mølgård-Krog", ("MOELGAARD", "KROG")),
        ("O'Connor", ("OCONNOR",)),
        ("Citroën Müller", ("CITROEN", "MUELLER")),
        ("Jürgen Weiß", ("JUERGEN", "WEISS")),
    ],
)
def test_national_letters_are_written_as_icao_says(name, words):
    """Doc 9303-3, section 6."""
    assert transliterated(name) == words


def test_a_long_name_is_cut_and_still_agrees():
    """REG-3; Doc 9303-4, 4.2.3."""
    given_names, surname = "Nilavadhanananda Chayapa Dejthamrong", "Krasuang Østergård"
    lines = write_passport(
        issuer="DNK", surname=surname, given_names=given_names, number="XX1000003",
        born_on=date(1980, 1, 1), sex="F", expires_on=date(2033, 1, 1), personal_number="0101804000",
    )  # fmt: skip
    passport = read_passport(*lines)
    assert isinstance(passport, Passport)
    assert passport.is_name_cut
    assert names_agree(passport, given_names=given_names, surname=surname)
    assert not names_agree(passport, given_names="Anna " + given_names, surname=surname)
    assert not names_agree(passport, given_names=given_names, surname="Krasuang")


@pytest.mark.parametrize(
    ("given_names", "surname", "agrees"),
    [
        ("Anna Maria", "Eriksson", True),
        ("Anna-Maria", "Eriksson", True),
        ("Anna", "Eriksson", False),
        ("Anna Maria Bo", "Eriksson", False),
        ("Anna Maria", "Eriksen", False),
        ("", "Eriksson", False),
    ],
)
def test_names_are_held_word_by_word(given_names, surname, agrees):
    """REG-3."""
    assert names_agree(SPECIMEN, given_names=given_names, surname=surname) is agrees


def test_gaps_that_people_type_do_not_count():
    assert normal_line(" p<utoEriksson<<anna<maria <<<<<<<<<<<<<<<<<<< ") == LINE_1
    assert normal_line("ﬀ") == "ﬀ"  # upper() would turn one foreign sign into two that pass


_NAMES = st.text(alphabet="abcæøåäöüß -'é", min_size=1, max_size=45)


@given(
    given_names=_NAMES, surname=_NAMES, born_on=st.dates(date(1920, 1, 1), date(2020, 12, 31)),
    expires_on=st.dates(date(2000, 1, 1), date(2099, 12, 31)), number=st.from_regex(r"[A-Z0-9]{6,9}", fullmatch=True),
    personal_number=st.from_regex(r"([0-9]{10})?", fullmatch=True),
)  # fmt: skip
def test_what_is_written_is_read_again(given_names, surname, born_on, expires_on, number, personal_number):
    assume(transliterated(given_names) and transliterated(surname))
    lines = write_passport(
        issuer="DNK", surname=surname, given_names=given_names, number=number, born_on=born_on, sex="F",
        expires_on=expires_on, personal_number=personal_number,
    )  # fmt: skip
    passport = read_passport(*lines)
    assert isinstance(passport, Passport), passport
    assert names_agree(passport, given_names=given_names, surname=surname)
    assert (passport.number, passport.expires_on, passport.personal_number) == (number, expires_on, personal_number)
    assert passport.birth_digits == born_on.strftime("%y%m%d")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_read_or_refused_without_a_fault(line_1, line_2):
    assert isinstance(read_passport(line_1, line_2), Passport | NotRead)
