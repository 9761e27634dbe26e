"""The pure rules: alphabet, answers, addresses, waits."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.rules.addresses import normal_email, normal_phone
from notifications.rules.gsm7 import fits_one_part, septets_of
from notifications.rules.replies import BlockReply, StopReply, carrier_word, is_attempt, parse_reply
from notifications.rules.retry import LONGEST_WAIT, is_spent, wait_after

CODES = st.text("0123456789", min_size=4, max_size=4)
GAPS = st.text(" \t.,:;-!'\"\u00a0\u200b\n", max_size=3)


def cased(word: str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from([letter.lower(), letter.upper()]) for letter in word)).map("".join)


@pytest.mark.parametrize("character", "^{}\\[~]|€\f")
def test_a_character_of_the_extension_table_takes_two_septets(character):
    assert septets_of(character) == 2


def test_danish_letters_take_one_septet_each():
    assert septets_of("æøåÆØÅ") == 6


@pytest.mark.parametrize("character", ["’", "–", "ç", "ã", "😀", "\x00", "\u200f", "`", "А"])
def test_what_the_alphabet_lacks_cannot_be_counted(character):
    assert septets_of("a" + character) is None
    assert not fits_one_part(character)


def test_the_default_alphabet_has_its_127_characters_and_the_escape():
    """3GPP TS 23.038 section 6.2.1: 128 places, one of which is the escape to the extension table."""
    single = [chr(number) for number in range(0x10000) if septets_of(chr(number)) == 1]
    assert len(single) == 127


def test_one_part_ends_at_160_septets():
    assert fits_one_part("a" * 160)
    assert not fits_one_part("a" * 161)
    assert not fits_one_part("a" * 159 + "€")


@given(cased("NO") | cased("NEJ") | cased("N0"), CODES, GAPS, GAPS, GAPS)
def test_a_no_with_its_code_stops_however_it_is_typed(word, code, before, between, after):
    assert parse_reply(f"{before}{word}{between}{code}{after}") == StopReply(code)


@given(cased("BLOCK") | cased("SPÆR") | cased("SPAER") | cased("BLOK"), CODES, GAPS, GAPS, GAPS)
def test_a_block_with_its_code_blocks_however_it_is_typed(word, code, before, between, after):
    assert parse_reply(f"{before}{word}{between}{code}{after}") == BlockReply(code)


@pytest.mark.parametrize(
    "text",
    ["N0 1234", "no1234", "nej 1234", "NO. 1234", "NO 1 2 3 4", "noo 1234", "Mo 1234", "NEJ,1234!",
     "nje 1234", "nrj 1234", "NO 12 34", "1234 NO", "1234nej", "NEJ NEJ 1234", "No no 1234!!", "nej tak 1234",
     "Svar NO 1234", "svar: nej. kode: 1234", "NO code 1234", "NO 1234 please", "NO l234", "no I234",
     "\u201cNO 1234\u201d", "nej en to tre fire", "NEJ et to 3 4", "no one two three four",
     "\uff2e\uff2f \uff11\uff12\uff13\uff14", "Nei 1234"],
)  # fmt: skip
def test_typical_slips_and_danish_words_still_stop(text):
    """CHG-6."""
    assert parse_reply(text) == StopReply("1234")


@pytest.mark.parametrize(
    "text",
    ["block 1234", "BL0CK 1234", "blok1234", "blokk 1234", "blcok 1234", "SPÆR 1234", "spær! 1234", "sper 12 34",
     "spærre 1234", "bloker kode 1234", "1234 blok", "Svar BLOCK 1234"],
)  # fmt: skip
def test_typical_slips_and_danish_words_still_block(text):
    """CHG-6."""
    assert parse_reply(text) == BlockReply("1234")


@pytest.mark.parametrize("text", ["NO 1234", "1234 NEJ", "BLOCK 1234", "1234 BLOK"])
def test_the_letters_of_a_word_never_become_digits_of_a_code(text):
    word = text.replace("1234", "").strip()
    for digits in ("1", "12", "123", "12345"):
        assert parse_reply(text.replace("1234", digits)) is None, (word, digits)


@given(st.text("NOEJBLCKSPÆR0129 IL", max_size=16))
def test_a_text_is_read_in_one_way_or_not_at_all(text):
    reply = parse_reply(text)
    assert reply is None or parse_reply(text.lower()) == reply


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("NO", True), ("nej!", True), ("1234", True), ("12 34", True), ("ja", True), ("STOP 1234", True),
     ("NO 12345", True), ("hvad?", False), ("", False), ("kl 12", False),
     ("Hvem er I? Jeg har ikke bedt om noget", False), ("\u0661\u0662\u0663", False), ("tak for beskeden", False)],
)  # fmt: skip
def test_who_tries_to_answer_us_is_told_from_who_only_writes(text, is_one):
    """CHG-6."""
    assert is_attempt(text) is is_one


@pytest.mark.parametrize(
    ("text", "word"),
    [("STOP", "STOP"), (" stop\n", "STOP"), ("Stop", "STOP"), ("stopall", "STOP"), ("Unsubscribe", "STOP"),
     ("end", "STOP"), ("START", "START"), ("unstop", "START"), ("yes", "START"), ("HELP", "HELP"), ("info", "HELP"),
     ("STOP 1234", None), ("STOP.", None), ("NO 1234", None), ("stop please", None), ("", None), ("NEJ", None),
     ("hjælp", None)],
)  # fmt: skip
def test_the_carriers_words_are_whole_texts_and_none_of_ours(text, word):
    assert carrier_word(text) == word
    assert word is None or parse_reply(text) is None


@given(st.sampled_from(["NO", "BLOCK"]), CODES.filter(lambda code: "0" in code))
def test_the_letter_o_is_read_as_a_zero_in_a_code(word, code):
    assert parse_reply(f"{word} {code.replace('0', 'O')}") == parse_reply(f"{word} {code}")


@given(CODES, CODES)
def test_two_answers_in_one_are_no_answer(one, other):
    assert parse_reply(f"NO {one} BLOCK {other}") is None
    assert parse_reply(f"NO {one} {other}") is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault_and_a_code_has_four_ascii_digits(text):
    reply = parse_reply(text)
    assert reply is None or (len(reply.code) == 4 and reply.code.isascii() and reply.code.isdigit())


@pytest.mark.parametrize(
    "text",
    ["", "NO", "1234", "NO 123", "NO 12345", "YES 1234", "NOT 1234", "BLOCK", "no way 1234", "STOP", "STOP 1234",
     "NO 1234 please call me", "KNOW 1234", "NO 12٣4", "NO 1234" + " " * 300, "START", "JA 1234"],
)  # fmt: skip
def test_what_is_not_clearly_an_answer_is_none(text):
    assert parse_reply(text) is None


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("20 12 34 56", "+4520123456"),
        (" +45 20-12-34-56 ", "+4520123456"),
        ("0045 20123456", "+4520123456"),
        ("(20) 12.34/56", "+4520123456"),
        ("+46 70 123 45 67", "+46701234567"),
    ],
)
def test_a_number_is_stored_in_one_form(typed, stored):
    assert normal_phone(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", " ", "+", "12345", "2012345", "201234567", "+45 2012345", "abc", "20 12 34 56 ext. 7", "2012345\x006",
     "20123456\x00", "\u202e20123456", "20123456\u200f", "２０１２３４５６", "٢٠١٢٣٤٥٦", "20l23456", "2O123456",
     "+4520123456;phone-context=dk", "tel:+4520123456", "+46 8 123 456 00", "+999 20123456", "2" * 10_000_000,
     "20123456\n", "112", "+1 900 555 0123"],
)  # fmt: skip
def test_what_cannot_receive_a_text_message_is_no_number(typed):
    assert normal_phone(typed) is None


@given(st.text(max_size=40))
def test_a_stored_number_is_its_own_normal_form(text):
    number = normal_phone(text)
    assert number is None or (normal_phone(number) == number and number.startswith("+"))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Anna.Berg@Example.DK", "Anna.Berg@example.dk"),
        ("  a+b@x.dk ", "a+b@x.dk"),
        ("a@blåbærgrød.dk", "a@xn--blbrgrd-fxak7p.dk"),
        ("a@BLÅBÆRGRØD.dk", "a@xn--blbrgrd-fxak7p.dk"),
    ],
)
def test_an_address_is_stored_with_its_domain_in_lower_case_and_ascii(typed, stored):
    assert normal_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "@", "a", "a@", "@x.dk", "a@x", "a@localhost", "a b@x.dk", "a@x..dk", "a@-x.dk", "a@[127.0.0.1]", "a@x.dk\x00",
     "a\x00@x.dk", "\u202ea@x.dk", "a@x.dk\u200f", "аnna@x.dk", "a@ｘ.dk", "a@x.dk\nBcc: b@x.dk", "a@x.dk,b@x.dk",
     "æ@x.dk", '"a b"@x.dk', "a" * 65 + "@x.dk", "a@" + "x" * 64 + ".dk", "a@" + "x." * 130 + "dk", "a" * 10_000_000,
     ".a@x.dk", "a.@x.dk", "a@x.dk.", "<a@x.dk>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    assert normal_email(typed) is None


@given(st.emails())
def test_a_stored_address_is_its_own_normal_form(address):
    stored = normal_email(address)
    assert stored is None or normal_email(stored) == stored


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_ceiling_nor_shorter_than_half_of_the_first(attempts, spread):
    assert timedelta(seconds=2.5) <= wait_after(attempts=attempts, spread=spread) <= LONGEST_WAIT


def test_the_wait_doubles_until_the_ceiling():
    waits = [wait_after(attempts=attempts, spread=0).total_seconds() for attempts in range(1, 10)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600]


def test_claims_without_an_answer_are_spent_at_the_limit():
    assert [is_spent(unanswered=unanswered, limit=3) for unanswered in (2, 3, 4)] == [False, True, True]
