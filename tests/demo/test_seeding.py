"""The demo's people come about as real ones do."""

from io import StringIO

import pytest
from django.core.management import call_command

from identities.api import (
    AuthenticatorKind,
    ContactKind,
    Owner,
    authenticators_of,
    contacts_of,
    identity_by_cpr_number,
    refusal_of_password,
    refusal_of_user_id,
)
from mitid_portal.demo.devices import stock_size
from mitid_portal.demo.management.commands.demo_seed import Command
from mitid_portal.demo.people import CAST, HAVE_A_READER, Part, personas, pool, spare_display, walk_ins
from mitid_portal.demo.seeding.identities import ensure_identity
from mitid_portal.demo.seeding.office import STOCK
from notifications.api import normal_email, normal_phone
from registration.api import RegisterPerson
from registration.models import StockItem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo_mode")]


def test_identity_is_issued_once_with_contacts_and_device() -> None:
    part, person = CAST[5], pool()[5]
    identity_id = ensure_identity(part, person)
    assert ensure_identity(part, person) == identity_id
    assert contacts_of(identity_id) == {ContactKind.PHONE: part.phone, ContactKind.EMAIL: part.email}
    found = identity_by_cpr_number(person.cpr_number)
    assert found is not None
    assert found.user_id == part.user_id
    persona = next(persona for persona in personas() if persona.cpr_number == person.cpr_number)
    assert persona.devices == [part.serial]
    assert persona.user_id == part.user_id
    assert persona.passport_mrz == []


def test_one_citizen_has_an_audio_code_reader() -> None:
    number = next(at for at, part in enumerate(CAST) if part.user_id in HAVE_A_READER)
    part, person = CAST[number], pool()[number]
    identity_id = ensure_identity(part, person)
    assert [(row.kind, row.label) for row in authenticators_of(identity_id) if row.label] == [
        (AuthenticatorKind.AUDIO_READER, part.serial)
    ]


def test_whole_demo_comes_about_and_a_second_run_changes_nothing() -> None:
    said = StringIO()
    call_command(Command(stdout=said))
    before = [persona.as_json() for persona in personas()]
    call_command(Command(stdout=said))
    assert [persona.as_json() for persona in personas()] == before
    assert said.getvalue().splitlines() == [
        "Demo: 10 people, a new office, 40 code displays put into its stock.",
        "Demo: 10 people, the office as it was, 0 code displays put into its stock.",
    ]
    assert stock_size() == STOCK
    assert spare_display() == "KV-1000-0001"
    assert all(persona["user_id"] and persona["devices"] for persona in before if persona["role"] != "applicant")


def test_names_that_are_chosen_may_be_chosen() -> None:
    for part, person in zip(CAST, pool(), strict=False):
        _assert_allowed(part, person)
    for part, person in walk_ins():
        _assert_allowed(part, person)
    everybody = [part for part, _ in walk_ins()] + list(CAST)
    assert len({part.user_id for part in everybody}) == len(everybody)
    assert len({part.phone for part in everybody}) == len(everybody)
    assert len(everybody) > 100


def _assert_allowed(part: Part, person: RegisterPerson) -> None:
    owner = Owner(
        name=person.name,
        cpr_number=person.cpr_number,
        born_on=person.born_on,
        phones=(part.phone,),
        emails=(part.email,),
    )
    assert refusal_of_user_id(part.user_id, owner=owner) is None, part
    assert refusal_of_password(part.password, user_id=part.user_id) is None, part
    assert normal_phone(part.phone) == part.phone
    assert normal_email(part.email) == part.email


def test_stock_that_went_out_is_refilled() -> None:
    said = StringIO()
    call_command(Command(stdout=said))
    StockItem.objects.filter(serial__in=["KV-1000-0001", "KV-1000-0002"]).delete()  # they left the house
    call_command(Command(stdout=said))
    assert said.getvalue().splitlines()[-1].endswith("2 code displays put into its stock.")
    assert stock_size() == STOCK + 2
