"""An app is copied to a new phone by way of the old one: asked for, waited for, shown as a ticket, or stopped."""

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from audit.api import Actor
from authentication.app_api.queries import copy_by_id
from authentication.queries import Login
from authentication.states import Ending
from authentication.steps import end_other_logins, locked_identity_of
from identities.api import (
    CancelledBy,
    ChangeField,
    ChangeNotTaken,
    ChangeState,
    ChangeWaits,
    ConfirmRefused,
    SecondLogin,
    TicketIssued,
    TicketRefused,
    cancel_change,
    confirm_pending_change,
    create_change,
    issue_copy_ticket,
)


@dataclass(frozen=True)
class SessionEnded:
    """The session was ended between the view and the act."""


@dataclass(frozen=True)
class NoSuchCopy:
    """There is no copy of this id that this identity asked for from this app."""


@transaction.atomic(durable=True)
def ask_for_copy(*, login: Login, app_id: UUID, now: datetime) -> ChangeWaits | ChangeNotTaken | SessionEnded:
    """Store the wish to copy an app to a new phone, and alert every channel.

    Rule:    CHG-1, CHG-2, CHG-3, CHG-7.
    Returns: a refusal is committed: its audit event must survive.
    Locks:   the identity's row.
    Writes:  PendingChange, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return SessionEnded()
    return create_change(
        identity_id=identity.id,
        field=ChangeField.APP_COPY,
        new_value=json.dumps({"app": str(app_id)}),
        proof_id=None,
        login_id=login.id,
        login_level=login.level,
        wait=settings.CHANGE_WAIT_FOR,
        lasts=settings.CHANGE_WINDOW_FOR,
        stop_address=_stop_address,
        actor=Actor.citizen(identity.id),
        now=now,
    )


@transaction.atomic(durable=True)
def show_ticket(
    *, login: Login, app_id: UUID, change_id: UUID, now: datetime
) -> TicketIssued | TicketRefused | ConfirmRefused | NoSuchCopy | SessionEnded:
    """Confirm a copy whose wait is over, unless that was done before, and make a ticket for the new phone.

    ``login`` was made with the PIN a moment ago: the second, fresh authentication that CHG-4 asks for. Until the window
    closes another ticket may be had in the same way, for who was slow; the first new phone uses the copy up.

    Rule:    CHG-3, CHG-4, CHG-5.
    Returns: a refusal is committed: its audit event must survive.
    Locks:   the identity's row, then the change's, then the other logins'.
    Writes:  PendingChange, CopyTicket, Login, KnownBrowser, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return SessionEnded()
    change = copy_by_id(identity_id=identity.id, app_id=app_id, change_id=change_id)
    if change is None:
        return NoSuchCopy()
    if change.state is not ChangeState.CONFIRMED:
        outcome = confirm_pending_change(
            identity_id=identity.id,
            change_id=change_id,
            second=SecondLogin(id=login.id, at=login.at, level=login.level, app_id=app_id),
            actor=Actor.citizen(identity.id),
            now=now,
        )
        if isinstance(outcome, ConfirmRefused):
            return outcome
        end_other_logins(identity_id=identity.id, keep=login.id, ending=Ending.CHANGE_CONFIRMED, now=now)
    return issue_copy_ticket(app_id=app_id, change_id=change_id, now=now)


@transaction.atomic(durable=True)
def stop_copy(*, login: Login, app_id: UUID, change_id: UUID, now: datetime) -> bool | NoSuchCopy | SessionEnded:
    """Stop a copy that waits; never gated.

    Rule:    CHG-6.
    Returns: False when it does not wait any more.
    Locks:   the identity's row, then the change's.
    Writes:  PendingChange, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return SessionEnded()
    if copy_by_id(identity_id=identity.id, app_id=app_id, change_id=change_id) is None:
        return NoSuchCopy()
    return cancel_change(
        identity_id=identity.id,
        change_id=change_id,
        by=CancelledBy.CITIZEN,
        actor=Actor.citizen(identity.id),
        now=now,
    )


def _stop_address(token: str) -> str:
    address: str = settings.PUBLIC_ADDRESS
    return urljoin(address, reverse("selfservice:stop", kwargs={"token": token}))
