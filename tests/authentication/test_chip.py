"""The chip at the log-in: its answer, then the password."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor
from authentication.models import Login
from authentication.outcomes import DeviceAccepted, LoggedIn, LoginRefused
from authentication.states import LoginRefusal, RequestState
from authentication.usecases.give_chip import chip_options, give_chip
from authentication.usecases.give_password import give_password
from identities.api import AssuranceLevel, ChipCredential, chip_registration_options, enrol_chip
from identities.api import verify_chip_registration as verified
from identities.models import Chip
from tests.authentication.acts import block, opened, refusals, request_row
from tests.factories.chip import SoftwareChip
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
NOT_ACCEPTED = LoginRefused(LoginRefusal.NOT_ACCEPTED)


def a_chip(resident, now, level=AssuranceLevel.SUBSTANTIAL):
    """Enrol a chip that signs."""
    chip = SoftwareChip(sign_count=5)
    options, challenge = chip_registration_options(identity_id=resident.identity_id, user_id=resident.user_id)
    credential = verified(chip.create(options), challenge=challenge)
    assert isinstance(credential, ChipCredential), credential
    with transaction.atomic():
        enrol_chip(
            identity_id=resident.identity_id,
            credential=credential,
            enrolled_level=level,
            actor=Actor.visitor(),
            now=now,
        )
    return chip


@pytest.mark.parametrize("level", [AssuranceLevel.SUBSTANTIAL, AssuranceLevel.HIGH])
def test_apr_7_a_chip_and_the_password_open_the_door(level, now):
    """APR-7, LVL-2: at the level at which the chip was enrolled."""
    resident = a_resident(now=now, level=AssuranceLevel.HIGH)
    chip = a_chip(resident, now, level)
    request_id = opened(resident.user_id, at=now, level=level)
    answer = chip.get(chip_options(request_id=request_id))
    assert give_chip(request_id=request_id, response=answer, now=now) == DeviceAccepted()
    outcome = give_password(request_id=request_id, password=resident.password, now=now)
    assert isinstance(outcome, LoggedIn)
    assert (outcome.level, Login.objects.get().authenticator) == (level, "chip")


def test_apr_7_the_chip_alone_opens_nothing(now):
    """APR-7."""
    resident = a_resident(now=now)
    chip = a_chip(resident, now)
    request_id = opened(resident.user_id, at=now)
    give_chip(request_id=request_id, response=chip.get(chip_options(request_id=request_id)), now=now)
    assert give_password(request_id=request_id, password="forkert", now=now) == NOT_ACCEPTED
    assert not Login.objects.exists()


def test_try_2_two_tabs_of_one_honest_chip_suspend_nothing(now):
    """TRY-2: the answer of the first tab is held up, that of the second arrives before it."""
    resident = a_resident(now=now)
    chip = a_chip(resident, now)
    tabs = [opened(resident.user_id, at=now), opened(resident.user_id, at=now + SECOND)]
    answers = [chip.get(chip_options(request_id=tab)) for tab in tabs]
    assert give_chip(request_id=tabs[1], response=answers[1], now=now + 2 * SECOND) == DeviceAccepted()
    assert give_chip(request_id=tabs[0], response=answers[0], now=now + 3 * SECOND) == NOT_ACCEPTED
    assert Chip.objects.get().state == "active"
    fresh = opened(resident.user_id, at=now + 4 * SECOND)
    copied = chip.get(chip_options(request_id=fresh), count=7)  # as a copy that was made before would say
    assert give_chip(request_id=fresh, response=copied, now=now + 5 * SECOND) == NOT_ACCEPTED
    assert (Chip.objects.get().state, Chip.objects.get().suspended_by) == ("suspended", "fraud")


@pytest.mark.parametrize(
    "case", ["another origin", "another challenge", "nobody present", "a lower count", "no answer"]
)
def test_an_answer_that_is_not_right_is_refused_and_counted(case, now):
    """APR-7, TRY-1."""
    resident = a_resident(now=now)
    chip = a_chip(resident, now)
    request_id = opened(resident.user_id, at=now)
    options = chip_options(request_id=request_id)
    answers = {
        "another origin": lambda: chip.get(options, origin="https://evil.example"),
        "another challenge": lambda: chip.get(options, challenge=bytes(32)),
        "nobody present": lambda: chip.get(options, flags=0),
        "a lower count": lambda: chip.get(options, count=0),
        "no answer": dict,
    }
    assert give_chip(request_id=request_id, response=answers[case](), now=now) == NOT_ACCEPTED
    assert request_row(request_id).wrong_tries == 1
    assert refusals() == [("chip", "not_accepted", resident.identity_id)]


def test_an_answer_to_another_request_is_worth_nothing(now):
    """APR-6: the challenge is one request's own, and a used answer is a used answer."""
    resident = a_resident(now=now)
    chip = a_chip(resident, now)
    first, second = opened(resident.user_id, at=now), opened(resident.user_id, at=now)
    answer = chip.get(chip_options(request_id=first))
    assert give_chip(request_id=second, response=answer, now=now) == NOT_ACCEPTED
    assert give_chip(request_id=first, response=answer, now=now) == DeviceAccepted()
    assert give_chip(request_id=first, response=answer, now=now) == LoginRefused(LoginRefusal.EXPIRED)


def test_try_2_who_has_no_chip_and_who_is_nobody_are_asked_and_refused_alike(now):
    """TRY-2."""
    for user_id in (a_resident(now=now).user_id, "findes ikke 41"):
        request_id = opened(user_id, at=now)
        options = chip_options(request_id=request_id)
        assert len(options["allowCredentials"]) == 1
        again = chip_options(request_id=opened(user_id, at=now))
        assert again["allowCredentials"] == options["allowCredentials"]
        answer = SoftwareChip().get(options)
        reasons = [give_chip(request_id=request_id, response=answer, now=now).reason.value for _ in range(3)]
        assert reasons == ["not_accepted", "not_accepted", "too_many_tries"]
        assert request_row(request_id).state == RequestState.REFUSED


def test_blk_1_a_block_between_chip_and_password_opens_nothing(now):
    """BLK-1."""
    resident = a_resident(now=now)
    chip = a_chip(resident, now)
    request_id = opened(resident.user_id, at=now)
    give_chip(request_id=request_id, response=chip.get(chip_options(request_id=request_id)), now=now)
    block(resident, now)
    outcome = give_password(request_id=request_id, password=resident.password, now=now)
    assert outcome == LoginRefused(LoginRefusal.EXPIRED)
