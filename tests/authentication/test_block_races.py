"""A login that is made while a block is on its way is as dead as those of before it (BLK-1)."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from audit.api import Actor
from authentication.outcomes import DeviceAccepted, LoggedIn, LoginRefused
from authentication.queries import living_login
from authentication.states import Door, LoginRefusal
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.open_app_login import open_app_login
from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockSource,
    authenticators_of,
    block_authenticator,
    end_logins,
    suspend_authenticator,
)
from tests.authentication.acts import log_in, opened
from tests.factories.apps import an_app
from tests.factories.identities import a_resident
from tests.factories.together import at_once

MOMENT = timedelta(milliseconds=5)


def stop(resident, act, at):
    """Block or suspend the code display, or sign out everywhere, as views do that read the clock at ``at``."""
    [display] = authenticators_of(resident.identity_id, kinds={AuthenticatorKind.CODE_DISPLAY})
    what = {"identity_id": resident.identity_id, "kind": display.kind, "authenticator_id": display.id}
    with transaction.atomic():
        if act == "block":
            reason = AuthenticatorBlockReason.LOST_DEVICE
            block_authenticator(**what, reason=reason, actor=Actor.system(), now=at)
        elif act == "suspend":
            suspend_authenticator(**what, source=BlockSource.SUPPORT, actor=Actor.system(), now=at)
        else:
            end_logins(identity_id=resident.identity_id, now=at)


def lives(login_id, door, now):
    return living_login(login_id=login_id, door=door, now=now) is not None


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["block", "suspend", "sign out"])
def test_blk_1_a_login_that_read_the_clock_later_and_was_there_first_is_dead(act, now):
    """BLK-1: at the door, and in the app."""
    resident = a_resident(now=now - MOMENT)
    app = an_app(resident, now=now - MOMENT)
    login = log_in(resident, now + MOMENT)
    in_app = open_app_login(app_id=app.id, pin=app.pin, now=now + 2 * MOMENT)
    assert isinstance(in_app, LoggedIn)
    stop(resident, act, now)
    assert not lives(login.login_id, Door.PORTAL, now + 3 * MOMENT)
    assert not lives(in_app.login_id, Door.APP, now + 3 * MOMENT)
    after = open_app_login(app_id=app.id, pin=app.pin, now=now + 3 * MOMENT)
    assert isinstance(after, LoggedIn)
    assert lives(after.login_id, Door.APP, now + 4 * MOMENT)


@pytest.mark.django_db
def test_blk_1_a_code_of_the_lost_display_given_while_the_block_is_on_its_way_leads_nowhere(now):
    """BLK-1: the request is younger than the block's clock, and older than its lock."""
    resident = a_resident(now=now)
    at = now + MOMENT
    request_id = opened(resident.user_id, at=at)
    given = give_code(request_id=request_id, code=resident.device.code(at), source="here", now=at)
    assert given == DeviceAccepted()
    stop(resident, "block", now)
    outcome = give_password(request_id=request_id, password=resident.password, now=at + MOMENT)
    assert outcome == LoginRefused(LoginRefusal.EXPIRED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_ahead", [True, False])
def test_blk_1_of_a_login_and_a_block_at_once_no_login_is_left(is_ahead, now):
    """BLK-1: whoever has the identity first, and whoever read the clock first."""
    for number in range(4):
        resident = a_resident(now=now)
        at = now + timedelta(minutes=number)
        request_id = opened(resident.user_id, at=at)
        code = resident.device.code(at)
        assert give_code(request_id=request_id, code=code, source="here", now=at) == DeviceAccepted()
        of_login, of_block = (at + 2 * MOMENT, at + MOMENT) if is_ahead else (at + MOMENT, at + 2 * MOMENT)
        give = partial(give_password, request_id=request_id, password=resident.password, now=of_login)
        outcome, _ = at_once(give, partial(stop, resident, "block", of_block))
        assert isinstance(outcome, LoggedIn | LoginRefused)
        if isinstance(outcome, LoggedIn):
            assert not lives(outcome.login_id, Door.PORTAL, at + 3 * MOMENT)
