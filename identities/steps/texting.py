"""Telling citizens what was written to the carrier from their number, on every channel but that one."""

from datetime import datetime, timedelta
from typing import Final

from audit.api import Actor
from hsm.api import blind_index_candidates
from identities import events, sealing
from identities.models import ContactPoint, Identity, PendingChange
from identities.states import ChangeState, ContactKind, ContactState
from identities.steps.alerts import alert_citizen
from identities.steps.guard import assert_in_transaction
from notifications.api import (
    ChangeStillWaits,
    Channel,
    Message,
    TextsStopped,
    lift_opt_out,
    note_opt_out,
    times_told,
)

TOLD_A_DAY: Final = 3  # a sender can be forged: who writes STOP and START in turn buries nobody in alerts
DAY: Final = timedelta(days=1)


def note_texts_stopped(*, phone: str, provider: str, now: datetime) -> None:
    """Note that a provider was told from a number to send no more texts, and tell the number's owners elsewhere.

    Rule:   ALR-2, ALR-5, CHG-6: it stops no change, and the owners hear so.
    Locks:  the identities that have the phone, then the note.
    Writes: SmsOptOut, AuditEvent, Delivery.
    """
    owners = _locked_owners(phone)
    is_new = note_opt_out(phone=phone, provider=provider, now=now)
    for identity in owners:
        if is_new:
            events.texts_stopped(identity_id=identity.id, provider=provider, actor=Actor.alert_holder(), now=now)
            _tell(identity, TextsStopped(at=now), now=now)
        _tell_what_waits(identity, now=now)


def note_texts_started(*, phone: str, provider: str, now: datetime) -> bool:
    """Note that a provider was told from a number to send texts again; False when nobody had stopped them.

    Locks:  the identities that have the phone, then the note.
    Writes: SmsOptOut, AuditEvent.
    """
    owners = _locked_owners(phone)
    if not lift_opt_out(phone=phone, provider=provider):
        return False
    for identity in owners:
        events.texts_started(identity_id=identity.id, provider=provider, actor=Actor.alert_holder(), now=now)
    return True


def tell_what_waits(*, phone: str, now: datetime) -> None:
    """Tell the owners of a number on their other channels that what was written from it stopped no change.

    Rule:   CHG-6.
    Locks:  the identities that have the phone.
    Writes: Delivery.
    """
    for identity in _locked_owners(phone):
        _tell_what_waits(identity, now=now)


def _tell_what_waits(identity: Identity, *, now: datetime) -> None:
    waiting = PendingChange.objects.filter(identity=identity, state=ChangeState.PENDING, closes_at__gt=now)
    first = waiting.order_by("opens_at", "id").first()
    if first is not None:
        _tell(identity, ChangeStillWaits(field=first.field, opens_at=first.opens_at), now=now)


def _tell(identity: Identity, message: Message, *, now: datetime) -> None:
    if times_told(reference=identity.id, kind=message.kind, since=now - DAY) < TOLD_A_DAY:
        alert_citizen(identity=identity, message=message, now=now, not_by=Channel.SMS)


def _locked_owners(phone: str) -> list[Identity]:
    """Lock the identities whose phone this is now; of those that had it once, another phone tells."""
    assert_in_transaction()
    indexes = blind_index_candidates(phone, purpose=sealing.contact(ContactKind.PHONE))
    points = ContactPoint.objects.filter(value_index__in=indexes, kind=ContactKind.PHONE, state=ContactState.ACTIVE)
    rows = Identity.objects.select_for_update(no_key=True).filter(pk__in=points.values("identity_id"))
    return list(rows.order_by("pk"))
