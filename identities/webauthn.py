"""The chip's side of WebAuthn: what browsers are asked, and what of their answers is believed (ADR 0096).

Nothing here reads or writes rows: ``identities.steps.chips`` does.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_attestation_object,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

ALGORITHMS: Final = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
ASKED_FOR_MS: Final = 300_000  # five minutes, as long as a request lives (APR-2)
LARGEST_ANSWER: Final = 64 * 1024  # characters of any one member; the longest real ones carry certificates
LONGEST_CREDENTIAL_ID: Final = 1023  # WebAuthn section 4, "Credential ID"
AAGUID_OF_CERTIFICATE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")  # id-fido-gen-ce-aaguid
PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)

# What the library and what lies below it raise on bytes that are no answer. It catches and names most cases, yet a key
# may be a CBOR list where it reads a map, a number no point of its curve, a certificate none.
NOT_AN_ANSWER: Final = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    AttributeError,
    LookupError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


class AttestationPolicy(StrEnum):
    """Which chips are let in: any, or the known models only, proven by their maker's certificate."""

    NONE = "none"
    KNOWN = "known"


class ChipRefusal(StrEnum):
    """Why a chip is not registered."""

    NOT_VERIFIED = "not_verified"
    UNKNOWN_MODEL = "unknown_model"
    TAKEN = "taken"
    AT_MOST = "at_most"


@dataclass(frozen=True, kw_only=True)
class ChipCredential:
    """A credential that a chip has made, verified. ``public_key`` is a COSE_Key (RFC 9052)."""

    credential_id: bytes
    public_key: bytes
    aaguid: UUID
    sign_count: int
    transports: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON's types, for the value of a change that waits."""
        return {
            "credential_id": _base64url(self.credential_id),
            "public_key": _base64url(self.public_key),
            "aaguid": str(self.aaguid),
            "sign_count": self.sign_count,
            "transports": list(self.transports),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ChipCredential":
        """Take back what ``as_json`` gave."""
        return cls(
            credential_id=base64url_to_bytes(value["credential_id"]),
            public_key=base64url_to_bytes(value["public_key"]),
            aaguid=UUID(value["aaguid"]),
            sign_count=value["sign_count"],
            transports=tuple(value["transports"]),
        )


@dataclass(frozen=True, kw_only=True)
class ChipAnswer:
    """A login's answer whose signature is right. The count is for the caller to judge."""

    credential_id: bytes
    sign_count: int


def relying_party_id() -> str:
    """Give the name that credentials are bound to: the host of the portal's address."""
    return urlsplit(settings.PUBLIC_ADDRESS).hostname or ""


def origin() -> str:
    """Give the one origin whose pages may ask a chip, written as browsers write it."""
    address = urlsplit(settings.PUBLIC_ADDRESS)
    port = "" if address.port in {None, {"http": 80, "https": 443}.get(address.scheme)} else f":{address.port}"
    return f"{address.scheme}://{address.hostname}{port}"


def registration_options(
    *, user_id: str, user_handle: bytes, challenge: bytes, standing: list[bytes]
) -> dict[str, Any]:
    """Give the options of ``navigator.credentials.create()``, in JSON's types.

    The credential stays in no list on the chip (resident key discouraged): it tells nobody who finds it whose it is.
    """
    is_known_only = settings.WEBAUTHN_ATTESTATION == AttestationPolicy.KNOWN
    options = generate_registration_options(
        rp_id=relying_party_id(),
        rp_name=settings.BRAND_NAME,
        user_name=user_id,
        user_id=user_handle,
        challenge=challenge,
        timeout=ASKED_FOR_MS,
        attestation=AttestationConveyancePreference.DIRECT if is_known_only else AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            require_resident_key=False,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in standing],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json_dict(options)


def login_options(*, credential_id: bytes, challenge: bytes) -> dict[str, Any]:
    """Give the options of ``navigator.credentials.get()``, in JSON's types, for a credential real or made up.

    How the chip is reached is left out: only a real one would have something to say there (TRY-2).
    """
    options = generate_authentication_options(
        rp_id=relying_party_id(),
        challenge=challenge,
        timeout=ASKED_FOR_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=credential_id)],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def verified_registration(response: object, *, challenge: bytes) -> ChipCredential | ChipRefusal:
    """Judge what ``navigator.credentials.create()`` gave.

    Source: WebAuthn section 7.1. The user was present; whether the chip knew them, the password tells.
    """
    if not isinstance(response, dict) or not _is_of_size(response):
        return ChipRefusal.NOT_VERIFIED
    try:
        credential = parse_registration_credential_json(response)
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying_party_id(),
            expected_origin=origin(),
            supported_pub_key_algs=ALGORITHMS,
            pem_root_certs_bytes_by_fmt={AttestationFormat.PACKED: _attestation_roots()},
        )
        is_framed = bool(parse_client_data_json(credential.response.client_data_json).cross_origin)
        is_let_in = _is_let_in(verified.attestation_object, UUID(verified.aaguid))
    except NOT_AN_ANSWER:
        return ChipRefusal.NOT_VERIFIED
    is_other = verified.credential_id != credential.raw_id
    if is_framed or is_other or len(verified.credential_id) > LONGEST_CREDENTIAL_ID:
        return ChipRefusal.NOT_VERIFIED
    if not is_let_in:
        return ChipRefusal.UNKNOWN_MODEL
    return ChipCredential(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        aaguid=UUID(verified.aaguid),
        sign_count=verified.sign_count,
        transports=tuple(transport.value for transport in credential.response.transports or []),
    )


def verified_answer(response: object, *, challenge: bytes, public_key: bytes) -> ChipAnswer | None:
    """Judge what ``navigator.credentials.get()`` gave; ``None`` means that it is no answer of this key.

    Source: WebAuthn section 7.2, without the count. The library judges the count before the signature: whoever makes
    up an answer with a low count would have a chip suspended that they never saw.
    """
    if not isinstance(response, dict) or not _is_of_size(response):
        return None
    try:
        verified = verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=relying_party_id(),
            expected_origin=origin(),
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
        is_framed = bool(
            parse_client_data_json(base64url_to_bytes(response["response"]["clientDataJSON"])).cross_origin
        )
    except NOT_AN_ANSWER:
        return None
    return None if is_framed else ChipAnswer(credential_id=verified.credential_id, sign_count=verified.new_sign_count)


def is_copied(*, kept: int, shown: int) -> bool:
    """Tell whether a count says that a chip was copied: it stands still or goes back, and does not always say 0.

    Source: WebAuthn section 6.1.1.
    """
    return (kept != 0 or shown != 0) and shown <= kept


def _is_of_size(response: dict[Any, Any]) -> bool:
    """Tell whether every text of an answer is short, before anything is decoded."""
    inner = response.get("response")
    members = [*response.values(), *(inner.values() if isinstance(inner, dict) else [])]
    return len(members) <= 40 and all(len(text) <= LARGEST_ANSWER for text in members if isinstance(text, str))


def _is_let_in(attestation: bytes, aaguid: UUID) -> bool:
    """Tell whether the policy knows a chip's model.

    Rule: under ``known``, the model is on the list and the maker's certificate, which the library has traced to one of
          the roots, says so as well (WebAuthn section 8.2.1). An AAGUID that nobody signed could be anybody's word.
    """
    if settings.WEBAUTHN_ATTESTATION != AttestationPolicy.KNOWN:
        return True
    if str(aaguid) not in {str(UUID(known)) for known in settings.WEBAUTHN_KNOWN_AAGUIDS}:
        return False
    parsed = parse_attestation_object(attestation)
    if parsed.fmt != AttestationFormat.PACKED or not parsed.att_stmt.x5c or not _attestation_roots():
        return False
    certificate = x509.load_der_x509_certificate(parsed.att_stmt.x5c[0])
    try:
        extension = certificate.extensions.get_extension_for_oid(AAGUID_OF_CERTIFICATE)
    except x509.ExtensionNotFound:
        return False
    value = extension.value
    return isinstance(value, x509.UnrecognizedExtension) and value.value == b"\x04\x10" + aaguid.bytes


def _attestation_roots() -> list[bytes]:
    """Give the makers' root certificates, PEM. Without the policy there are none, and nothing is traced to one."""
    if settings.WEBAUTHN_ATTESTATION != AttestationPolicy.KNOWN or not settings.WEBAUTHN_ATTESTATION_ROOTS:
        return []
    return PEM.findall(Path(settings.WEBAUTHN_ATTESTATION_ROOTS).read_bytes())


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
