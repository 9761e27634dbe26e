"""An app is copied to a new phone: the old one shows a ticket, the new one takes it (ALR-2, SEC-5)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hsm.api import blind_index, blind_index_candidates
from identities import events, sealing
from identities.models import App, AppEnrolment, CopyTicket, Identity, PendingChange
from identities.rules.codes import COPY_TICKET_LASTS
from identities.rules.wanted import wanted_copy
from identities.states import AuthenticatorState, ChangeField, ChangeState, EnrolmentState, IdentityState
from identities.steps.changes import new_value_of
from identities.steps.guard import assert_in_transaction

TOKEN_BYTES = 24


class TicketRefusal(StrEnum):
    """Why the old phone shows no ticket."""

    NOT_CONFIRMED = "not_confirmed"
    TOO_LATE = "too_late"
    ALREADY_COPIED = "already_copied"
    NOT_ACTIVE = "not_active"


@dataclass(frozen=True)
class TicketIssued:
    """The token is shown this once, as a QR code on the old phone."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class TicketRefused:
    """Nothing is shown."""

    reason: TicketRefusal


def issue_copy_ticket(*, app_id: UUID, change_id: UUID, now: datetime) -> TicketIssued | TicketRefused:
    """Give the old phone a ticket that a new one enrols with, for three minutes and once.

    The caller has just had the app's PIN. The ticket before dies: only what the screen shows now counts. A block
    since the confirmation ends the copy as it ends a code (BLK-1).

    Rule:   CHG-4: only a copy that a second login confirmed, and inside its window.
    Raises: PendingChange.DoesNotExist when the change is not a copy of this app.
    Locks:  the identity's row, then the change's.
    Writes: CopyTicket, AuditEvent.
    """
    assert_in_transaction()
    identity_id = App.objects.values_list("identity_id", flat=True).get(pk=app_id)
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    copy = PendingChange.objects.select_for_update().get(pk=change_id, identity=identity, field=ChangeField.APP_COPY)
    if wanted_copy(new_value_of(copy)) != app_id:
        raise PendingChange.DoesNotExist
    app = App.objects.get(pk=app_id)
    refusal = _refusal_of_ticket(identity, app, copy, now=now)
    if refusal is not None:
        return TicketRefused(reason=refusal)
    CopyTicket.objects.filter(copy=copy, used_at__isnull=True).delete()
    token, expires_at = secrets.token_urlsafe(TOKEN_BYTES), now + COPY_TICKET_LASTS
    index = blind_index(token, purpose=sealing.COPY_TOKEN)
    CopyTicket.objects.create(copy=copy, app=app, token_index=index, issued_at=now, expires_at=expires_at)
    events.app_copy_shown(identity_id=identity.id, change_id=copy.id, now=now)
    return TicketIssued(token=token, expires_at=expires_at)


def take_ticket(*, identity: Identity, token: str, now: datetime) -> PendingChange | None:
    """Spend the ticket that ``token`` stands for, and give the copy that it is of; None when it opens nothing.

    A token of somebody else's ticket opens nothing and spends nothing.

    Locks:  the ticket's row; the caller holds the identity's.
    Writes: CopyTicket.
    """
    assert_in_transaction()
    indexes = blind_index_candidates(token, purpose=sealing.COPY_TOKEN)
    ticket = (
        CopyTicket.objects.select_for_update(of=("self",))
        .select_related("copy")
        .filter(
            token_index__in=indexes,
            copy__identity=identity,
            app__state=AuthenticatorState.ACTIVE,
            used_at__isnull=True,
            expires_at__gt=now,
        )
        .first()
    )
    if ticket is None or is_copied(ticket.copy):
        return None
    ticket.used_at = now
    ticket.save(update_fields=["used_at"])
    return ticket.copy


def app_copied_by(copy: PendingChange) -> App:
    """Give the app that a copy is made of."""
    return App.objects.get(pk=wanted_copy(new_value_of(copy)))


def is_copied(copy: PendingChange) -> bool:
    """Tell whether a copy has arrived: one change puts an app on one new phone."""
    return AppEnrolment.objects.filter(copy=copy, state=EnrolmentState.USED).exists()


def _refusal_of_ticket(identity: Identity, app: App, copy: PendingChange, *, now: datetime) -> TicketRefusal | None:
    if identity.state != IdentityState.ACTIVE or app.state != AuthenticatorState.ACTIVE:
        return TicketRefusal.NOT_ACTIVE
    if copy.state != ChangeState.CONFIRMED or copy.ended_at is None:
        return TicketRefusal.NOT_CONFIRMED
    if identity.signed_out_at is not None and copy.ended_at <= identity.signed_out_at:
        return TicketRefusal.NOT_CONFIRMED
    if now >= copy.closes_at:
        return TicketRefusal.TOO_LATE
    if is_copied(copy):
        return TicketRefusal.ALREADY_COPIED
    return None
