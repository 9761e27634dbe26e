"""A citizen sets the clock of their own code device right (SEC-3, TRY-1)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from audit.api import EventKind, events_about
from identities.api import AuthenticatorKind, ResyncOutcome, authenticators_of
from identities.models import CodeDevice, DeviceTries
from identities.rules.tries import PAUSES
from selfservice.usecases.outcomes import LoginEnded
from selfservice.usecases.resync_own_device import resync_own_device
from selfservice.usecases.sign_out_everywhere import sign_out_everywhere
from tests.factories.authenticators import an_app_row
from tests.factories.identities import Resident, a_resident
from tests.factories.selfservice import a_login, log_in
from tests.selfservice.reading import Travel, text_of, url

STEP = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)


def address(resident: Resident, kind: AuthenticatorKind = AuthenticatorKind.CODE_DISPLAY) -> str:
    view = next(view for view in authenticators_of(resident.identity_id) if view.kind is kind)
    return url("resync-authenticator", kind=kind.value, authenticator_id=view.id)


def two_codes(resident: Resident, there: Any) -> dict[str, str]:
    """Give what the device shows twice in a row, as people type it."""
    code = resident.device.code(there)
    return {"first_code": resident.device.code(there - STEP), "second_code": f"{code[:3]} {code[3:]}"}


def kinds_of(resident: Resident) -> list[EventKind]:
    return [line.kind for line in events_about(subject_id=resident.identity_id, limit=50)]


def test_sec_3_the_citizen_sets_the_clock_right(browser: Client, citizen: Resident, travel: Travel) -> None:
    """SEC-3: found seven steps ahead; told; the codes open nothing afterwards."""
    now = travel()
    log_in(browser, citizen.identity_id, at=now)
    assert address(citizen) in text_of(browser.get(url("authenticators")))
    page = text_of(browser.get(address(citizen)))
    assert citizen.device.serial in page
    done = browser.post(address(citizen), two_codes(citizen, now + 7 * STEP), follow=True)
    assert done.redirect_chain == [(url("authenticators"), 302)]
    assert "The clock is set right" in text_of(done)
    assert 6 <= CodeDevice.objects.get().drift_steps <= 7
    assert kinds_of(citizen).count(EventKind.CODE_DEVICE_RESYNCED) == 1
    again = browser.post(address(citizen), two_codes(citizen, now + 7 * STEP))
    assert again.status_code == 422
    assert EventKind.RESYNC_REFUSED in kinds_of(citizen)


@pytest.mark.parametrize(
    "typed",
    [
        {"first_code": "", "second_code": "123456"},
        {"first_code": "123456", "second_code": ""},
        {"first_code": "12345", "second_code": "1234567"},
        {"first_code": "abcdef", "second_code": "１２３４５６"},
        {"first_code": "123\x00456", "second_code": "123456"},
    ],
)
def test_what_is_no_code_is_told_and_counts_nothing(browser, citizen, travel, typed) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    refused = browser.post(address(citizen), typed)
    assert refused.status_code == 422
    assert not DeviceTries.objects.exists()


def test_only_ones_own_active_code_device_has_a_clock(browser, citizen, travel) -> None:
    an_app_row(citizen.identity_id, now=travel())
    log_in(browser, citizen.identity_id, at=travel())
    stranger = a_resident(now=travel())
    for page in (
        address(citizen, AuthenticatorKind.APP),
        address(citizen, AuthenticatorKind.PASSWORD),
        address(stranger),
    ):
        assert browser.get(page).status_code == 404
        assert browser.post(page, two_codes(stranger, travel())).status_code == 404
    own = address(citizen)
    CodeDevice.objects.filter(user_id=citizen.identity_id).update(state="suspended", suspended_by="citizen")
    assert own not in text_of(browser.get(url("authenticators")))
    assert browser.get(own).status_code == 404


def test_try_1_wrong_codes_count_as_at_the_log_in_and_pause_the_right_ones_too(resident: Resident, now: Any) -> None:
    """TRY-1, TRY-2: for this source alone; a right pair forgets the wrong ones."""
    login = a_login(resident.identity_id, at=now)

    def post(first: str, second: str, *, source: str = "here", at: Any = now) -> object:
        return resync_own_device(login=login, first_code=first, second_code=second, source=source, now=at)

    right = resident.device.code(now - STEP), resident.device.code(now)
    wrong = right[1], right[0]
    for _ in range(2):
        assert post(*wrong) is ResyncOutcome.NOT_FOUND
    assert post(*right) is ResyncOutcome.FOUND
    assert not DeviceTries.objects.exists()
    later = now + MINUTE
    right = resident.device.code(later - STEP), resident.device.code(later)
    for _ in range(3):
        assert post(*wrong, at=later) is ResyncOutcome.NOT_FOUND
    assert post(*right, at=later) is ResyncOutcome.PAUSED
    assert kinds_of(resident).count(EventKind.AUTHENTICATOR_PAUSED) == 1
    assert DeviceTries.objects.get().paused_until == later + PAUSES[0]
    assert post(*right, at=later, source="elsewhere") is ResyncOutcome.FOUND


def test_a_pause_and_too_many_tries_from_here_are_told(browser, citizen, travel, settings) -> None:
    """TRY-2."""
    now = travel()
    settings.WRONG_TRIES_PER_SOURCE = 3
    cache.clear()
    log_in(browser, citizen.identity_id, at=now)
    far = two_codes(citizen, now + 2_000 * STEP)
    for _ in range(3):
        assert "not two codes in a row" in text_of(browser.post(address(citizen), far))
    assert "too many wrong tries from here" in text_of(browser.post(address(citizen), far))
    cache.clear()
    assert "paused after three wrong tries" in text_of(browser.post(address(citizen), two_codes(citizen, now)))


def test_blk_1_a_login_that_was_ended_sets_no_clock(resident: Resident, now: Any) -> None:
    """BLK-1."""
    login = a_login(resident.identity_id, at=now)
    sign_out_everywhere(login=a_login(resident.identity_id, at=now), now=now)
    codes = {"first_code": resident.device.code(now - STEP), "second_code": resident.device.code(now)}
    assert resync_own_device(login=login, source="here", now=now, **codes) == LoginEnded()
    assert CodeDevice.objects.get().drift_steps == 0
