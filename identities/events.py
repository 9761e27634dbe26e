"""What this app writes into the log, one function per event."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, EventKind, record
from identities.states import (
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockReason,
    BlockSource,
    CancelledBy,
    ChangeField,
    CodeCarrier,
    ContactKind,
)


def identity_issued(*, identity_id: UUID, level: AssuranceLevel, actor: Actor, now: datetime) -> None:
    """An identity exists from now on."""
    record(
        kind=EventKind.IDENTITY_ISSUED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"level": level.name},
    )


def identity_blocked(
    *, identity_id: UUID, source: BlockSource, reason: BlockReason, actor: Actor, now: datetime
) -> None:
    """An identity is blocked, by whom and why (BLK-3)."""
    record(
        kind=EventKind.IDENTITY_BLOCKED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"source": source.value, "reason": reason.value},
    )


def identity_reopened(*, identity_id: UUID, blocks: int, actor: Actor, now: datetime) -> None:
    """A blocked identity works again (BLK-2)."""
    record(
        kind=EventKind.IDENTITY_REOPENED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"blocks": blocks},
    )


def contact_code_sent(*, owner_id: UUID, kind: ContactKind, actor: Actor, now: datetime) -> None:
    """A code is on its way to a contact that is to be proven."""
    record(kind=EventKind.CONTACT_CODE_SENT, actor=actor, subject_id=owner_id, at=now, facts={"kind": kind.value})


def contact_code_refused(*, owner_id: UUID, kind: ContactKind, reason: str, actor: Actor, now: datetime) -> None:
    """A code typed for a contact was not accepted."""
    record(
        kind=EventKind.CONTACT_CODE_REFUSED,
        actor=actor,
        subject_id=owner_id,
        at=now,
        facts={"kind": kind.value, "reason": reason},
    )


def contact_code_not_sent(*, owner_id: UUID, kind: ContactKind, reason: str, actor: Actor, now: datetime) -> None:
    """A code for a contact was asked for and not sent: too many went out (TRY-2)."""
    record(
        kind=EventKind.CONTACT_CODE_NOT_SENT,
        actor=actor,
        subject_id=owner_id,
        at=now,
        facts={"kind": kind.value, "reason": reason},
    )


def contact_proven(*, owner_id: UUID, kind: ContactKind, actor: Actor, now: datetime) -> None:
    """A contact is shown to be its holder's."""
    record(kind=EventKind.CONTACT_PROVEN, actor=actor, subject_id=owner_id, at=now, facts={"kind": kind.value})


def contact_registered(*, identity_id: UUID, kind: ContactKind, actor: Actor, now: datetime) -> None:
    """An identity has its first contact of a kind."""
    record(
        kind=EventKind.CONTACT_REGISTERED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"kind": kind.value},
    )


def contact_replaced(*, identity_id: UUID, kind: ContactKind, actor: Actor, now: datetime) -> None:
    """An identity's contact of a kind is another one from now on."""
    record(
        kind=EventKind.CONTACT_REPLACED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"kind": kind.value},
    )


def user_id_changed(*, identity_id: UUID, actor: Actor, now: datetime) -> None:
    """An identity is logged in to with another user ID from now on."""
    record(kind=EventKind.USER_ID_CHANGED, actor=actor, subject_id=identity_id, at=now)


def code_display_handed_out(*, identity_id: UUID, serial: str, actor: Actor, now: datetime) -> None:
    """A device from the stock is in the citizen's hands."""
    record(
        kind=EventKind.CODE_DISPLAY_HANDED_OUT,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"serial": serial},
    )


def activation_code_issued(
    *,
    identity_id: UUID,
    kind: AuthenticatorKind,
    serial: str | None,
    carrier: CodeCarrier,
    actor: Actor,
    now: datetime,
) -> None:
    """An activation code for one authenticator is in the citizen's hands, or on its way to them (SEC-4)."""
    record(
        kind=EventKind.ACTIVATION_CODE_ISSUED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value, "serial": serial, "carrier": carrier.value},
    )


def activation_code_refused(
    *, identity_id: UUID, kind: AuthenticatorKind, carrier: CodeCarrier, reason: str, actor: Actor, now: datetime
) -> None:
    """An activation code was asked for and not given (SEC-7, AUT-1)."""
    record(
        kind=EventKind.ACTIVATION_CODE_REFUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value, "carrier": carrier.value, "reason": reason},
    )


def activation_refused(*, identity_id: UUID | None, reason: str, actor: Actor, now: datetime) -> None:
    """Somebody tried to activate a device and did not."""
    record(
        kind=EventKind.ACTIVATION_REFUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"reason": reason},
    )


def temporary_pin_sent(*, identity_id: UUID, actor: Actor, now: datetime) -> None:
    """The second code of an app's activation is on its way to the registered phone (SEC-5)."""
    record(kind=EventKind.TEMPORARY_PIN_SENT, actor=actor, subject_id=identity_id, at=now)


def app_copy_shown(*, identity_id: UUID, change_id: UUID, now: datetime) -> None:
    """The old phone shows what a new one enrols with."""
    record(
        kind=EventKind.APP_COPY_SHOWN,
        actor=Actor.citizen(identity_id),
        subject_id=identity_id,
        at=now,
        facts={"change": change_id},
    )


def authenticator_activated(
    *, identity_id: UUID, kind: AuthenticatorKind, serial: str | None, actor: Actor, now: datetime
) -> None:
    """An authenticator opens the identity from now on."""
    record(
        kind=EventKind.AUTHENTICATOR_ACTIVATED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value, "serial": serial},
    )


def authenticator_paused(*, identity_id: UUID | None, kind: AuthenticatorKind, actor: Actor, now: datetime) -> None:
    """Three wrong tries paused a factor (TRY-1); nobody's, where the user ID is nobody's (TRY-2)."""
    record(
        kind=EventKind.AUTHENTICATOR_PAUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value},
    )


def authenticator_suspended(
    *,
    identity_id: UUID,
    kind: AuthenticatorKind,
    source: BlockSource,
    reason: AuthenticatorBlockReason | None,
    actor: Actor,
    now: datetime,
) -> None:
    """An authenticator opens nothing until it is reopened; by whom it was suspended (BLK-1, BLK-3)."""
    record(
        kind=EventKind.AUTHENTICATOR_SUSPENDED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={
            "authenticator": kind.value,
            "source": source.value,
            "reason": reason.value if reason else None,
        },
    )


def authenticator_reopened(*, identity_id: UUID, kind: AuthenticatorKind, actor: Actor, now: datetime) -> None:
    """A suspended authenticator opens the identity again (BLK-3)."""
    record(
        kind=EventKind.AUTHENTICATOR_REOPENED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value},
    )


def authenticator_blocked(
    *, identity_id: UUID, kind: AuthenticatorKind, reason: str, actor: Actor, now: datetime
) -> None:
    """A factor opens the identity no more (TRY-1, AUT-1)."""
    record(
        kind=EventKind.AUTHENTICATOR_BLOCKED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value, "reason": reason},
    )


def code_device_resynced(
    *, identity_id: UUID, kind: AuthenticatorKind, serial: str, actor: Actor, now: datetime
) -> None:
    """A device's clock was found again (SEC-3)."""
    record(
        kind=EventKind.CODE_DEVICE_RESYNCED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value, "serial": serial},
    )


def resync_refused(*, identity_id: UUID, kind: AuthenticatorKind, serial: str, actor: Actor, now: datetime) -> None:
    """Two codes were given that a device does not show one after the other (SEC-3)."""
    record(
        kind=EventKind.RESYNC_REFUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"authenticator": kind.value, "serial": serial},
    )


def change_requested(*, identity_id: UUID, change_id: UUID, field: ChangeField, actor: Actor, now: datetime) -> None:
    """A change waits for its second login (CHG-1)."""
    record(
        kind=EventKind.CHANGE_REQUESTED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"change": change_id, "field": field.value},
    )


def change_request_refused(*, identity_id: UUID, field: ChangeField, reason: str, actor: Actor, now: datetime) -> None:
    """A change was asked for and not taken."""
    record(
        kind=EventKind.CHANGE_REQUEST_REFUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"field": field.value, "reason": reason},
    )


def change_confirmed(*, identity_id: UUID, change_id: UUID, field: ChangeField, actor: Actor, now: datetime) -> None:
    """A change is made (CHG-4)."""
    record(
        kind=EventKind.CHANGE_CONFIRMED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"change": change_id, "field": field.value},
    )


def change_confirm_refused(
    *, identity_id: UUID, change_id: UUID, field: ChangeField, reason: str, actor: Actor, now: datetime
) -> None:
    """A confirmation came too early, too late or from the wrong login."""
    record(
        kind=EventKind.CHANGE_CONFIRM_REFUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"change": change_id, "field": field.value, "reason": reason},
    )


def change_cancelled(
    *,
    identity_id: UUID,
    change_id: UUID,
    field: ChangeField,
    by: CancelledBy,
    actor: Actor,
    now: datetime,
) -> None:
    """A change is stopped, by whom (CHG-6)."""
    record(
        kind=EventKind.CHANGE_CANCELLED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"change": change_id, "field": field.value, "by": by.value},
    )


def change_expired(*, identity_id: UUID, change_id: UUID, field: ChangeField, actor: Actor, now: datetime) -> None:
    """A change's window closed without a second login (CHG-4)."""
    record(
        kind=EventKind.CHANGE_EXPIRED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"change": change_id, "field": field.value},
    )


def change_stop_refused(*, identity_id: UUID | None, reason: str, actor: Actor, now: datetime) -> None:
    """Somebody answered an alert with a code that stops nothing (CHG-6)."""
    record(
        kind=EventKind.CHANGE_STOP_REFUSED,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"reason": reason},
    )


def texts_stopped(*, identity_id: UUID, provider: str, actor: Actor, now: datetime) -> None:
    """A carrier was told from an identity's phone to send no more of our texts (ALR-5)."""
    record(kind=EventKind.TEXTS_STOPPED, actor=actor, subject_id=identity_id, at=now, facts={"provider": provider})


def texts_started(*, identity_id: UUID, provider: str, actor: Actor, now: datetime) -> None:
    """A carrier was told from an identity's phone to send our texts again."""
    record(kind=EventKind.TEXTS_STARTED, actor=actor, subject_id=identity_id, at=now, facts={"provider": provider})
