"""Every authenticator on one page: stopped at once, added and reopened with two logins (AUT-1, BLK-1, BLK-3)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from audit.api import Actor, EventKind, events_about
from authentication.api import Door
from authentication.models import Login as LoginRow
from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
    ChangeField,
    authenticators_of,
)
from identities.api import suspend_authenticator as suspended_by
from identities.models import PendingChange
from notifications.api import MessageKind, deliveries_of
from selfservice.rules import still_opens
from selfservice.usecases.block_authenticator import block_authenticator
from selfservice.usecases.outcomes import LoginEnded
from selfservice.usecases.sign_out_everywhere import sign_out_everywhere
from selfservice.usecases.suspend_authenticator import suspend_authenticator
from tests.factories.authenticators import a_chip_row, an_app_row
from tests.factories.identities import Resident, a_resident
from tests.factories.selfservice import a_login, a_requested_change, change_row, log_in
from tests.selfservice.reading import Travel, text_of, url

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ACTS = {"suspend": suspend_authenticator, "block": block_authenticator}
STATES = {"suspend": AuthenticatorState.SUSPENDED, "block": AuthenticatorState.BLOCKED}
EVENTS = {"suspend": EventKind.AUTHENTICATOR_SUSPENDED, "block": EventKind.AUTHENTICATOR_BLOCKED}
ALERTS = {"suspend": MessageKind.AUTHENTICATOR_SUSPENDED, "block": MessageKind.AUTHENTICATOR_BLOCKED}
REASON = AuthenticatorBlockReason.LOST_DEVICE


def one(resident: Resident, kind: AuthenticatorKind):
    return next(view for view in authenticators_of(resident.identity_id) if view.kind is kind)


def address(act: str, view) -> str:
    return url(f"{act}-authenticator", kind=view.kind.value, authenticator_id=view.id)


def everything(resident: Resident, now) -> None:
    an_app_row(resident.identity_id, now=now)
    a_chip_row(resident.identity_id, now=now)


@pytest.mark.parametrize("act", ["suspend", "block"])
@pytest.mark.parametrize(
    "kind", [AuthenticatorKind.APP, AuthenticatorKind.CODE_DISPLAY, AuthenticatorKind.CHIP, AuthenticatorKind.PASSWORD]
)
def test_blk_1_the_citizen_stops_one_at_once(resident: Resident, now, act: str, kind: AuthenticatorKind) -> None:
    """BLK-1: never gated; it ends logins and changes, is recorded and told of."""
    everything(resident, now)
    login = a_login(resident.identity_id, at=now)
    change = a_requested_change(login, ChangeField.USER_ID, now=now)
    view, later = one(resident, kind), now + MINUTE
    typed = {"login": login, "kind": kind, "authenticator_id": view.id, "reason": REASON}
    assert ACTS[act](**typed, now=later) is True
    after = one(resident, kind)
    assert after.state is STATES[act]
    assert after.suspended_by is (BlockSource.CITIZEN if act == "suspend" else None)
    assert change_row(change.change_id).state == "cancelled"
    event = next(event for event in events_about(subject_id=resident.identity_id, limit=5) if event.kind is EVENTS[act])
    assert (event.actor, event.facts["reason"]) == (Actor.citizen(resident.identity_id), "lost_device")
    assert sum(line.kind is ALERTS[act] for line in deliveries_of(reference=resident.identity_id, limit=50)) >= 2
    assert ACTS[act](**typed, now=later + MINUTE) == LoginEnded()


@pytest.mark.parametrize("act", ["suspend", "block"])
def test_somebody_elses_authenticator_is_none(browser: Client, citizen: Resident, travel: Travel, act: str) -> None:
    now = travel()
    other = a_resident(now=now)
    view = one(other, AuthenticatorKind.CODE_DISPLAY)
    login = log_in(browser, citizen.identity_id, at=now)
    typed = {"login": login, "kind": view.kind, "authenticator_id": view.id, "reason": REASON}
    assert ACTS[act](**typed, now=now) is False
    for page in (address(act, view), url(f"{act}-authenticator", kind="chip", authenticator_id=uuid4())):
        assert browser.get(page).status_code == 404
        assert browser.post(page, {"reason": "own_wish"}).status_code == 404
    assert browser.get(address(act, view).replace("code_display", "torch")).status_code == 404
    assert one(other, AuthenticatorKind.CODE_DISPLAY).state is AuthenticatorState.ACTIVE


def test_the_page_shows_each_with_what_can_be_done(browser: Client, citizen: Resident, travel: Travel) -> None:
    """SLF-1, AUT-1: names, states, levels, times; the limits in words."""
    now = travel()
    everything(citizen, now)
    log_in(browser, citizen.identity_id, at=now)
    page = text_of(browser.get(url("authenticators")))
    for shown in (
        "App on an Android phone",
        f"Code display {citizen.device.serial}",
        "Chip",
        "Password",
        "Substantial",
    ):
        assert shown in page
    for kind in ("app", "code_display", "chip", "password"):
        assert f"/authenticators/{kind}/" in page
    assert "you have one already" in page
    assert "three apps, one chip" in page
    assert url("add-app") in page
    assert url("add-chip") not in page


@pytest.mark.parametrize("act", ["suspend", "block"])
def test_stopping_logs_the_browser_out_and_says_so(
    browser: Client, citizen: Resident, travel: Travel, act: str
) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    view = one(citizen, AuthenticatorKind.CODE_DISPLAY)
    page = text_of(browser.get(address(act, view)))
    assert "Then you cannot log in any more" in page
    assert browser.post(address(act, view), {"reason": "nonsense"}).status_code == 422
    done = browser.post(address(act, view), {"reason": "lost_device"})
    assert done["Location"] == url("stopped", act=act)
    assert "logged out everywhere" in text_of(browser.get(done["Location"]))
    assert browser.get(url("authenticators")).status_code == 302


def test_nothing_is_offered_for_what_is_blocked(browser: Client, citizen: Resident, travel: Travel) -> None:
    """AUT-1: never again."""
    view = one(citizen, AuthenticatorKind.CODE_DISPLAY)
    login = a_login(citizen.identity_id, at=travel())
    block_authenticator(login=login, kind=view.kind, authenticator_id=view.id, reason=REASON, now=travel())
    log_in(browser, citizen.identity_id, at=travel(MINUTE))
    page = text_of(browser.get(url("authenticators")))
    assert "These never open anything again" in page
    for act in ("suspend", "block", "reopen"):
        assert address(act, view) not in page
    for act in ("suspend", "block"):
        assert browser.get(address(act, view)).status_code == 404


def test_blk_3_what_the_citizen_suspended_is_reopened_with_two_logins(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    """BLK-3."""
    view = one(citizen, AuthenticatorKind.PASSWORD)
    login = a_login(citizen.identity_id, at=travel())
    suspend_authenticator(login=login, kind=view.kind, authenticator_id=view.id, reason=REASON, now=travel())
    log_in(browser, citizen.identity_id, at=travel(MINUTE))
    assert address("reopen", view) in text_of(browser.get(url("authenticators")))
    browser.get(address("reopen", view))
    waits = browser.post(address("reopen", view))["Location"]
    page = text_of(browser.get(waits))
    assert "<td>Password</td>" in page
    assert str(view.id) not in page
    assert "See the change that waits" in text_of(browser.get(address("reopen", view)))
    log_in(browser, citizen.identity_id, at=travel(HOUR + MINUTE))
    assert browser.post(waits, {"act": "confirm"}).status_code == 302
    assert one(citizen, AuthenticatorKind.PASSWORD).state is AuthenticatorState.ACTIVE


def test_blk_3_what_somebody_else_suspended_is_not_the_citizens_to_reopen(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    """BLK-3."""
    view = one(citizen, AuthenticatorKind.CODE_DISPLAY)
    with transaction.atomic():
        suspended_by(
            identity_id=citizen.identity_id,
            kind=view.kind,
            authenticator_id=view.id,
            source=BlockSource.SUPPORT,
            actor=Actor.system(),
            now=travel(),
        )
    log_in(browser, citizen.identity_id, at=travel(MINUTE))
    assert address("reopen", view) not in text_of(browser.get(url("authenticators")))
    assert "only what you alone have suspended" in text_of(browser.get(address("reopen", view)))
    refused = browser.post(address("reopen", view))
    assert refused.status_code == 422
    assert not PendingChange.objects.exists()


def test_the_apps_code_is_shown_once_after_the_second_login(browser: Client, citizen: Resident, travel: Travel) -> None:
    """SEC-4, SEC-5, CHG-4."""
    log_in(browser, citizen.identity_id, at=travel())
    assert "30 minutes" in text_of(browser.get(url("add-app")))
    waits = browser.post(url("add-app"))["Location"]
    assert "<td>App</td>" in text_of(browser.get(waits))
    log_in(browser, citizen.identity_id, at=travel(HOUR + MINUTE))
    shown = browser.post(waits, {"act": "confirm"})
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    code = text_of(shown).split("data-activation-code>")[1].split("<")[0]
    assert [len(group) for group in code.split(" ")] == [3, 3, 4, 4]
    assert "http://127.0.0.1:8000/app/" in text_of(shown)
    done = browser.get(f"{waits}done/")  # opened by hand: nothing leads there
    assert "You may set up your new app" in text_of(done)
    assert "was shown once" in text_of(done)
    for again in (
        browser.post(waits, {"act": "confirm"}),
        browser.get(waits),
        browser.get(url("authenticators")),
        done,
    ):
        assert code not in text_of(again)


def test_a_fourth_app_is_not_asked_for(browser: Client, citizen: Resident, travel: Travel) -> None:
    """AUT-1: three."""
    for _ in range(3):
        an_app_row(citizen.identity_id, now=travel())
    log_in(browser, citizen.identity_id, at=travel())
    assert "you have three already" in text_of(browser.get(url("authenticators")))
    refused = browser.post(url("add-app"))
    assert refused.status_code == 422
    assert "as many of these as you may" in text_of(refused)


def test_a_copy_is_confirmed_in_the_app_and_nowhere_else(browser: Client, citizen: Resident, travel: Travel) -> None:
    app = an_app_row(citizen.identity_id, now=travel())
    login = a_login(citizen.identity_id, at=travel(), door=Door.APP)
    change = a_requested_change(login, ChangeField.APP_COPY, value=f'{{"app": "{app.id}"}}', now=travel())
    log_in(browser, citizen.identity_id, at=travel(HOUR + MINUTE))
    page = text_of(browser.get(url("change", change_id=change.change_id)))
    assert "App on an Android phone" in page
    assert str(app.id) not in page
    assert 'value="confirm"' not in page
    refused = browser.post(url("change", change_id=change.change_id), {"act": "confirm"})
    assert refused.status_code == 422
    assert "Confirm this in the app" in text_of(refused)


def test_signing_out_everywhere_ends_every_login_and_leaves_changes(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    now = travel()
    other = Client()
    login = log_in(other, citizen.identity_id, at=now)
    a_login(citizen.identity_id, at=now, door=Door.APP)
    change = a_requested_change(login, ChangeField.USER_ID, now=now)
    log_in(browser, citizen.identity_id, at=now)
    assert browser.get(url("sign-out-everywhere")).status_code == 405
    assert browser.post(url("sign-out-everywhere"))["Location"] == url("stopped", act="sign_out")
    for client in (browser, other):
        assert client.get(url("profile")).status_code == 302
    assert not LoginRow.objects.filter(ended_at__isnull=True).exists()
    assert change_row(change.change_id).state == "pending"
    ended = events_about(subject_id=citizen.identity_id, kinds=frozenset({EventKind.SIGNED_OUT}), limit=9)
    assert len(ended) == 3


def test_a_login_that_has_ended_signs_nobody_out(resident: Resident, now) -> None:
    first, second = (a_login(resident.identity_id, at=now) for _ in range(2))
    assert sign_out_everywhere(login=first, now=now + MINUTE) is True
    assert sign_out_everywhere(login=second, now=now + 2 * MINUTE) == LoginEnded()


def test_an_act_nobody_knows_has_no_page(browser: Client, db: None) -> None:
    assert browser.get(url("stopped", act="dance")).status_code == 404


@pytest.mark.parametrize(
    ("left", "opens"),
    [
        ({AuthenticatorKind.APP}, True),
        ({AuthenticatorKind.PASSWORD}, False),
        ({AuthenticatorKind.CHIP}, False),
        ({AuthenticatorKind.CHIP, AuthenticatorKind.PASSWORD}, True),
        ({AuthenticatorKind.CODE_DISPLAY, AuthenticatorKind.PASSWORD}, True),
        (set(), False),
    ],
)
def test_apr_7_what_is_left_opens_or_not(resident: Resident, now, left, opens: bool) -> None:
    """APR-7: the app alone, everything else with the password."""
    everything(resident, now)
    views = authenticators_of(resident.identity_id)
    gone = next(view for view in views if view.kind not in left)
    live = [view for view in views if view.kind in left or view is gone]
    assert still_opens(live, without=gone) is opens
