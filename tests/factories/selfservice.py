"""Logins without the log-in pages, and changes as far as a test needs them."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.test import Client

from authentication.api import Door, Login
from authentication.models import ApprovalRequest
from authentication.models import Login as LoginRow
from authentication.states import Purpose, RequestState
from identities.api import AssuranceLevel, AuthenticatorKind, ChangeField, ChangeWaits, CodeSent, ContactKind
from identities.models import App, PendingChange
from notifications.api import Channel, MessageKind
from selfservice.usecases.outcomes import NewContact, NewUserId, NewValue
from selfservice.usecases.request_change import request_change
from selfservice.usecases.send_contact_code import send_contact_code
from tests.factories.authenticators import an_app_row
from tests.factories.identities import Resident, code_sent_to, texts_sent

NEW_PHONE = "+4531415926"
NEW_EMAIL = "den.nye@example.dk"
NEW_USER_ID = "havørn over klit"
NEW_PASSWORD_HASH = "peppered_argon2id$1$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"  # opens nothing
NEW_VALUES = {ChangeField.PASSWORD: NEW_PASSWORD_HASH, ChangeField.AUTHENTICATOR: '{"kind": "app"}'}
KINDS = {ChangeField.PHONE: ContactKind.PHONE, ChangeField.EMAIL: ContactKind.EMAIL}


def a_login(
    identity_id: UUID, *, at: datetime, level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL, door: Door = Door.PORTAL
) -> Login:
    """Log in, as the log-in pages would have."""
    purpose = {Door.PORTAL: Purpose.PORTAL_LOGIN, Door.BACKOFFICE: Purpose.BACKOFFICE_LOGIN}
    request = app = None
    if door is Door.APP:
        app = App.objects.filter(identity_id=identity_id).first() or an_app_row(identity_id, now=at)
    else:
        request = ApprovalRequest.objects.create(
            purpose=purpose[door],
            identity_id=identity_id,
            subject=identity_id,
            asks="Egne sider",
            reference_text="Log ind",
            level_wanted=level,
            nonce=bytes(32),
            source="test",
            state=RequestState.APPROVED,
            opened_at=at,
            expires_at=at + timedelta(minutes=5),
            authenticator=AuthenticatorKind.CODE_DISPLAY,
            enrolled_level=level,
        )
    row = LoginRow.objects.create(
        identity_id=identity_id,
        request=request,
        door=door,
        app=app,
        authenticator=AuthenticatorKind.APP if door is Door.APP else AuthenticatorKind.CODE_DISPLAY,
        level=level,
        at=at,
        last_seen_at=at,
    )
    return Login(id=row.id, identity_id=identity_id, door=door, at=at, level=level, app_id=row.app_id)


def log_in(client: Client, identity_id: UUID, *, at: datetime) -> Login:
    """Let a browser be logged in."""
    login = a_login(identity_id, at=at)
    session = client.session
    session["portal_login_id"] = str(login.id)
    session.save()
    return login


def wanted_contact(login: Login, kind: ContactKind, value: str, *, now: datetime) -> NewContact:
    """Have a code sent to a new contact and read it there."""
    sent = send_contact_code(login=login, kind=kind, value=value, now=now)
    assert isinstance(sent, CodeSent), sent
    return NewContact(proof_id=sent.proof_id, code=code_sent_to(owner_id=login.identity_id, kind=kind))


def a_requested_change(
    login: Login, field: ChangeField = ChangeField.PHONE, *, value: str | None = None, now: datetime
) -> ChangeWaits:
    """Ask for a change, as far as its first login goes."""
    wanted: NewContact | NewUserId | NewValue
    match field:
        case ChangeField.USER_ID:
            wanted = NewUserId(user_id=value or NEW_USER_ID)
        case ChangeField.PHONE:
            wanted = wanted_contact(login, ContactKind.PHONE, value or NEW_PHONE, now=now)
        case ChangeField.EMAIL:
            wanted = wanted_contact(login, ContactKind.EMAIL, value or NEW_EMAIL, now=now)
        case _:
            wanted = NewValue(value=value or NEW_VALUES[field])
    outcome = request_change(login=login, field=field, wanted=wanted, now=now)
    assert isinstance(outcome, ChangeWaits), outcome
    return outcome


def stop_code_for(resident: Resident) -> str:
    """Read the code that the newest alert's text message carries."""
    text = texts_sent(reference=resident.identity_id, channel=Channel.SMS, kind=MessageKind.CHANGE_REQUESTED)[0]
    found = re.search(r"NO ([0-9]{4})", text)
    assert found, text
    return found[1]


def stop_path_for(resident: Resident) -> str:
    """Read the path of the page that the newest alert's e-mail leads to."""
    text = texts_sent(reference=resident.identity_id, channel=Channel.EMAIL, kind=MessageKind.CHANGE_REQUESTED)[0]
    found = re.search(r"https?://[^/]+(/stop/[^/\s]+/)", text)
    assert found, text
    return found[1]


def stop_token_for(resident: Resident) -> str:
    """Read the token of that page."""
    return stop_path_for(resident).split("/")[2]


def change_row(change_id: UUID) -> PendingChange:
    """Read a change's row afresh."""
    return PendingChange.objects.get(pk=change_id)
