"""A chip is registered at the first login, enrolled at the second, or activated with a code (CHG-1, SEC-4, TRY-2)."""

import html
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from audit.api import Actor
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    AuthenticatorView,
    CodeCarrier,
    CodeGiven,
    authenticators_of,
    give_activation_code,
)
from identities.models import Chip, Identity, PasswordFactor, PendingChange
from tests.factories.authenticators import a_visit_long_past
from tests.factories.chip import SoftwareChip
from tests.factories.identities import Resident, a_resident
from tests.factories.selfservice import log_in
from tests.selfservice.reading import Travel, text_of, url

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NEW = "Regnfang-ved-søen-88"


def chip_of(resident: Resident) -> AuthenticatorView | None:
    views = authenticators_of(resident.identity_id)
    return next((view for view in views if view.kind is AuthenticatorKind.CHIP), None)


def asked(page: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(html.unescape(page.split('data-options="')[1].split('"', maxsplit=1)[0]))
    return options


def asked_for(browser: Client, user_id: str) -> dict[str, Any]:
    options: dict[str, Any] = browser.post(url("activate-chip-options"), {"user_id": user_id}).json()["options"]
    return options


def answer(chip: SoftwareChip, options: dict[str, Any], **lies: Any) -> str:
    return json.dumps(chip.create(options, **lies))


def a_code(resident: Resident, now, carrier: CodeCarrier = CodeCarrier.PAPER) -> str:
    a_visit_long_past(resident.identity_id)
    with transaction.atomic():
        given = give_activation_code(
            identity_id=resident.identity_id,
            kind=AuthenticatorKind.CHIP,
            carrier=carrier,
            proven_level=AssuranceLevel.HIGH if carrier is CodeCarrier.PAPER else None,
            actor=Actor.system(),
            now=now,
        )
    assert isinstance(given, CodeGiven)
    assert given.text
    return given.text


def test_chg_1_a_chip_is_registered_now_and_enrolled_at_the_second_login(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    """CHG-1, CHG-4, LVL-2."""
    chip = SoftwareChip()
    log_in(browser, citizen.identity_id, at=travel())
    response = answer(chip, asked(text_of(browser.get(url("add-chip")))))
    waits = browser.post(url("add-chip"), {"response": response})["Location"]
    shown = text_of(browser.get(waits))
    assert "<td>Chip</td>" in shown
    assert "<td>Code display, level Substantial</td>" in shown  # what the first login was made with
    assert chip_of(citizen) is None
    assert "data-chip" not in text_of(browser.get(url("add-chip")))
    log_in(browser, citizen.identity_id, at=travel(HOUR + MINUTE))
    done = browser.post(waits, {"act": "confirm"})["Location"]
    assert "<td>Chip</td>" in text_of(browser.get(done))
    enrolled = chip_of(citizen)
    assert enrolled is not None
    assert enrolled.enrolled_level is AssuranceLevel.SUBSTANTIAL
    assert bytes(Chip.objects.get().credential_id) == chip.credential_id


@pytest.mark.parametrize("response", ["", "null", "[]", "{", '"x"', "[" * 5000, "{}"])
def test_no_answer_is_told_in_words(browser: Client, citizen: Resident, travel: Travel, response: str) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    browser.get(url("add-chip"))
    refused = browser.post(url("add-chip"), {"response": response})
    assert refused.status_code == 422
    assert "Try again" in text_of(refused) or "try again" in text_of(refused)
    assert asked(text_of(refused))["challenge"]
    assert not PendingChange.objects.exists()


def test_an_answer_is_worth_five_minutes_and_one_try(browser: Client, citizen: Resident, travel: Travel) -> None:
    chip = SoftwareChip()
    log_in(browser, citizen.identity_id, at=travel())
    late = answer(chip, asked(text_of(browser.get(url("add-chip")))))
    travel(timedelta(minutes=5))
    assert browser.post(url("add-chip"), {"response": late}).status_code == 422
    lying = answer(chip, asked(text_of(browser.get(url("add-chip")))), origin="https://evil.example")
    assert browser.post(url("add-chip"), {"response": lying}).status_code == 422
    options = asked(text_of(browser.get(url("add-chip"))))
    assert browser.post(url("add-chip"), {"response": json.dumps({"id": "x"})}).status_code == 422
    assert browser.post(url("add-chip"), {"response": answer(chip, options)}).status_code == 422
    assert not PendingChange.objects.exists()


def test_a_second_chip_is_not_asked_for(browser: Client, citizen: Resident, travel: Travel) -> None:
    """AUT-1."""
    log_in(browser, citizen.identity_id, at=travel())
    first = asked(text_of(browser.get(url("add-chip"))))
    options = asked_for(browser, citizen.user_id)
    code = a_code(citizen, travel())
    typed = {"user_id": citizen.user_id, "activation_code": code}
    assert browser.post(url("activate-chip"), typed | {"response": answer(SoftwareChip(), options)})["Location"] == url(
        "activated", what="chip"
    )
    second = asked(text_of(browser.get(url("add-chip"))))
    assert (first["excludeCredentials"], len(second["excludeCredentials"])) == ([], 1)
    refused = browser.post(url("add-chip"), {"response": answer(SoftwareChip(), second)})
    assert refused.status_code == 422
    assert "as many of these as you may" in text_of(refused)


@pytest.mark.django_db
@pytest.mark.parametrize("level", [AssuranceLevel.SUBSTANTIAL, AssuranceLevel.HIGH])
def test_lvl_2_a_chip_from_a_paper_reaches_the_identitys_level(browser: Client, travel: Travel, level) -> None:
    """LVL-2, SEC-4: the password that stands is left alone."""
    resident = a_resident(now=travel(), level=level)
    hash_before = Identity.objects.get().password
    code = a_code(resident, travel())
    response = answer(SoftwareChip(), asked_for(browser, resident.user_id))
    typed = {"user_id": resident.user_id, "activation_code": code, "response": response}
    done = browser.post(url("activate-chip"), typed)["Location"]
    assert "Your chip is active" in text_of(browser.get(done))
    chip = chip_of(resident)
    assert chip is not None
    assert chip.enrolled_level is level
    assert Identity.objects.get().password == hash_before


@pytest.mark.django_db
def test_sec_4_without_a_password_it_is_told_what_to_do_and_the_code_is_still_good(
    browser: Client, travel: Travel
) -> None:
    """SEC-4: a code for a chip makes no password, whatever is sent."""
    resident = a_resident(now=travel())
    code, hash_before = a_code(resident, travel()), Identity.objects.get().password
    assert 'name="password"' not in text_of(browser.get(url("activate-chip")))
    PasswordFactor.objects.all().delete()
    Identity.objects.update(password="")
    typed = {"user_id": resident.user_id, "activation_code": code, "password": NEW}
    response = answer(SoftwareChip(), asked_for(browser, resident.user_id))
    refused = browser.post(url("activate-chip"), typed | {"response": response})
    assert refused.status_code == 422
    assert "You have no password yet" in text_of(refused)
    assert (chip_of(resident), Identity.objects.get().password) == (None, "")
    Identity.objects.update(password=hash_before)
    response = answer(SoftwareChip(), asked_for(browser, resident.user_id))
    assert browser.post(url("activate-chip"), typed | {"response": response}).status_code == 302


def test_try_2_known_and_unknown_user_ids_are_asked_and_refused_alike(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    """TRY-2."""
    code = a_code(citizen, travel())
    said, shapes = set(), set()
    for user_id, typed_code in ((citizen.user_id, f"{code[:6]}33333333"), ("ingen har dette", code)):
        options = asked_for(browser, user_id)
        shapes.add((tuple(sorted(options)), len(options["user"]["id"]), len(options["excludeCredentials"])))
        assert options["user"]["name"] == user_id
        refused = browser.post(
            url("activate-chip"),
            {
                "user_id": user_id,
                "activation_code": typed_code,
                "response": answer(SoftwareChip(), options),
            },
        )
        assert refused.status_code == 422
        said.add(text_of(refused).split("alert-text nobullet-list")[1].split("</ul>")[0])
    assert (len(said), len(shapes)) == (1, 1)
    assert chip_of(citizen) is None


def test_three_wrong_codes_kill_it(browser: Client, citizen: Resident, travel: Travel) -> None:
    """SEC-4."""
    code = a_code(citizen, travel())
    for typed in (f"{code[:6]}33333333",) * 3 + (code,):
        response = answer(SoftwareChip(), asked_for(browser, citizen.user_id))
        page = {"user_id": citizen.user_id, "activation_code": typed, "response": response}
        assert browser.post(url("activate-chip"), page).status_code == 422
    assert chip_of(citizen) is None


@pytest.mark.django_db
def test_a_question_for_nobody_is_not_asked(browser: Client) -> None:
    assert browser.post(url("activate-chip-options"), {"user_id": ""}).status_code == 422
    assert browser.get(url("activate-chip-options")).status_code == 405
