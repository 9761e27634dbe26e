"""What opens a log-in: the code of a code display or an audio code reader, and the password."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from struct import pack
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password, verify_password
from django_otp.oath import TOTP

from audit.api import Actor, FixedQuery, put_back
from hsm.api import check_seed, new_seed, seed_hmac_sha1, seed_verifier
from identities import events
from identities.authenticator_queries import AuthenticatorView, device_view
from identities.models import CodeDevice, DeviceTries, Identity, PasswordFactor
from identities.rules.totp import DIGITS, LARGEST_DRIFT_STEPS, STEP_SECONDS, TOLERANCE_STEPS, is_code, truncated
from identities.rules.tries import NO_TRIES, after_wrong_try, is_paused
from identities.states import AuthenticatorBlockReason, AuthenticatorKind, DeviceState, PasswordState
from identities.steps.guard import assert_in_transaction
from identities.steps.lifecycle import block_locked
from identities.steps.locking import stand_in_line

_ACTIVE_DEVICE: Final = FixedQuery(
    lambda subject: CodeDevice.objects.select_for_update().filter(user_id=subject, state=DeviceState.ACTIVE), UUID
)
_TRIES: Final = FixedQuery(
    lambda subject, source: DeviceTries.objects.filter(subject=subject, source=source), UUID, str
)
_IDENTITY: Final = FixedQuery(lambda pk: Identity.objects.select_for_update(no_key=True).filter(pk=pk), UUID)
_PASSWORD: Final = FixedQuery(lambda pk: PasswordFactor.objects.select_for_update().filter(pk=pk), UUID)


class HsmTotp(TOTP):
    """django-otp's RFC 6238 window, with each code's HMAC made inside the HSM."""

    def __init__(self, *, seed_wrapped: bytes, drift_steps: int, now: datetime) -> None:
        super().__init__(key=b"", step=STEP_SECONDS, digits=DIGITS, drift=drift_steps)
        self.time = now.timestamp()
        middle = self.t()
        steps = range(middle - TOLERANCE_STEPS, middle + TOLERANCE_STEPS + 1)
        macs = seed_hmac_sha1(seed_wrapped, [pack(">Q", step) for step in steps])
        self._tokens = {step: truncated(mac) for step, mac in zip(steps, macs, strict=True)}

    def token(self) -> int:
        """Give the code of the step that the window looks at."""
        return self._tokens[self.t()]

    def shows(self, code: int) -> bool:
        """Tell whether any step of the window shows ``code``, accepted before or not."""
        return code in self._tokens.values()


class CodeJudgement(StrEnum):
    """What a typed code is to a device."""

    RIGHT = "right"
    SPENT = "spent"
    WRONG = "wrong"


def code_is_right(*, device: CodeDevice, typed: str, now: datetime) -> bool:
    """Tell whether a locked device shows ``typed``, and take the step so that it is accepted once."""
    return judged_code(device=device, typed=typed, now=now) is CodeJudgement.RIGHT


def judged_code(*, device: CodeDevice, typed: str, now: datetime, is_use: bool = False) -> CodeJudgement:
    """Tell whether a locked device shows ``typed``; a right one takes its step, so that it is accepted once.

    With ``is_use`` it is noted that the device was used.

    Rule:   SEC-3, RFC 6238 section 5.2 (one acceptance a step) and section 6 (drift).
    Writes: CodeDevice.
    """
    assert_in_transaction()
    totp = HsmTotp(seed_wrapped=own_seed(device), drift_steps=device.drift_steps, now=now)
    if not is_code(typed):
        return CodeJudgement.WRONG
    if not totp.verify(int(typed), TOLERANCE_STEPS, device.last_step + 1):
        return CodeJudgement.SPENT if totp.shows(int(typed)) else CodeJudgement.WRONG
    device.last_step = totp.t()
    device.drift_steps = max(-LARGEST_DRIFT_STEPS, min(LARGEST_DRIFT_STEPS, totp.drift))
    if is_use:
        device.last_used_at = now
    put_back(device, "last_step", "drift_steps", "last_used_at")
    return CodeJudgement.RIGHT


def accept_code(*, subject: UUID, typed: str, source: str, actor: Actor, now: datetime) -> AuthenticatorView | None:
    """Give the active code device whose code opens the next door, counting wrong tries of this source.

    ``subject`` is an identity's id, or what stands for a user ID that nobody has. Whoever has no active device is
    counted and paused as one is, by the same statements one after another, and waits in the same line.

    Rule:   SEC-3, TRY-1, TRY-2: whoever knows a user ID can come this far, so that wrong codes pause the device for
            the source they come from, and never block it. A right code during the pause is refused, and looks like
            a wrong one. A code that was accepted before is refused and not counted: a double click is no guess.
    Locks:  the subject's place in line (an advisory lock), then the device's row.
    Writes: CodeDevice, DeviceTries, AuditEvent.
    """
    assert_in_transaction()
    stand_in_line(subject)
    device = _ACTIVE_DEVICE.first(subject)
    counter = tries_of(device.uuid if device else subject, source)
    if device is None or is_paused(counter.tries, now=now):
        waste_the_time_of_a_code(device, now=now)
        judgement = CodeJudgement.WRONG
    else:
        judgement = judged_code(device=device, typed=typed, now=now, is_use=True)
    if device is not None and judgement is CodeJudgement.RIGHT:
        if counter.pk is not None:
            counter.delete()
        return device_view(device)
    if judgement is CodeJudgement.WRONG and not is_paused(counter.tries, now=now):
        count_wrong_code(counter, device, actor=actor, now=now)
    return None


def tries_of(subject: UUID, source: str) -> DeviceTries:
    """Give the counter of a subject's wrong codes from a source, not saved as long as there are none."""
    return _TRIES.first(subject, source) or DeviceTries(subject=subject, source=source)


def count_wrong_code(counter: DeviceTries, device: CodeDevice | None, *, actor: Actor, now: datetime) -> None:
    """Count one more wrong code, and pause the device for its source after three (TRY-1, TRY-2).

    Writes: DeviceTries, AuditEvent.
    """
    assert_in_transaction()
    counter.count(after_wrong_try(counter.tries, may_block=False, now=now))
    counter.last_wrong_at = now
    counter.save()
    if is_paused(counter.tries, now=now):
        kind = AuthenticatorKind(device.kind) if device else AuthenticatorKind.CODE_DISPLAY
        owner = device.user_id if device else None
        events.authenticator_paused(identity_id=owner, kind=kind, actor=actor, now=now)


def forget_old_tries(*, before: datetime) -> int:
    """Drop the counters whose last wrong code is older than ``before``; gives how many they were."""
    assert_in_transaction()
    return DeviceTries.objects.filter(last_wrong_at__lt=before).delete()[0]


def waste_the_time_of_a_code(device: CodeDevice | None = None, *, now: datetime) -> None:
    """Spend the time that judging a code takes, for a device that is paused or a user ID that nobody has (TRY-2)."""
    device = device or _nobodys_device()
    HsmTotp(seed_wrapped=own_seed(device), drift_steps=device.drift_steps, now=now)


@cache
def _nobodys_device() -> CodeDevice:
    device = CodeDevice(seed_wrapped=new_seed())
    device.seed_verifier = seed_verifier(device.seed_wrapped, bound_to=device.uuid)
    return device


def own_seed(device: CodeDevice) -> bytes:
    """Give a device's wrapped seed, which is no other device's that somebody copied into its row.

    Rule:   KEY-1.
    Raises: SealBroken; HsmUnavailable.
    """
    wrapped = bytes(device.seed_wrapped)
    check_seed(wrapped, device.seed_verifier, bound_to=device.uuid)
    return wrapped


def encoded_password(password: str, *, identity_id: UUID) -> str:
    """Give the peppered hash that an identity's password is kept and waits as (SEC-2, CHG-1). Raises: HsmUnavailable.

    It opens for that identity only: copied into another's row it is no password at all.
    """
    return make_password(_owned(password, identity_id))


def _owned(password: str, identity_id: UUID) -> str:
    return f"{identity_id} {password}"  # the id is of one length, so that no two owners and passwords are one text


def put_password(*, identity: Identity, password: str, now: datetime) -> None:
    """Make ``password`` the identity's own and forget the wrong tries of the one before. The caller has judged it."""
    put_encoded_password(identity=identity, encoded=encoded_password(password, identity_id=identity.id), now=now)


def put_encoded_password(*, identity: Identity, encoded: str, now: datetime) -> None:
    """Make the password behind ``encoded`` a locked identity's own; one that was blocked is another from now on.

    Rule:   AUT-1.
    Writes: Identity, PasswordFactor.
    """
    assert_in_transaction()
    identity.password = encoded
    identity.save(update_fields=["password"])
    PasswordFactor.objects.update_or_create(
        identity=identity,
        defaults={
            "state": PasswordState.ACTIVE,
            "suspended_by": None,
            "blocked_at": None,
            "chosen_at": now,
            "wrong_in_a_row": 0,
            "pauses_taken": 0,
            "paused_until": None,
        },
    )


def accept_password(*, identity_id: UUID, typed: str, actor: Actor, now: datetime) -> bool:
    """Decide whether ``typed`` is the identity's password, counting wrong tries.

    A password that opens the log-in is hashed anew where its pepper or its parameters are not today's. One that is
    refused is not: how long that takes would tell that it was right.

    Rule:   TRY-1: only the holder of a device comes this far, so that wrong passwords end in a block. KEY-3.
    Locks:  the identity's row, then the factor's.
    Writes: PasswordFactor, AuditEvent, Identity; when it blocks: PendingChange, Delivery.
    """
    assert_in_transaction()
    identity = _IDENTITY.first(identity_id)
    if identity is None:
        raise Identity.DoesNotExist
    factor = _PASSWORD.first(identity_id)
    is_right, is_outdated = verify_password(
        _owned(typed, identity_id), identity.password
    )  # takes as long for who has none
    if factor is None or is_paused(factor.tries, now=now) or factor.state != PasswordState.ACTIVE:
        return False
    if is_right and is_outdated:
        identity.password = encoded_password(typed, identity_id=identity_id)
        identity.save(update_fields=["password"])
    tries = NO_TRIES if is_right else after_wrong_try(factor.tries, may_block=True, now=now)
    factor.count(tries)
    if is_right:
        factor.last_used_at = now
    put_back(factor, "wrong_in_a_row", "pauses_taken", "paused_until", "last_used_at")
    kind = AuthenticatorKind.PASSWORD
    if tries.is_blocked:
        reason = AuthenticatorBlockReason.WRONG_TRIES
        block_locked(identity=identity, kind=kind, row=factor, reason=reason, actor=actor, now=now)
    elif is_paused(tries, now=now):
        events.authenticator_paused(identity_id=identity_id, kind=kind, actor=actor, now=now)
    return is_right
