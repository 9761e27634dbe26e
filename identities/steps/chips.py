"""Chips: enrolled, asked and believed (AUT-1, APR-7). What of an answer is believed, ``identities.webauthn`` says."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, transaction
from webauthn.helpers import encode_cbor

from audit.api import Actor
from hsm.api import blind_index_candidates
from identities import events, sealing
from identities.models import Chip, Identity
from identities.rules.user_id import folded
from identities.states import (
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
)
from identities.steps.activation import Activated, ActivationRefused, code_opened_by
from identities.steps.alerts import alert_citizen
from identities.steps.codes import use_code
from identities.steps.guard import assert_in_transaction
from identities.steps.lifecycle import suspend_locked
from identities.steps.locking import NOBODY, stand_in_line
from identities.webauthn import (
    ChipCredential,
    ChipRefusal,
    is_copied,
    login_options,
    registration_options,
    verified_answer,
    verified_registration,
)
from notifications.api import AuthenticatorActivated

CHALLENGE_BYTES: Final = 32
NO_PASSWORD: Final = "no_password"  # noqa: S105 - a reason in the log, not a password
MADE_UP_LENGTHS: Final = (64, 64, 64, 48, 48, 32, 32, 16)  # of credential ids as makes of chips have them


class ChipOutcome(StrEnum):
    """What a chip's answer at the log-in leads to. A page says the same of all but the first (TRY-2)."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    COPIED = "copied"


@dataclass(frozen=True)
class ChipNotEnrolled:
    """The code would do, but the chip is not taken; the code is still good."""

    reason: ChipRefusal


@dataclass(frozen=True)
class PasswordNeeded:
    """The code would do, but there is no password that the chip could go with; the code is still good."""


def new_challenge() -> bytes:
    """Draw what a chip signs once; whoever asks keeps it for five minutes."""
    return secrets.token_bytes(CHALLENGE_BYTES)


def chip_registration_options(*, identity_id: UUID | None, user_id: str) -> tuple[dict[str, Any], bytes]:
    """Give what the browser is asked for a new chip, in JSON's types, and the challenge to be kept.

    ``identity_id`` is given behind a log-in only. Without it nothing is looked up, so that the options look alike for
    whoever types a user ID (TRY-2).

    Raises: HsmUnavailable.
    """
    challenge = new_challenge()
    chips = Chip.objects.filter(identity_id=identity_id or NOBODY).exclude(state=AuthenticatorState.BLOCKED)
    standing = [bytes(id_) for id_ in chips.values_list("credential_id", flat=True)]
    handle = _keyed(user_id, purpose=sealing.CHIP_USER)
    return registration_options(user_id=user_id, user_handle=handle, challenge=challenge, standing=standing), challenge


def verify_chip_registration(response: object, *, challenge: bytes) -> ChipCredential | ChipRefusal:
    """Judge the browser's answer to ``chip_registration_options``."""
    return verified_registration(response, challenge=challenge)


def enrol_chip(
    *, identity_id: UUID, credential: ChipCredential, enrolled_level: AssuranceLevel, actor: Actor, now: datetime
) -> UUID | ChipRefusal:
    """Make a verified chip an authenticator of its citizen.

    Rule:    AUT-1: one, suspended ones counted; the same hardware again with a fresh key only. LVL-2, ALR-2.
    Returns: the chip's id, or why there is none.
    Locks:   the identity's row.
    Writes:  Chip, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    if identity.chips.exclude(state=AuthenticatorState.BLOCKED).exists():
        return ChipRefusal.AT_MOST
    chip = Chip(
        identity=identity,
        credential_id=credential.credential_id,
        public_key=credential.public_key,
        aaguid=credential.aaguid,
        sign_count=credential.sign_count,
        transports=list(credential.transports),
        enrolled_level=enrolled_level,
        activated_at=now,
    )
    try:
        with transaction.atomic():
            chip.save(force_insert=True)
    except IntegrityError:  # somebody's credential, perhaps of this moment: the unique constraint alone knows
        return ChipRefusal.TAKEN
    kind = AuthenticatorKind.CHIP
    events.authenticator_activated(identity_id=identity_id, kind=kind, serial=None, actor=actor, now=now)
    alert_citizen(identity=identity, message=AuthenticatorActivated(authenticator=kind.value, at=now), now=now)
    return chip.id


def activate_chip(
    *,
    user_id: str,
    activation_code: str,
    credential: ChipCredential,
    actor: Actor,
    now: datetime,
) -> Activated | ActivationRefused | PasswordNeeded | ChipNotEnrolled:
    """Make a chip an authenticator of whoever has the code for it, beside the password that they have.

    It never makes a password, and never changes one: that has a code of its own (SEC-4, ADR 0111).

    Rule:   SEC-4, AUT-1, ALR-2.
    Locks:  the user ID's place in line (an advisory lock), the identity's row, then the activation code's.
    Writes: ActivationCode, Chip, AuditEvent, Delivery.
    """
    assert_in_transaction()
    kind = AuthenticatorKind.CHIP
    opened = code_opened_by(user_id=user_id, kind=kind, typed=activation_code, actor=actor, now=now)
    if isinstance(opened, ActivationRefused):
        return opened
    identity, code = opened
    if not identity.password:
        events.activation_refused(identity_id=identity.id, reason=NO_PASSWORD, actor=actor, now=now)
        return PasswordNeeded()
    citizen = Actor.citizen(identity.id)
    level = AssuranceLevel(code.enrolled_level)
    enrolled = enrol_chip(identity_id=identity.id, credential=credential, enrolled_level=level, actor=citizen, now=now)
    if isinstance(enrolled, ChipRefusal):
        return ChipNotEnrolled(reason=enrolled)
    use_code(code, now=now)
    return Activated(identity_id=identity.id)


def chip_login_options(*, identity_id: UUID | None, user_id: str, challenge: bytes) -> dict[str, Any]:
    """Give what the browser is asked at the log-in, in JSON's types.

    Rule:   TRY-2: who has no chip, and who does not exist, is asked for a credential that nobody has, the same one
            each time, for as long as the look-up key lives.
    Raises: HsmUnavailable.
    """
    active = Chip.objects.filter(identity_id=identity_id or NOBODY, state=AuthenticatorState.ACTIVE)
    real = active.values_list("credential_id", flat=True).first()
    made_up = _made_up_credential(user_id)
    return login_options(credential_id=made_up if real is None else bytes(real), challenge=challenge)


def accept_chip(
    *,
    subject: UUID,
    response: object,
    challenge: bytes,
    asked_at: datetime,
    actor: Actor,
    now: datetime,
) -> ChipOutcome:
    """Decide whether a chip's answer opens the next door. For nobody the same is done with a key that nobody has.

    ``subject`` is an identity's id, or what stands for a user ID that nobody has: either waits in the same line.

    Rule:   APR-7. TRY-2: a wrong answer counts against nobody's chip, for a stranger can send as many as they like;
            the source is counted by who calls. A count that does not rise, rightly signed, tells of two chips with
            one key: the chip is suspended and its citizen told. So the caller holds and spends what the challenge
            belongs to: an answer that is judged twice would tell of a copy. A challenge of before the chip's last
            use (``asked_at``) tells of nothing but an answer that was overtaken: it is wrong, and no more.
    Locks:  the subject's place in line (an advisory lock), the identity's row, then the chip's.
    Writes: Chip; when it is suspended what ``suspend_authenticator`` writes.
    """
    assert_in_transaction()
    stand_in_line(subject)
    chips = Chip.objects.filter(identity_id=subject).exclude(state=AuthenticatorState.BLOCKED)
    # Whose signature is wrong is answered without a lock on rows that nobody has none of (TRY-2).
    key = chips.values_list("public_key", flat=True).first()
    answer = verified_answer(response, challenge=challenge, public_key=_nobodys_key() if key is None else bytes(key))
    if answer is None or key is None:
        return ChipOutcome.WRONG
    identity = Identity.objects.select_for_update(no_key=True).filter(pk=subject).first()
    chip = chips.select_for_update().filter(public_key=key).first()
    if identity is None or chip is None or chip.state != AuthenticatorState.ACTIVE:
        return ChipOutcome.WRONG
    if answer.credential_id != bytes(chip.credential_id):
        return ChipOutcome.WRONG
    if is_copied(kept=chip.sign_count, shown=answer.sign_count):
        if chip.last_used_at is not None and asked_at < chip.last_used_at:
            return ChipOutcome.WRONG
        suspend_locked(
            identity=identity,
            kind=AuthenticatorKind.CHIP,
            row=chip,
            source=BlockSource.FRAUD,
            reason=AuthenticatorBlockReason.COPIED,
            actor=actor,
            now=now,
        )
        return ChipOutcome.COPIED
    chip.sign_count, chip.last_used_at = answer.sign_count, now
    chip.save(update_fields=["sign_count", "last_used_at"])
    return ChipOutcome.ACCEPTED


def _keyed(user_id: str, *, purpose: str) -> bytes:
    """Give 32 bytes that only the HSM can tell from chance, the same for a user ID however it is cased.

    Under the oldest readable key: a rotation changes nothing until that one is destroyed.
    """
    return blind_index_candidates(folded(user_id), purpose=purpose)[-1][2:]


def _made_up_credential(user_id: str) -> bytes:
    stream = hashlib.shake_256(_keyed(user_id, purpose=sealing.CHIP_MADE_UP)).digest(1 + max(MADE_UP_LENGTHS))
    return stream[1 : 1 + MADE_UP_LENGTHS[stream[0] % len(MADE_UP_LENGTHS)]]


@cache
def _nobodys_key() -> bytes:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
