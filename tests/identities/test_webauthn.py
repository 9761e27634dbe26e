"""What chips answer: the standard's own vectors, and every way to lie."""

import json
from uuid import UUID

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.webauthn import (
    AAGUID_OF_CERTIFICATE,
    ChipCredential,
    ChipRefusal,
    is_copied,
    login_options,
    origin,
    registration_options,
    relying_party_id,
    verified_answer,
    verified_registration,
)
from mitid_portal.checks import check_chips
from tests.factories.chip import MODEL, USER_VERIFIED, Maker, SoftwareChip, base64url, from_base64url

CHALLENGE = bytes(range(32))

# W3C Web Authentication Level 3, section 16.2 "ES256 credential with no attestation": rp id example.org.
W3C_CHALLENGE = bytes.fromhex("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130")
W3C_CREDENTIAL = bytes.fromhex("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4")
W3C_KEY = bytes.fromhex(
    "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
    "225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
)
W3C_ATTESTATION = bytes.fromhex(
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4"
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"
    "59000000008446ccb9ab1db374750b2367ff6f3a1f0020"
) + (W3C_CREDENTIAL + W3C_KEY)
W3C_CLIENT = bytes.fromhex(
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e636471"
    "34313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f72"
    "67222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d61792062"
    "6520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c2073756368206173"
    "20746869733a20426b5165446a646354427258426941774a544c453551227d"
)
W3C_LOGIN_CHALLENGE = bytes.fromhex("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408")
W3C_LOGIN_DATA = bytes.fromhex("bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000")
W3C_LOGIN_CLIENT = bytes.fromhex(
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a55585430"
    "49393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c"
    "2263726f73734f726967696e223a66616c73657d"
)
W3C_SIGNATURE = bytes.fromhex(
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd38"
    "0221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87"
)


def w3c(response):
    name = base64url(W3C_CREDENTIAL)
    return {"id": name, "rawId": name, "type": "public-key", "response": response}


def created(chip, **lies):
    return verified_registration(chip.create(asked(), **lies), challenge=CHALLENGE)


def asked():
    return registration_options(user_id="skovtrold", user_handle=b"\x01" * 32, challenge=CHALLENGE, standing=[])


def answered(chip, response):
    return verified_answer(response, challenge=CHALLENGE, public_key=chip.cose_key())


def wanted(chip):
    return login_options(credential_id=chip.credential_id, challenge=CHALLENGE)


def test_the_standards_own_registration_and_login_are_accepted(settings):
    """WebAuthn Level 3 section 16.2."""
    settings.PUBLIC_ADDRESS = "https://example.org"
    response = w3c({"clientDataJSON": base64url(W3C_CLIENT), "attestationObject": base64url(W3C_ATTESTATION)})
    credential = verified_registration(response, challenge=W3C_CHALLENGE)
    assert isinstance(credential, ChipCredential)
    assert (credential.credential_id, credential.public_key) == (W3C_CREDENTIAL, W3C_KEY)
    assert credential.aaguid == UUID("8446ccb9-ab1d-b374-750b-2367ff6f3a1f")
    login = w3c(
        {
            "clientDataJSON": base64url(W3C_LOGIN_CLIENT),
            "authenticatorData": base64url(W3C_LOGIN_DATA),
            "signature": base64url(W3C_SIGNATURE),
        }
    )
    answer = verified_answer(login, challenge=W3C_LOGIN_CHALLENGE, public_key=W3C_KEY)
    assert answer is not None
    assert (answer.credential_id, answer.sign_count) == (W3C_CREDENTIAL, 0)
    login["response"]["signature"] = base64url(W3C_SIGNATURE[:-1] + b"\x88")
    assert verified_answer(login, challenge=W3C_LOGIN_CHALLENGE, public_key=W3C_KEY) is None


@pytest.mark.parametrize("attestation", ["none", "packed"])
def test_a_software_chip_is_registered_and_answers(attestation):
    chip = SoftwareChip()
    credential = created(chip, attestation=attestation)
    assert isinstance(credential, ChipCredential)
    assert (credential.credential_id, credential.public_key) == (chip.credential_id, chip.cose_key())
    assert credential.transports == ("usb", "nfc")
    assert ChipCredential.from_json(json.loads(json.dumps(credential.as_json()))) == credential
    answer = answered(chip, chip.get(wanted(chip)))
    assert answer is not None
    assert answer.sign_count == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://mitid.example.evil"},
        {"origin": "http://127.0.0.1:8001"},
        {"rp_id": "evil.example"},
        {"challenge": bytes(32)},
        {"flags": 0},
        {"flags": USER_VERIFIED},
        {"kind": "webauthn.get"},
        {"cross_origin": True},
    ],
)
def test_a_registration_that_lies_is_refused(lie):
    assert created(SoftwareChip(), **lie) is ChipRefusal.NOT_VERIFIED


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://mitid.example.evil"},
        {"rp_id": "evil.example"},
        {"challenge": bytes(32)},
        {"flags": 0},
        {"flags": USER_VERIFIED},
        {"kind": "webauthn.create"},
        {"cross_origin": True},
    ],
)
def test_an_answer_that_lies_is_refused(lie):
    chip = SoftwareChip()
    assert answered(chip, chip.get(wanted(chip), **lie)) is None


def test_another_chips_answer_and_a_changed_signature_are_refused():
    chip, other = SoftwareChip(), SoftwareChip()
    assert answered(chip, other.get(wanted(chip))) is None
    response = chip.get(wanted(chip))
    signature = bytearray(from_base64url(response["response"]["signature"]))
    signature[-1] ^= 1
    response["response"]["signature"] = base64url(bytes(signature))
    assert answered(chip, response) is None


@pytest.mark.parametrize("algorithm", [-257, -37, -47, -7000, 0])
def test_an_algorithm_that_was_not_asked_for_is_refused(algorithm):
    assert created(SoftwareChip(algorithm=algorithm)) is ChipRefusal.NOT_VERIFIED


def test_a_packed_statement_signed_by_another_key_is_refused():
    chip, other = SoftwareChip(), SoftwareChip()
    response = chip.create(asked(), attestation="packed")
    foreign = other.create(asked(), attestation="packed")
    mine, theirs = (cbor2.loads(from_base64url(r["response"]["attestationObject"])) for r in (response, foreign))
    response["response"]["attestationObject"] = base64url(cbor2.dumps(mine | {"attStmt": theirs["attStmt"]}))
    assert verified_registration(response, challenge=CHALLENGE) is ChipRefusal.NOT_VERIFIED


def test_a_credential_under_another_name_than_the_signed_one_is_refused():
    response = SoftwareChip().create(asked())
    response["id"] = response["rawId"] = base64url(b"another's")
    assert verified_registration(response, challenge=CHALLENGE) is ChipRefusal.NOT_VERIFIED


GARBAGE: list[object] = [
    None,
    [],
    "text",
    7,
    {},
    {"id": 1},
    {"id": "AA", "rawId": "AA", "type": "public-key"},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": []},
    {"id": "AA", "rawId": "AA", "type": "password", "response": {}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "x" * 1_000_000}},
    {str(number): "x" for number in range(100_000)},
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_is_no_answer_is_refused_and_breaks_nothing(garbage):
    assert verified_registration(garbage, challenge=CHALLENGE) is ChipRefusal.NOT_VERIFIED
    assert verified_answer(garbage, challenge=CHALLENGE, public_key=SoftwareChip().cose_key()) is None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=300), JSON_VALUES)
def test_no_bytes_and_no_json_in_an_answers_members_break_anything(noise, value):
    chip = SoftwareChip()
    for member in ("clientDataJSON", "attestationObject"):
        for put in (base64url(noise), value):
            response = chip.create(asked())
            response["response"][member] = put
            assert verified_registration(response, challenge=CHALLENGE) is ChipRefusal.NOT_VERIFIED
    for member in ("clientDataJSON", "authenticatorData", "signature"):
        for put in (base64url(noise), value):
            response = chip.get(wanted(chip))
            response["response"][member] = put
            assert answered(chip, response) is None


COSE_VALUES = st.recursive(
    st.integers(-300, 300) | st.binary(max_size=40) | st.text(max_size=4) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-5, 5), inner, max_size=6),
    max_leaves=8,
)


@given(COSE_VALUES | st.fixed_dictionaries({1: st.just(2), 3: st.just(-7), -1: COSE_VALUES, -2: COSE_VALUES}))
def test_no_key_that_is_none_is_registered_and_signed_with(value):
    """A point off its curve, a list where a map belongs: refused at once or at the signature, and nothing breaks."""

    class Liar(SoftwareChip):
        def cose_key(self):
            return cbor2.dumps(value)

    chip = Liar()
    assert created(chip, attestation="packed") is ChipRefusal.NOT_VERIFIED
    assert answered(chip, chip.get(wanted(chip))) is None


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_count_that_does_not_rise_tells_of_a_copy_save_where_it_is_always_nought(kept, shown):
    """WebAuthn section 6.1.1."""
    assert is_copied(kept=kept, shown=shown) is (shown <= kept and (kept, shown) != (0, 0))


@pytest.mark.parametrize(
    ("address", "name", "page"),
    [
        ("https://mitid.example", "mitid.example", "https://mitid.example"),
        ("https://MitID.example:443/", "mitid.example", "https://mitid.example"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_credentials_are_bound_to_the_portals_own_address(settings, address, name, page):
    settings.PUBLIC_ADDRESS = address
    assert (relying_party_id(), origin()) == (name, page)


def test_try_2_login_options_of_a_real_credential_say_no_more_than_made_up_ones():
    """TRY-2."""
    real, made_up = (login_options(credential_id=id_, challenge=CHALLENGE) for id_ in (b"real" * 12, b"none" * 12))
    assert real.keys() == made_up.keys()
    (shown,) = real["allowCredentials"]
    assert shown == {"id": base64url(b"real" * 12), "type": "public-key"}
    assert (real["userVerification"], real["timeout"]) == ("preferred", 300_000)


def test_only_a_known_model_that_its_maker_vouches_for_is_let_in(settings, tmp_path):
    maker, stranger = Maker(), Maker()
    settings.WEBAUTHN_ATTESTATION = "known"
    settings.WEBAUTHN_KNOWN_AAGUIDS = [str(MODEL).upper()]
    settings.WEBAUTHN_ATTESTATION_ROOTS = str(maker.root_file(tmp_path))
    assert asked()["attestation"] == "direct"
    chip = SoftwareChip(aaguid=MODEL)
    assert isinstance(created(chip, attestation="packed", maker=maker), ChipCredential)
    assert created(chip) is ChipRefusal.UNKNOWN_MODEL
    assert created(chip, attestation="packed") is ChipRefusal.UNKNOWN_MODEL
    assert created(chip, attestation="packed", maker=stranger) is ChipRefusal.NOT_VERIFIED
    other_model = SoftwareChip(aaguid=UUID(int=7))
    assert created(other_model, attestation="packed", maker=maker) is ChipRefusal.UNKNOWN_MODEL


def test_a_certificate_for_another_model_vouches_for_none(settings, tmp_path):
    class Swapping(Maker):
        def certificate(self, model):
            return super().certificate(UUID(int=9))

    maker = Swapping()
    settings.WEBAUTHN_ATTESTATION = "known"
    settings.WEBAUTHN_KNOWN_AAGUIDS = [str(MODEL)]
    settings.WEBAUTHN_ATTESTATION_ROOTS = str(maker.root_file(tmp_path))
    assert created(SoftwareChip(aaguid=MODEL), attestation="packed", maker=maker) is ChipRefusal.UNKNOWN_MODEL
    assert AAGUID_OF_CERTIFICATE.dotted_string.startswith("1.3.6.1.4.1.45724")


def test_without_a_policy_no_model_is_asked_for():
    assert asked()["attestation"] == "none"
    assert [param["alg"] for param in asked()["pubKeyCredParams"]] == [-7, -8]
    assert asked()["authenticatorSelection"]["residentKey"] == "discouraged"


def test_a_policy_that_lets_in_none_or_any_is_told_of(settings, tmp_path):
    assert check_chips(None) == []
    settings.WEBAUTHN_ATTESTATION = "some"
    assert [error.id for error in check_chips(None)] == ["mitid.E050"]
    settings.WEBAUTHN_ATTESTATION = "known"
    assert [error.id for error in check_chips(None)] == ["mitid.E052"]
    settings.WEBAUTHN_KNOWN_AAGUIDS = ["yubikey"]
    settings.WEBAUTHN_ATTESTATION_ROOTS = str(Maker().root_file(tmp_path))
    assert [error.id for error in check_chips(None)] == ["mitid.E051"]
    settings.WEBAUTHN_KNOWN_AAGUIDS = [str(MODEL)]
    assert check_chips(None) == []
    settings.TESTING = False
    settings.PUBLIC_ADDRESS = "https://192.0.2.1"
    assert [error.id for error in check_chips(None)] == ["mitid.E053"]
