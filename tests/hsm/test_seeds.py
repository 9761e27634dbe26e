"""One-time-code seeds inside the module."""

import pytest

from hsm import api as hsm
from hsm.token.connection import connection

pytestmark = pytest.mark.django_db
RFC_4226_SEED = b"12345678901234567890"
RFC_4226_INTERMEDIATE = (  # appendix D, first table
    "cc93cf18508d94934c64b65d8ba7667fb7cde4b0",
    "75a48a19d4cbe100644e8ac1397eea747a2d33ab",
    "0bacb7fa082fef30782211938bc1c5e70416ff44",
    "66c28227d03a2d5529262ff016a1e6ef76557ece",
    "a904c900a64b35909874b33e61c5938a8e15ed1c",
    "a37e783d7b7233c083d4f62926c7a25f238d0316",
    "bc9cd28561042c83f219324d3c607256c03272ae",
    "a4fb960c0bc06e1eabb804e5b397cdc4b45596fa",
    "1b3c89f65e6c9e883012052823443f048b4332db",
    "1637409809a679dc698207310c8c7fc07290d9e5",
)
RFC_4226_CODES = (  # appendix D, second table
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
)


def truncated(mac: bytes) -> str:
    """RFC 4226 §5.3 and §5.4, six digits."""
    offset = mac[19] & 0xF
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFF_FFFF) % 1_000_000:06}"


def test_codes_are_those_of_rfc_4226():
    wrapped = hsm.wrap_seed(RFC_4226_SEED)
    macs = hsm.seed_hmac_sha1(wrapped, [counter.to_bytes(8, "big") for counter in range(10)])
    assert tuple(mac.hex() for mac in macs) == RFC_4226_INTERMEDIATE
    assert tuple(map(truncated, macs)) == RFC_4226_CODES


def test_codes_are_those_of_rfc_6238():
    wrapped = hsm.wrap_seed(RFC_4226_SEED)  # the SHA-1 seed of its appendix B
    steps = [0x1, 0x23523EC, 0x23523ED, 0x273EF07, 0x3F940AA, 0x27BC86AA]
    macs = hsm.seed_hmac_sha1(memoryview(wrapped), [step.to_bytes(8, "big") for step in steps])
    assert [truncated(mac) for mac in macs] == ["287082", "081804", "050471", "005924", "279037", "353130"]


def test_a_wrapped_seed_does_not_show_the_seed():
    assert RFC_4226_SEED not in hsm.wrap_seed(RFC_4226_SEED)


def test_seeds_made_in_the_module_differ_and_work():
    first, second = hsm.new_seed(), hsm.new_seed()
    assert first != second
    assert len(first) == 34  # version, then RFC 5649: 20 bytes padded to 24, and 8
    assert hsm.seed_hmac_sha1(first, [b"\x00" * 8]) != hsm.seed_hmac_sha1(second, [b"\x00" * 8])


@pytest.mark.parametrize("length", [0, 19, 65])
def test_a_seed_of_a_wrong_length_is_a_fault(length):
    with pytest.raises(ValueError, match="20 to 64"):
        hsm.wrap_seed(bytes(length))


@pytest.mark.parametrize("length", [20, 21, 32, 64])
def test_seeds_of_every_usual_length_are_wrapped(length):
    assert len(hsm.seed_hmac_sha1(hsm.wrap_seed(bytes(range(length))), [b"1", b"2"])) == 2


def test_a_changed_wrapped_seed_does_not_unwrap():
    wrapped = bytearray(hsm.new_seed())
    wrapped[-1] ^= 1
    with pytest.raises(hsm.SealBroken):
        hsm.seed_hmac_sha1(bytes(wrapped), [b"1"])


def test_no_seed_stays_in_the_token():
    def session_objects() -> int:
        return connection.call(lambda held: sum(1 for _ in held.session.get_objects()))

    wrapped = hsm.new_seed()
    before = session_objects()
    for _ in range(20):
        hsm.seed_hmac_sha1(wrapped, [b"1"])
        hsm.new_seed()
        hsm.wrap_seed(RFC_4226_SEED)
    assert session_objects() == before
