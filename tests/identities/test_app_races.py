"""Two at once: one app of one enrolment, one enrolment of one ticket, and nobody beside an app at HIGH (AUT-3)."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor
from hsm.api import blind_index
from identities import sealing
from identities.api import (
    AppActivated,
    AssuranceLevel,
    AuthenticatorState,
    EnrolmentRefusal,
    EnrolmentRefused,
    PinOutcome,
    accept_pin,
    app_of,
)
from identities.models import App, AppEnrolment, CopyTicket
from identities.states import EnrolmentState
from tests.factories.apps import PIN, Phone, an_app, an_app_code, begun, completed, temporary_pins_sent
from tests.factories.identities import a_resident
from tests.factories.together import at_once
from tests.identities.test_app_copy import a_confirmed_copy

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("_round", range(3))
def test_sec_5_of_two_who_finish_one_enrolment_one_has_an_app(now: datetime, _round: int) -> None:
    """SEC-5."""
    resident, phone = a_resident(now=now), Phone()
    enrolment = begun(resident.user_id, phone, code=an_app_code(resident.identity_id, now=now), now=now)
    finish = partial(completed, enrolment, phone, temporary_pins_sent(resident.identity_id)[0], now=now)
    outcomes = at_once(finish, finish)
    assert sum(isinstance(outcome, AppActivated) for outcome in outcomes) == 1
    assert outcomes.count(EnrolmentRefused(EnrolmentRefusal.OVER)) == 1
    assert App.objects.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_sec_5_wrong_temporary_pins_at_once_are_three_tries_all_the_same(now: datetime, _round: int) -> None:
    """SEC-5."""
    resident, phone = a_resident(now=now), Phone()
    enrolment = begun(resident.user_id, phone, code=an_app_code(resident.identity_id, now=now), now=now)
    right = temporary_pins_sent(resident.identity_id)[0]
    tries = [partial(completed, enrolment, phone, f"{(int(right) + n) % 10**8:08}", now=now) for n in range(1, 6)]
    reasons = Counter(outcome.reason for outcome in at_once(*tries) if isinstance(outcome, EnrolmentRefused))
    assert reasons == {EnrolmentRefusal.WRONG_PIN: 2, EnrolmentRefusal.OVER: 3}
    assert AppEnrolment.objects.get().wrong_tries == 3


@pytest.mark.parametrize("_round", range(3))
def test_of_two_phones_with_one_ticket_one_begins_an_enrolment(now: datetime, _round: int) -> None:
    resident = a_resident(now=now)
    old = an_app(resident, now=now - HOUR)
    copy_id = a_confirmed_copy(old, now)
    CopyTicket.objects.create(
        copy_id=copy_id,
        app_id=old.id,
        token_index=blind_index("the token", purpose=sealing.COPY_TOKEN),
        issued_at=now,
        expires_at=now + HOUR,
    )
    before = len(temporary_pins_sent(resident.identity_id))
    at_once(*[partial(begun, resident.user_id, Phone(), token="the token", now=now) for _ in range(2)])
    assert AppEnrolment.objects.filter(copy_id=copy_id).count() == 1
    assert AppEnrolment.objects.filter(identity=None).count() == 1
    assert len(temporary_pins_sent(resident.identity_id)) == before + 1


@pytest.mark.parametrize("_round", range(3))
def test_of_two_who_begin_with_one_code_one_enrolment_stays_open(now: datetime, _round: int) -> None:
    """SEC-4."""
    resident = a_resident(now=now)
    code = an_app_code(resident.identity_id, now=now)
    at_once(*[partial(begun, resident.user_id, Phone(), code=code, now=now) for _ in range(2)])
    states = AppEnrolment.objects.filter(identity_id=resident.identity_id).values_list("state", flat=True)
    assert sorted(states) == [EnrolmentState.DEAD, EnrolmentState.OPEN]


def test_try_2_five_who_begin_with_one_code_send_three_temporary_pins(now: datetime) -> None:
    """TRY-2: the bound is in rows, and they are counted under the identity's lock."""
    resident = a_resident(now=now)
    code = an_app_code(resident.identity_id, now=now)
    at_once(*[partial(begun, resident.user_id, Phone(), code=code, now=now) for _ in range(5)])
    assert len(temporary_pins_sent(resident.identity_id)) == 3


@pytest.mark.parametrize("_round", range(3))
def test_aut_3_of_two_people_at_one_phone_nobody_ends_up_beside_an_app_at_high(now: datetime, _round: int) -> None:
    """AUT-3: two locks on two identities, so that the phone has one too."""
    shared = uuid7()
    finishes = []
    for level in (AssuranceLevel.HIGH, AssuranceLevel.SUBSTANTIAL):
        resident, phone = a_resident(now=now, level=level), Phone(installation_id=shared)
        code = an_app_code(resident.identity_id, level=level, now=now)
        enrolment = begun(resident.user_id, phone, code=code, now=now)
        sms = temporary_pins_sent(resident.identity_id)[0]
        finishes.append(partial(completed, enrolment, phone, sms, now=now))
    outcomes = at_once(*finishes)
    levels = sorted(App.objects.filter(installation_id=shared).values_list("enrolled_level", flat=True))
    assert levels in ([AssuranceLevel.HIGH], [AssuranceLevel.SUBSTANTIAL] * 2)
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, EnrolmentRefused)]
    assert refused == [EnrolmentRefusal.PHONE_TAKEN] * (2 - len(levels))


@pytest.mark.parametrize("_round", range(3))
def test_of_two_people_with_one_key_one_has_an_app(now: datetime, _round: int) -> None:
    """AUT-1."""
    first = Phone()
    finishes = []
    for phone in (first, Phone(key=first.key)):
        resident = a_resident(now=now)
        enrolment = begun(resident.user_id, phone, code=an_app_code(resident.identity_id, now=now), now=now)
        sms = temporary_pins_sent(resident.identity_id)[0]
        finishes.append(partial(completed, enrolment, phone, sms, now=now))
    outcomes = at_once(*finishes)
    assert sum(isinstance(outcome, AppActivated) for outcome in outcomes) == 1
    assert outcomes.count(EnrolmentRefused(EnrolmentRefusal.KEY_IN_USE)) == 1


def test_try_1_wrong_pins_at_once_count_each(now: datetime) -> None:
    """TRY-1: five at once are three tries and two during the pause."""
    app = an_app(a_resident(now=now), now=now)

    def typed(pin: str) -> PinOutcome:
        with transaction.atomic():
            return accept_pin(app_id=app.id, pin=pin, actor=Actor.citizen(app.identity_id), now=now)

    outcomes = Counter(at_once(*[partial(typed, "190735") for _ in range(5)]))
    assert outcomes == {PinOutcome.WRONG: 2, PinOutcome.PAUSED: 3}
    view = app_of(app.id)
    assert view is not None
    assert (view.state, view.paused_until) == (AuthenticatorState.ACTIVE, now + timedelta(minutes=10))
    assert typed(PIN) is PinOutcome.PAUSED
