"""Phones with the app: each has a real P-256 key, an owner who knows the PIN, and was enrolled with two codes."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction
from uuid_utils.compat import uuid4

from audit.api import Actor
from identities.api import (
    AppActivated,
    AppPlatform,
    AssuranceLevel,
    AuthenticatorKind,
    EnrolmentBegun,
    EnrolmentRefused,
    PinNotAllowed,
    begin_app_enrolment,
    complete_app_enrolment,
)
from identities.models import Identity
from identities.states import CodeCarrier
from identities.steps.codes import make_activation_code
from notifications.api import Channel, MessageKind
from tests.factories.identities import Resident, texts_sent

PIN = "734092"


@dataclass(frozen=True)
class Phone:
    """A phone's browser with a fresh key for one person's app: several people's apps share an installation."""

    installation_id: UUID = field(default_factory=uuid4)
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()), repr=False)
    platform: AppPlatform = AppPlatform.ANDROID

    @property
    def device_key(self) -> bytes:
        """Give the public half: SubjectPublicKeyInfo, DER."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def signed(self, message: bytes) -> bytes:
        """Sign as ES256 does (RFC 7518 section 3.4): r and s of 32 bytes each."""
        r, s = decode_dss_signature(self.key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def for_another(self) -> "Phone":
        """Give the same phone with the key of somebody else's app."""
        return Phone(installation_id=self.installation_id, platform=self.platform)


@dataclass(frozen=True)
class App:
    """An enrolled app in its owner's hand."""

    id: UUID
    identity_id: UUID
    user_id: str
    level: AssuranceLevel
    phone: Phone
    pin: str = PIN


def an_app_code(
    identity_id: UUID,
    *,
    now: datetime,
    level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL,
    carrier: CodeCarrier = CodeCarrier.PAPER,
) -> str:
    """Give an identity an activation code for an app, as the desk or the portal does."""
    with transaction.atomic():
        return make_activation_code(
            identity=Identity.objects.select_for_update().get(pk=identity_id),
            kind=AuthenticatorKind.APP,
            carrier=carrier,
            enrolled_level=level,
            now=now,
        ).text


def begun(
    user_id: str, phone: Phone, *, code: str | None = None, token: str | None = None, now: datetime
) -> EnrolmentBegun:
    """Begin an enrolment, as a use case does."""
    with transaction.atomic():
        return begin_app_enrolment(
            user_id=user_id,
            activation_code=code,
            copy_token=token,
            device_key=phone.device_key,
            installation_id=phone.installation_id,
            platform=phone.platform,
            actor=Actor.visitor(),
            now=now,
        )


def completed(
    enrolment: EnrolmentBegun, phone: Phone, temporary_pin: str, *, pin: str = PIN, now: datetime
) -> AppActivated | EnrolmentRefused | PinNotAllowed:
    """Complete an enrolment, as a use case does."""
    with transaction.atomic():
        return complete_app_enrolment(
            enrolment_id=enrolment.enrolment_id,
            device_key=phone.device_key,
            temporary_pin=temporary_pin,
            pin=pin,
            actor=Actor.visitor(),
            now=now,
        )


def temporary_pins_sent(identity_id: UUID) -> list[str]:
    """Read the temporary PINs on the citizen's phone, the newest first."""
    texts = texts_sent(reference=identity_id, channel=Channel.SMS, kind=MessageKind.TEMPORARY_PIN)
    return [found.group() for found in (re.search(r"\b[0-9]{8}\b", text) for text in texts) if found]


def an_app(
    resident: Resident,
    *,
    now: datetime,
    level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL,
    phone: Phone | None = None,
    pin: str = PIN,
) -> App:
    """Enrol an app with a paper code and the PIN that came by SMS."""
    phone = phone or Phone()
    code = an_app_code(resident.identity_id, now=now, level=level)
    enrolment = begun(resident.user_id, phone, code=code, now=now)
    activated = completed(enrolment, phone, temporary_pins_sent(resident.identity_id)[0], pin=pin, now=now)
    assert isinstance(activated, AppActivated), activated
    return App(
        id=activated.app_id,
        identity_id=activated.identity_id,
        user_id=resident.user_id,
        level=activated.level,
        phone=phone,
        pin=pin,
    )
