"""Citizens with an app, and requests that wait for it."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.test import Client

from audit.api import Actor
from authentication.outcomes import AppAsked
from authentication.states import Purpose
from authentication.usecases.choose_app import choose_app
from authentication.usecases.open_request import open_request
from identities.api import AssuranceLevel, BlockReason, BlockSource, block_identity
from tests.authentication.app_api.wires import CheckedWire
from tests.factories.app_client import PIN, PhoneApp
from tests.factories.apps import an_app
from tests.factories.identities import Resident


def a_fresh_phone(**more) -> PhoneApp:
    """Give a phone without an app."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=True)
    return PhoneApp(CheckedWire(client), address=settings.PUBLIC_ADDRESS, **more)


def a_phone_of(resident: Resident, *, now: datetime, level=AssuranceLevel.SUBSTANTIAL, **more) -> PhoneApp:
    """Enrol an app for a citizen, and give the phone that it is on."""
    app = an_app(resident, now=now, level=level, pin=PIN)
    return a_fresh_phone(key=app.phone.key, app_id=app.id, installation_id=app.phone.installation_id, **more)


def a_request_to(resident: Resident, *, now: datetime) -> tuple[UUID, AppAsked]:
    """Let a browser ask for a log-in with the app."""
    opened = open_request(purpose=Purpose.PORTAL_LOGIN, user_id=resident.user_id, source="s", now=now)
    asked = choose_app(request_id=opened.id, browser_token=None, opening_code=None, now=now)
    assert isinstance(asked, AppAsked), asked
    return opened.id, asked


def block(resident: Resident, *, now: datetime) -> None:
    """Block the whole identity."""
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.SUPPORT,
            reason=BlockReason.LOST_DEVICE,
            actor=Actor.system(),
            now=now,
        )
