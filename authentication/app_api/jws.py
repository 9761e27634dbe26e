"""Signed requests: compact JWS (RFC 7515), ES256 and nothing else.

What is not exactly what the app sends is no request: no JSON serialisation, so never two signatures; no ``crit``, no
``b64``, no ``x5u``; no algorithm but ES256, so neither ``none`` nor a MAC keyed with a public key. The header's members
are compared as a set, before a key is looked up and before the library sees the text.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter
from joserfc.util import urlsafe_b64decode

from authentication.app_api.strict_json import read_object

ALGORITHM: Final = "ES256"
MOST_PAYLOAD_BYTES: Final = 16_384
MOST_HEADER_BYTES: Final = 1_024
MOST_HEADER_CHARACTERS: Final = MOST_HEADER_BYTES * 4 // 3 + 1  # of base64url
MOST_PAYLOAD_CHARACTERS: Final = MOST_PAYLOAD_BYTES * 4 // 3 + 1
MOST_BODY_BYTES: Final = MOST_HEADER_CHARACTERS + 1 + MOST_PAYLOAD_CHARACTERS + 1 + 86
APPROVAL_TYPE: Final = "approval+jws"  # a signature under one kind of text never passes for the other kind

COMPACT: Final = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{86}")
COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes
OF_APP: Final = frozenset({"alg", "kid", "nonce", "url"})
OF_ENROLMENT: Final = frozenset({"alg", "jwk", "nonce", "url"})
OF_APPROVAL: Final = frozenset({"alg", "kid", "typ"})
OF_JWK: Final = frozenset({"kty", "crv", "x", "y"})

SOMEBODYS_KEY: Final = ECKey.generate_key("P-256", private=False)


class Es256Only(jws.JWSRegistry):
    """The library's own limits, narrowed to what the app sends."""

    algorithms = {ALGORITHM: jws.JWSRegistry.algorithms[ALGORITHM]}
    recommended = [ALGORITHM]
    max_header_length = MOST_HEADER_CHARACTERS
    max_payload_length = MOST_PAYLOAD_CHARACTERS


REGISTRY: Final = Es256Only(
    header_registry={
        "nonce": HeaderParameter("Nonce", "str", required=False),
        "url": HeaderParameter("Address", "str", required=False),
    },
    algorithms=[ALGORITHM],
)


@dataclass(frozen=True)
class SignedRequest:
    """A request as it came: nothing of it is believed until ``payload_under`` has seen the signature.

    Exactly one of ``app_id`` and ``device_key`` is set; ``device_key`` is the DER that the app's row would keep.
    """

    text: bytes
    app_id: UUID | None
    device_key: bytes | None
    nonce: str
    url: str


def read_request(body: bytes) -> SignedRequest | None:
    """Take a request apart; ``None`` when it is not exactly what an app sends.

    Rule: RFC 7515 section 5.2, RFC 8555 section 6.
    """
    header = _header(body)
    if header is None or frozenset(header) not in {OF_APP, OF_ENROLMENT} or not _are_texts(header, "nonce", "url"):
        return None
    app_id = canonical_uuid(header["kid"]) if "kid" in header else None
    device_key = device_key_of(header["jwk"]) if "jwk" in header else None
    if app_id is None and device_key is None:
        return None
    return SignedRequest(text=body, app_id=app_id, device_key=device_key, nonce=header["nonce"], url=header["url"])


def payload_under(text: bytes, device_key: bytes | None) -> bytes | None:
    """Give what was signed, when it was signed with this key; ``None`` when not.

    Without a key the same work is done for nothing, so that an app that there is not looks like a foreign one (TRY-2).

    Bytes: ``device_key`` is a SubjectPublicKeyInfo in DER.
    """
    key = SOMEBODYS_KEY if device_key is None else ECKey.import_key(_loaded(device_key))
    try:
        signed = jws.deserialize_compact(text, key, registry=REGISTRY)
    except (JoseError, ValueError):
        return None
    return None if device_key is None else signed.payload


def read_approval(signed: str, *, app_id: UUID, device_key: bytes) -> dict[str, Any] | None:
    """Give what an app signed when its citizen approved or rejected; ``None`` when this app did not sign it.

    Rule: APR-6.
    """
    text = signed.encode("utf-8")
    header = _header(text)
    if header is None or header.keys() != OF_APPROVAL or header["typ"] != APPROVAL_TYPE:
        return None
    if canonical_uuid(header["kid"]) != app_id:
        return None
    payload = payload_under(text, device_key)
    return None if payload is None else read_object(payload)


def device_key_of(jwk: object) -> bytes | None:
    """Give a P-256 public key as the app's row keeps it; ``None`` when it is anything else.

    Rule:  RFC 7518 section 6.2; the four members of RFC 7638 and no other, so no private one either.
    Bytes: SubjectPublicKeyInfo, DER.
    """
    if not isinstance(jwk, dict) or jwk.keys() != OF_JWK or not _are_texts(jwk, *OF_JWK):
        return None
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        return None
    if not (COORDINATE.fullmatch(jwk["x"]) and COORDINATE.fullmatch(jwk["y"])):
        return None
    try:
        key = ECKey.import_key(jwk)  # raises ValueError for a point that is not on the curve
        return key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (JoseError, ValueError):
        return None


def canonical_uuid(text: object) -> UUID | None:
    """Read a UUID in the one spelling that we hand out; ``None`` for any other."""
    if not isinstance(text, str):
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def _header(text: bytes) -> dict[str, Any] | None:
    """Read the protected header of a compact JWS under ES256."""
    parts = COMPACT.fullmatch(text)
    if parts is None or len(parts[1]) > MOST_HEADER_CHARACTERS or len(parts[2]) > MOST_PAYLOAD_CHARACTERS:
        return None
    try:
        header = read_object(urlsafe_b64decode(parts[1]))
    except ValueError:  # binascii.Error among them
        return None
    return header if header is not None and header.get("alg") == ALGORITHM else None


def _are_texts(members: dict[str, Any], *names: str) -> bool:
    return all(isinstance(members[name], str) for name in names)


def _loaded(device_key: bytes) -> EllipticCurvePublicKey:
    key = load_der_public_key(device_key)
    if not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        raise TypeError("An app's row holds a key that is not on P-256.")
    return key
