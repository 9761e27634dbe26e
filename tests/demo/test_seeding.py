"""The demo's people come about as real ones do."""

import pytest

from identities.api import ContactKind, contacts_of, identity_by_cpr_number
from mitid_portal.demo.people import CAST, personas, pool
from mitid_portal.demo.seeding.identities import ensure_identity

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
