"""A stranger who knows only a user ID tries all day from many addresses; its owner logs in all the same."""

from datetime import timedelta
from secrets import choice

import pytest
from django.db import transaction

from audit.api import Actor
from authentication.models import ApprovalRequest
from authentication.outcomes import AppAsked, Decided, DeviceAccepted, LoggedIn
from authentication.usecases.choose_app import choose_app
from authentication.usecases.collect import collect
from authentication.usecases.give_chip import chip_options, give_chip
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.new_opening_code import new_opening_code
from authentication.usecases.open_request import open_request
from identities.api import (
    ACTIVATION_ALPHABET,
    AppActivated,
    AssuranceLevel,
    AuthenticatorKind,
    ChipCredential,
    chip_registration_options,
    enrol_chip,
    live_authenticators_of,
    verify_chip_registration,
)
from identities.models import ActivationCode, DeviceTries
from identities.rules.codes import ACTIVATION_LENGTH, ACTIVATION_NUMBER_LENGTH
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.authentication.acts import PORTAL, choose, decide, log_in, make_alerts, opened
from tests.factories.apps import Phone, an_app, an_app_code, begun, completed, temporary_pins_sent
from tests.factories.chip import SoftwareChip
from tests.factories.identities import a_resident

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),  # committed, dead versions of a counter can be cleaned away
]
ANOTHER_PHONE = Phone()
SOURCES = [f"{number:064x}" for number in range(50)]
TRIES = 10_000
HOUR = timedelta(hours=1)
BY_CODE, BY_CHIP, BY_APP = (3, 3, 10)  # tries a request: a third wrong code or answer ends it
BY_PAPER = 3  # activation codes, of which the stranger guesses number and secret
ROUND = 2 * BY_CODE + 2 * BY_CHIP + BY_APP + BY_PAPER


def a_chip(resident, now):
    chip = SoftwareChip()
    options, challenge = chip_registration_options(identity_id=resident.identity_id, user_id=resident.user_id)
    credential = verify_chip_registration(chip.create(options), challenge=challenge)
    assert isinstance(credential, ChipCredential)
    with transaction.atomic():
        enrol_chip(
            identity_id=resident.identity_id,
            credential=credential,
            enrolled_level=AssuranceLevel.SUBSTANTIAL,
            actor=Actor.visitor(),
            now=now,
        )
    return chip


def a_round(resident, number, at):
    """Spend 25 tries from one address: wrong codes, wrong answers of a chip, the app's one place, made-up papers."""
    source = SOURCES[number % len(SOURCES)]
    for _ in range(2):
        wrong_codes(resident, source, at)
        request_id = open_request(purpose=PORTAL, user_id=resident.user_id, source=source, now=at).id
        for _ in range(BY_CHIP):
            give_chip(request_id=request_id, response={"id": "AAAA"}, now=at)
    request_id = open_request(purpose=PORTAL, user_id=resident.user_id, source=source, now=at).id
    for _ in range(BY_APP):
        choose_app(request_id=request_id, browser_token="made up", opening_code="AAAA-AAAA", now=at)
    for _ in range(BY_PAPER):
        begun(resident.user_id, ANOTHER_PHONE, code=a_guess(), now=at)


def a_guess():
    return "".join(choice(ACTIVATION_ALPHABET) for _ in range(ACTIVATION_NUMBER_LENGTH + ACTIVATION_LENGTH))


def wrong_codes(resident, source, at):
    request_id = open_request(purpose=PORTAL, user_id=resident.user_id, source=source, now=at).id
    for _ in range(BY_CODE):
        give_code(request_id=request_id, code="000000", source=source, browser_token="made up", now=at)


def test_try_2_ten_thousand_tries_from_fifty_addresses_lock_nobody_out(now):
    """TRY-2, TRY-1, APR-5: over five hours, so that pauses end and begin again."""
    resident = a_resident(now=now)
    app, chip = an_app(resident, now=now), a_chip(resident, now)
    token = log_in(resident, now).browser_token
    before = live_authenticators_of(resident.identity_id, now=now)
    paper = an_app_code(resident.identity_id, now=now)
    rounds = TRIES // ROUND
    for number in range(rounds):
        a_round(resident, number, now + number * 5 * HOUR / rounds)
    assert rounds * ROUND == TRIES
    assert ApprovalRequest.objects.count() == rounds * 5 + 1
    end = now + 5 * HOUR
    make_alerts()
    wrong_codes(resident, SOURCES[0], end)
    assert {view.id for view in live_authenticators_of(resident.identity_id, now=end)} == {view.id for view in before}
    alerts = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.SIMULTANEOUS_REQUESTS)
    assert 4 <= alerts.filter(channel=Channel.SMS).count() <= 5  # one an hour
    assert DeviceTries.objects.get(source=SOURCES[0]).paused_until > end
    assert max(row.paused_until for row in DeviceTries.objects.filter(paused_until__isnull=False)) <= end + HOUR
    token = comes_in_by_app(resident, app, end, token=token)
    comes_in_by_app(resident, app, end, token=None)
    comes_in_by_chip(resident, chip, end)
    assert ActivationCode.objects.get(kind=AuthenticatorKind.APP, state="open").wrong_tries == 0
    assert len(temporary_pins_sent(resident.identity_id)) == 1  # the owner's own, of the first app
    enrolment = begun(resident.user_id, ANOTHER_PHONE, code=paper, now=end)
    own_pin = temporary_pins_sent(resident.identity_id)[0]
    assert isinstance(completed(enrolment, ANOTHER_PHONE, own_pin, now=end), AppActivated)
    # Whoever shares a stranger's address is not kept out where they logged in before, and elsewhere as TRY-1 says.
    comes_in_by_code(resident, end, source=SOURCES[0], token=token)
    comes_in_by_code(resident, end + timedelta(minutes=1), source="an address of the owner's own")
    comes_in_by_code(resident, end + HOUR, source=SOURCES[0])


def comes_in_by_app(resident, app, at, *, token):
    stranger = opened(resident.user_id, at=at)
    choose(stranger, at)
    own = opened(resident.user_id, at=at)
    opening_code = None if token else new_opening_code(app_id=app.id, now=at).code
    outcome = choose(own, at, browser_token=token, opening_code=opening_code)
    assert isinstance(outcome, AppAsked), outcome
    assert decide(app, own, at, binding=outcome.short_code) == Decided(is_approved=True)
    login = collect(request_id=own, browser_token=None, now=at)
    assert isinstance(login, LoggedIn)
    return login.browser_token


def comes_in_by_chip(resident, chip, at):
    request_id = opened(resident.user_id, at=at)
    answer = chip.get(chip_options(request_id=request_id))
    assert give_chip(request_id=request_id, response=answer, now=at) == DeviceAccepted()
    assert isinstance(give_password(request_id=request_id, password=resident.password, now=at), LoggedIn)


def comes_in_by_code(resident, at, *, source, token=None):
    request_id = opened(resident.user_id, at=at)
    code = resident.device.code(at)
    given = give_code(request_id=request_id, code=code, source=source, browser_token=token, now=at)
    assert given == DeviceAccepted()
    assert isinstance(give_password(request_id=request_id, password=resident.password, now=at), LoggedIn)
