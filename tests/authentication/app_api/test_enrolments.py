"""An app is set up over its interface (SEC-1, SEC-4, SEC-5, AUT-3, TRY-2)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from identities.api import ACTIVATION_ALPHABET, ACTIVATION_LASTS
from identities.models import App
from identities.rules.codes import ACTIVATION_NUMBER_LENGTH
from identities.states import AssuranceLevel, CodeCarrier
from tests.authentication.app_api.phones import a_fresh_phone, a_phone_of
from tests.factories.app_client import PIN
from tests.factories.apps import an_app_code, temporary_pins_sent
from tests.factories.identities import a_resident


def refusal(answer):
    return answer.status, answer.code


def begun(phone, resident, now, **more):
    code = an_app_code(resident.identity_id, now=now, **more)
    answer = phone.begin(user_id=resident.user_id, activation_code=code)
    assert answer.status == 201
    return answer.json["enrolment_id"]


def test_sec_5_two_codes_and_a_pin_make_an_app(resident, now):
    """SEC-5."""
    phone = a_fresh_phone()
    enrolment_id = begun(phone, resident, now)
    answer = phone.complete(enrolment_id, temporary_pin=temporary_pins_sent(resident.identity_id)[0])
    assert (answer.status, answer.json["user_id"], answer.json["level"]) == (201, resident.user_id, "SUBSTANTIAL")
    assert phone.log_in().status == 201
    assert bytes(App.objects.get().device_key) == phone.device_key


def test_the_pin_of_the_sms_may_be_typed_with_a_gap(resident, now):
    phone = a_fresh_phone()
    enrolment_id = begun(phone, resident, now)
    typed = temporary_pins_sent(resident.identity_id)[0]
    assert phone.complete(enrolment_id, temporary_pin=typed).status == 201


def test_try_2_a_wrong_code_and_an_unknown_user_id_look_like_a_right_one(resident, now):
    """TRY-2."""
    right = an_app_code(resident.identity_id, now=now)
    cases = [
        {"user_id": resident.user_id, "activation_code": right},
        {"user_id": resident.user_id, "activation_code": "AAAA AAAA AAAA"},
        {"user_id": "nobody-at-all", "activation_code": right},
        {"user_id": resident.user_id, "copy_token": "x" * 32},
        {"user_id": "nobody-at-all", "copy_token": "x" * 32},
    ]
    shapes = set()
    for case in cases:
        phone = a_fresh_phone()
        answer = phone.begin(**case)
        shapes.add((answer.status, tuple(sorted(answer.json))))
        wrong = phone.complete(answer.json["enrolment_id"], temporary_pin="00000000")
        shapes.add((wrong.status, wrong.body.decode()))
    assert len(shapes) == 2, shapes


def test_sec_4_three_wrong_codes_kill_it(resident, now):
    """SEC-4."""
    phone = a_fresh_phone()
    enrolment_id = begun(phone, resident, now)
    for _ in range(3):
        assert refusal(phone.complete(enrolment_id, temporary_pin="00000000")) == (403, "enrolment_refused")
    right = temporary_pins_sent(resident.identity_id)[0]
    answer = phone.complete(enrolment_id, temporary_pin=right)
    assert (answer.status, answer.json["reason"]) == (403, "over")


def test_another_key_completes_nothing(resident, now):
    phone, other = a_fresh_phone(), a_fresh_phone()
    enrolment_id = begun(phone, resident, now)
    right = temporary_pins_sent(resident.identity_id)[0]
    stolen = other.complete(enrolment_id, temporary_pin=right)
    unknown = other.complete(str(uuid4()), temporary_pin=right)
    assert (refusal(stolen), stolen.body) == ((403, "enrolment_refused"), unknown.body)
    assert phone.complete(enrolment_id, temporary_pin=right).status == 201


@pytest.mark.parametrize(("pin", "reason"), [("111111", "all_equal"), ("123456", "run"), ("010180", "personal")])
def test_sec_1_a_pin_that_is_easy_to_guess_may_be_chosen_anew(resident, now, pin, reason):
    """SEC-1."""
    phone = a_fresh_phone()
    enrolment_id = begun(phone, resident, now)
    right = temporary_pins_sent(resident.identity_id)[0]
    answer = phone.complete(enrolment_id, temporary_pin=right, pin=pin)
    assert (answer.status, answer.code, answer.json["reason"]) == (422, "pin_not_allowed", reason)
    assert phone.complete(enrolment_id, temporary_pin=right).status == 201


def test_aut_3_a_phone_with_an_app_at_high_is_taken(now, db):
    """AUT-3."""
    first, second = (a_resident(now=now, level=AssuranceLevel.HIGH) for _ in range(2))
    theirs = a_phone_of(first, now=now, level=AssuranceLevel.HIGH)
    assert theirs.ask("me").json["level"] == "HIGH"
    phone = a_fresh_phone(installation_id=theirs.installation_id)
    enrolment_id = begun(phone, second, now)
    answer = phone.complete(enrolment_id, temporary_pin=temporary_pins_sent(second.identity_id)[0])
    assert (answer.status, answer.json["reason"]) == (403, "phone_taken")


def test_aut_3_several_people_share_a_phone(resident, phone, now):
    """AUT-3."""
    other = a_resident(now=now)
    second = a_fresh_phone(installation_id=phone.installation_id)
    enrolment_id = begun(second, other, now, level=AssuranceLevel.SUBSTANTIAL, carrier=CodeCarrier.SCREEN)
    right = temporary_pins_sent(other.identity_id)[0]
    assert second.complete(enrolment_id, temporary_pin=right).status == 201
    assert second.log_in().status == phone.log_in().status == 201


@pytest.mark.parametrize(
    "members",
    [
        {"activation_code": None},
        {"copy_token": "x"},
        {"platform": "toaster"},
        {"installation_id": "x"},
        {"installation_id": 1},
        {"user_id": ""},
        {"user_id": 1},
        {"user_id": "x" * 49},
        {"activation_code": "A" * 65},
        {"level": "HIGH"},
    ],
    ids=str,
)
def test_members_of_another_shape_are_refused(db, now, members):
    sent = {
        "user_id": "somebody",
        "activation_code": "AAAA",
        "installation_id": str(uuid4()),
        "platform": "other",
    } | members
    answer = a_fresh_phone().ask("enrolments", **sent)
    assert refusal(answer) == (422, "invalid")


def test_try_2_sixty_enrolments_in_ten_minutes_are_begun_from_one_place(db, settings):
    """TRY-2: few enough that nobody comes upon a code's number three times while a paper lives."""
    assert settings.ENROLMENTS_PER_SOURCE == 60
    lasts_for = ACTIVATION_LASTS[CodeCarrier.PAPER] / timedelta(minutes=10)
    tried_on_a_paper = 500 * settings.ENROLMENTS_PER_SOURCE * lasts_for  # from 500 places, all the time
    assert tried_on_a_paper / len(ACTIVATION_ALPHABET) ** ACTIVATION_NUMBER_LENGTH < 0.1


def test_many_tries_from_one_place_are_slowed(resident, now, settings):
    settings.ENROLMENTS_PER_SOURCE, settings.WRONG_TRIES_PER_SOURCE = 3, 2
    phone = a_fresh_phone()
    answers = [phone.begin(user_id="nobody-at-all", activation_code="AAAA") for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert answers[-1].headers["Retry-After"] == "600"
    enrolment_id = answers[0].json["enrolment_id"]
    tries = [phone.complete(enrolment_id, temporary_pin="00000000") for _ in range(3)]
    assert [answer.code for answer in tries] == ["enrolment_refused", "enrolment_refused", "too_many_tries"]
    assert a_phone_of(resident, now=now).log_in(PIN).status == 201
