"""One-time codes: the RFCs' own vectors, through the HSM; and where two codes in a row are found."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.api import seed_hmac_sha1, wrap_seed
from identities.rules.totp import is_code, step_of_two_codes, truncated

RFC_SEED = b"12345678901234567890"
RFC_4226 = [755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489]  # appendix D
RFC_6238 = {  # appendix B, SHA-1; there with eight digits, of which a code has the last six
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.django_db
def test_sec_3_the_hsm_makes_the_codes_of_rfc_4226():
    """SEC-3, RFC 4226 appendix D."""
    macs = seed_hmac_sha1(wrap_seed(RFC_SEED), [pack(">Q", counter) for counter in range(10)])
    assert macs[0].hex() == "cc93cf18508d94934c64b65d8ba7667fb7cde4b0"
    assert [truncated(mac) for mac in macs] == RFC_4226


@pytest.mark.django_db
def test_sec_3_the_hsm_makes_the_codes_of_rfc_6238():
    """SEC-3, RFC 6238 appendix B."""
    macs = seed_hmac_sha1(wrap_seed(RFC_SEED), [pack(">Q", second // 30) for second in RFC_6238])
    assert [f"{truncated(mac):06}" for mac in macs] == [code[2:] for code in RFC_6238.values()]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", "-12345", "+12345", "12 456", "²23456"])
def test_sec_3_what_is_not_six_digits_is_no_code(typed):
    """SEC-3."""
    assert not is_code(typed)
    assert is_code("012345")


CODES = st.lists(st.integers(0, 3), min_size=2, max_size=12)


@given(CODES, st.integers(0, 3), st.integers(0, 3), st.integers(-1, 12))
def test_sec_3_two_codes_are_found_where_they_stand_in_a_row_and_never_at_a_step_that_is_over(codes, one, two, after):
    """SEC-3."""
    found = step_of_two_codes(dict(enumerate(codes)), first=one, second=two, after=after)
    places = [n for n in range(len(codes) - 1) if n > after and (codes[n], codes[n + 1]) == (one, two)]
    assert found == (places[0] + 1 if places else None)
