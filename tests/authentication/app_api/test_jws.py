"""Signed requests: what is one, and what is not. No database."""

import json
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, derive_private_key, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from authentication.app_api.jws import (
    MOST_PAYLOAD_BYTES,
    device_key_of,
    payload_under,
    read_approval,
    read_request,
)
from authentication.app_api.strict_json import read_object
from tests.factories.app_client import PhoneApp, compact, encoded

HEADER = {"alg": "ES256", "kid": str(uuid4()), "nonce": "n", "url": "https://portal.example/api/app/v1/me"}


@pytest.fixture
def phone():
    return PhoneApp(None, address="https://portal.example")


def opens(text, phone):
    return read_request(text) is not None and payload_under(text, phone.device_key) is not None


def raw(header: bytes, payload: bytes, signature: bytes) -> bytes:
    return f"{encoded(header)}.{encoded(payload)}.{encoded(signature)}".encode()


def signed(phone, header: bytes, payload: bytes = b"{}") -> bytes:
    text = f"{encoded(header)}.{encoded(payload)}".encode()
    return text + b"." + encoded(phone.signature(text)).encode()


def test_what_an_app_signs_is_read_back(phone):
    text = phone.jws(HEADER, b'{"pin":"1"}')
    found = read_request(text)
    assert (str(found.app_id), found.nonce, found.url) == (HEADER["kid"], "n", HEADER["url"])
    assert payload_under(text, phone.device_key) == b'{"pin":"1"}'


def test_rfc_7515_appendix_a_3_holds_under_its_key():
    """The RFC's own example of ES256."""
    key = device_key_of(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    )
    text = (
        b"eyJhbGciOiJFUzI1NiJ9"
        b".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        b".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    assert json.loads(payload_under(text, key))["iss"] == "joe"
    assert payload_under(text.replace(b".Dt", b".Du"), key) is None
    assert read_request(text) is None  # an app says more in its header


def test_another_key_does_not_open_it(phone):
    text = phone.jws(HEADER, b"{}")
    assert payload_under(text, PhoneApp(None, address="").device_key) is None
    assert payload_under(text, None) is None


@pytest.mark.parametrize("part", [0, 1, 2])
def test_an_altered_part_does_not_open(phone, part):
    parts = phone.jws(HEADER, b'{"is_approved":false}').split(b".")
    at = len(parts[part]) // 2
    other = b"A" if parts[part][at : at + 1] != b"A" else b"B"
    parts[part] = parts[part][:at] + other + parts[part][at + 1 :]
    assert not opens(b".".join(parts), phone)


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "ES384", "ES256K", "EdDSA", "", None, ["ES256"]])
def test_only_es256_is_an_algorithm(phone, alg):
    assert not opens(phone.jws(HEADER | {"alg": alg}, b"{}"), phone)


def test_no_signature_is_no_signature(phone):
    header, payload, _ = phone.jws(HEADER | {"alg": "none"}, b"{}").split(b".")
    assert read_request(header + b"." + payload + b".") is None
    header, payload, _ = phone.jws(HEADER, b"{}").split(b".")
    assert read_request(header + b"." + payload + b".") is None


@pytest.mark.parametrize("alg", ["HS256", "ES256"])
@pytest.mark.parametrize("form", [Encoding.DER, Encoding.PEM])
def test_a_mac_keyed_with_the_public_key_is_no_signature(phone, alg, form):
    text = f"{encoded(compact(HEADER | {'alg': alg}))}.{encoded(b'{}')}".encode()
    mac = hmac.HMAC(phone.key.public_key().public_bytes(form, PublicFormat.SubjectPublicKeyInfo), SHA256())
    mac.update(text)
    digest = mac.finalize()
    for signature in (digest, digest + digest):
        assert not opens(text + b"." + encoded(signature).encode(), phone)


@pytest.mark.parametrize(
    "more",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"b64": False},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"typ": "approval+jws"},
        {"cty": "JWT"},
        {"zip": "DEF"},
    ],
)
def test_a_header_with_anything_more_is_no_request(phone, more):
    assert read_request(phone.jws(HEADER | more, b"{}")) is None


@pytest.mark.parametrize("name", ["kid", "nonce", "url", "alg"])
def test_a_header_with_less_is_no_request(phone, name):
    assert read_request(phone.jws({key: value for key, value in HEADER.items() if key != name}, b"{}")) is None


@pytest.mark.parametrize("name", ["kid", "nonce", "url"])
@pytest.mark.parametrize("value", [1, None, True, [], {}, ["x"]])
def test_a_header_of_other_types_is_no_request(phone, name, value):
    assert read_request(phone.jws(HEADER | {name: value}, b"{}")) is None


@pytest.mark.parametrize(
    "kid", ["", "x", "{0}", "urn:uuid:{0}", "{0} ", "{1}", "00000000", "\u0661" * 36], ids=range(8)
)
def test_an_id_has_one_spelling(phone, kid):
    some = uuid4()
    text = phone.jws(HEADER | {"kid": kid.format(some.hex, str(some).upper())}, b"{}")
    assert read_request(text) is None


def test_key_and_id_at_once_are_no_request(phone):
    assert read_request(phone.jws(HEADER | {"jwk": phone.jwk}, b"{}")) is None


def test_the_json_serialisations_are_no_request(phone):
    """So a request never has two signatures."""
    header, payload, signature = phone.jws(HEADER, b"{}").decode().split(".")
    one = {"protected": header, "signature": signature}
    assert read_request(compact({"payload": payload, "signatures": [one, one]})) is None
    assert read_request(compact({"payload": payload, **one})) is None


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"ES256","alg":"ES256","kid":"K","nonce":"n","url":"u"}',
        b'{"alg":"none","kid":"K","nonce":"n","url":"u","alg":"ES256"}',
        b'{"alg":"ES256","kid":"K","nonce":"n","url":"u","kid":"K"}',
        b'{"alg":"ES256","kid":"K","nonce":"n","url":"u"} ,',
        b'\xef\xbb\xbf{"alg":"ES256","kid":"K","nonce":"n","url":"u"}',
        b'{"alg":"ES256","kid":"K","nonce":"n","url":"\xff"}',
        b"[" * 900,
        b'{"a":' * 180,
        b"null",
        b'"ES256"',
        b"NaN",
    ],
    ids=range(11),
)
def test_an_ambiguous_header_is_no_request(phone, header):
    assert read_request(signed(phone, header.replace(b"K", HEADER["kid"].encode()))) is None


def test_the_well_formed_twin_of_those_headers_is_one(phone):
    header = b'{"alg":"ES256","kid":"K","nonce":"n","url":"u"}'.replace(b"K", HEADER["kid"].encode())
    assert opens(signed(phone, header), phone)


def test_padding_spaces_and_line_ends_are_not_overlooked(phone):
    text = phone.jws(HEADER, b"{}")
    for other in (text + b"\n", b" " + text, text + b"=", text.replace(b".", b". ", 1), text + b".", text + b".x"):
        assert read_request(other) is None


def test_a_payload_above_the_limit_is_no_request(phone):
    assert opens(phone.jws(HEADER, b"x" * MOST_PAYLOAD_BYTES), phone)
    assert read_request(phone.jws(HEADER, b"x" * (MOST_PAYLOAD_BYTES + 8))) is None


def test_a_key_is_on_p_256_and_public(phone):
    assert device_key_of(phone.jwk) == phone.device_key
    private = encoded(phone.key.private_numbers().private_value.to_bytes(32, "big"))
    other = generate_private_key(SECP384R1()).public_key().public_numbers()
    y = phone.jwk["y"]
    for jwk in (
        phone.jwk | {"d": private},
        phone.jwk | {"use": "sig"},
        phone.jwk | {"crv": "P-384"},
        {
            "kty": "EC",
            "crv": "P-384",
            "x": encoded(other.x.to_bytes(48, "big")),
            "y": encoded(other.y.to_bytes(48, "big")),
        },
        {"kty": "oct", "k": "AAAA"},
        phone.jwk | {"y": phone.jwk["x"]},  # not on the curve
        phone.jwk | {"x": encoded(bytes(32)), "y": encoded(bytes(32))},
        phone.jwk | {"x": encoded(b"\xff" * 32)},
        phone.jwk | {"y": y[:-1] + ("B" if y[-1] != "B" else "C")},  # bits beyond the last byte
        phone.jwk | {"x": 5},
        {},
        None,
        "P-256",
        [phone.jwk],
    ):
        assert device_key_of(jwk) is None, jwk


def test_a_key_with_leading_zeros_is_taken():
    for scalar in range(1, 2000):
        key = derive_private_key(scalar, SECP256R1())
        if key.public_key().public_numbers().x >> 248 == 0:
            phone = PhoneApp(None, address="", key=key)
            assert device_key_of(phone.jwk) == phone.device_key
            return
    raise AssertionError("No such key among the first.")


def test_an_approval_is_no_request_and_a_request_no_approval(phone):
    phone.app_id = uuid4()
    shown = {"id": str(uuid4()), "reference_text": "x", "asks": "y", "level": "HIGH", "nonce": "z"}
    approval = phone.approval(shown)
    assert read_approval(approval, app_id=phone.app_id, device_key=phone.device_key)["decision"] == "approve"
    assert read_request(approval.encode()) is None
    request = phone.jws(HEADER | {"kid": str(phone.app_id)}, b'{"decision":"approve"}').decode()
    assert read_approval(request, app_id=phone.app_id, device_key=phone.device_key) is None
    assert read_approval(approval, app_id=uuid4(), device_key=phone.device_key) is None
    other = PhoneApp(None, address="").device_key
    assert read_approval(approval, app_id=phone.app_id, device_key=other) is None
    assert read_approval("æ.ø.å", app_id=phone.app_id, device_key=phone.device_key) is None


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_stumble(body):
    read_request(body)
    read_object(body)


SCALARS = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_json_makes_the_reader_stumble(value):
    header = json.dumps(value).encode("utf-8", "surrogatepass")
    read_request(f"{encoded(header)}.{encoded(b'{}')}.{'A' * 86}".encode())


def test_json_that_two_could_read_differently_is_not_read():
    assert read_object(b'{"pin":"1","pin":"2"}') is None
    assert read_object(b'{"a":{"b":1,"b":1}}') is None
    assert read_object(b'{"a":NaN}') is None
    assert read_object(b'{"a":-Infinity}') is None
    assert read_object(b'{"a":' + b"9" * 5000 + b"}") is None
    assert read_object(b"[" * 100_000) is None
    assert read_object(b'{"a":1}') == {"a": 1}
