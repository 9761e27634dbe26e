"""An app is set up: two codes over two channels (SEC-5)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from identities.api import (
    AppActivated,
    AppPlatform,
    EnrolmentBegun,
    EnrolmentRefused,
    PinNotAllowed,
    begin_app_enrolment,
    complete_app_enrolment,
)


@transaction.atomic(durable=True)
def begin_enrolment(
    *,
    user_id: str,
    activation_code: str | None,
    copy_token: str | None,
    device_key: bytes,
    installation_id: UUID,
    platform: AppPlatform,
    now: datetime,
) -> EnrolmentBegun:
    """Take the first code; a right one is followed by an SMS with the second.

    Rule:    SEC-4, SEC-5, SEC-7, TRY-2.
    Returns: the same shape for a right code, a wrong one and a user ID that nobody has.
    Locks:   as ``begin_app_enrolment``.
    Writes:  AppEnrolment, ActivationCode or CopyTicket, AuditEvent, Delivery.
    Bytes:   ``device_key`` is a SubjectPublicKeyInfo in DER.
    """
    return begin_app_enrolment(
        user_id=user_id,
        activation_code=activation_code,
        copy_token=copy_token,
        device_key=device_key,
        installation_id=installation_id,
        platform=platform,
        actor=Actor.visitor(),
        now=now,
    )


@transaction.atomic(durable=True)
def complete_enrolment(
    *, enrolment_id: UUID, device_key: bytes, temporary_pin: str, pin: str, now: datetime
) -> AppActivated | EnrolmentRefused | PinNotAllowed:
    """Take the second code and the chosen PIN, and make the app.

    Rule:    SEC-1, SEC-5, AUT-1, AUT-3.
    Returns: a refusal is committed: its audit event and the count of wrong codes must survive.
    Locks:   as ``complete_app_enrolment``.
    Writes:  AppEnrolment, App, AuditEvent, Delivery.
    """
    return complete_app_enrolment(
        enrolment_id=enrolment_id,
        device_key=device_key,
        temporary_pin=temporary_pin,
        pin=pin,
        actor=Actor.visitor(),
        now=now,
    )
