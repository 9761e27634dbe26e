"""What still needs a version of a key."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hsm.columns import SealedColumn, VerifierColumn, protect, protected_columns
from hsm.keyring import forget_keyring
from hsm.rules import versioned
from hsm.states import DATA_KEY, KeyName
from hsm.usecases.rewrap import rewrap
from hsm.uses import places_using
from identities.api import accept_password
from identities.models import ActivationCode, ContactProof, Identity
from mitid_portal import clock
from tests.factories.identities import PASSWORD, a_resident, an_officer
from tests.hsm.rotation import ALL, rotate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.KEYRING_SECONDS = 0.01
    yield
    forget_keyring()


def of_citizens(name: KeyName, version: int) -> list[str]:
    """The places of what citizens type: a re-wrap renews the others."""
    renewed = ("hsm.", "identities.CodeDevice.seed_verifier")
    return [place for place in places_using(name, version) if not place.startswith(renewed)]


def test_every_place_is_named(now):
    a_resident(now=now)

    assert places_using(DATA_KEY, 1) == [
        "audit.AuditEvent.mac",
        "identities.Citizen.address_sealed",
        "identities.Citizen.born_on_sealed",
        "identities.Citizen.cpr_number_sealed",
        "identities.Citizen.name_sealed",
        "identities.ContactPoint.value_sealed",
        "identities.ContactProof.value_sealed",
        "notifications.Delivery.address_sealed",
        "notifications.Delivery.body_sealed",
        "notifications.Delivery.subject_sealed",
    ]
    assert places_using(KeyName.LOOKUP, 1) == [
        "identities.Citizen.cpr_number_index",
        "identities.ContactPoint.value_index",
        "identities.ContactProof.value_index",
        "notifications.Delivery.address_index",
    ]
    assert places_using(KeyName.SECRET_WRAP, 1) == ["identities.CodeDevice.seed_wrapped"]
    assert places_using(KeyName.DATA_WRAP, 1) == ["hsm.DataKey.wrapped", "hsm.KeyVersion.wrapped_private"]


@pytest.mark.parametrize("name", [*ALL, KeyName.TOKEN_SIGNING, KeyName.LOG_SEAL])
def test_a_version_that_made_nothing_is_free(name, now):
    a_resident(now=now)

    assert places_using(name, 2) == []


def test_the_last_version_that_fits_is_asked_for_as_the_others_are():
    assert places_using(DATA_KEY, 65_535) == []
    assert places_using(KeyName.LOOKUP, 65_535) == []


def test_a_row_of_another_version_beside_it_is_no_hit(now):
    a_resident(now=now)
    rotate(*ALL)
    a_resident(now=now)

    assert "identities.Citizen.name_sealed" in places_using(DATA_KEY, 1)
    rewrap(now=now)
    assert places_using(DATA_KEY, 1) == ["audit.AuditEvent.mac"]
    assert "identities.Citizen.name_sealed" in places_using(DATA_KEY, 2)


def test_codes_are_needed_as_long_as_they_can_be_typed():
    now = clock.now()
    a_resident(now=now)
    ActivationCode.objects.update(state="dead", used_at=None)
    Identity.objects.update(password="")

    assert of_citizens(KeyName.VERIFIER, 1) == ["identities.ContactProof.code_verifier"]
    ContactProof.objects.update(sent_at=now - timedelta(days=3), expires_at=now - timedelta(days=2))
    assert of_citizens(KeyName.VERIFIER, 1) == []


def test_a_password_is_renewed_when_its_owner_logs_in(now):
    resident = a_resident(now=now)
    rotate(KeyName.VERIFIER)
    assert "identities.Identity.password" in places_using(KeyName.VERIFIER, 1)

    with transaction.atomic():
        assert accept_password(
            identity_id=resident.identity_id, typed=PASSWORD, actor=an_officer(), now=now + timedelta(minutes=1)
        )

    assert "identities.Identity.password" not in places_using(KeyName.VERIFIER, 1)
    assert "identities.Identity.password" in places_using(KeyName.VERIFIER, 2)
    with transaction.atomic():
        assert accept_password(
            identity_id=resident.identity_id, typed=PASSWORD, actor=an_officer(), now=now + timedelta(minutes=2)
        )


def test_a_wrong_password_renews_nothing(now):
    resident = a_resident(now=now)
    before = Identity.objects.get().password
    rotate(KeyName.VERIFIER)

    with transaction.atomic():
        assert not accept_password(identity_id=resident.identity_id, typed="noget", actor=an_officer(), now=now)

    assert Identity.objects.get().password == before


def test_an_indexed_column_is_asked_by_its_index(now):
    a_resident(now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as captured:
            assert places_using(KeyName.LOOKUP, 9) == []
        (sql,) = [
            query["sql"] for query in captured if "cpr_number_index" in query["sql"] and "identities" in query["sql"]
        ]
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index" in plan
    assert "Seq Scan" not in plan


def test_a_column_is_registered_once():
    with pytest.raises(ValueError, match="twice"):
        protect(SealedColumn(model="identities.Citizen", column="name_sealed", purpose="x"))


def test_a_range_holds_what_begins_with_the_version_and_nothing_else():
    column = VerifierColumn(model="identities.ActivationCode", column="code_verifier")
    condition = column.made_with(0x01FF)

    assert dict(condition.children) == {
        "code_verifier__gte": versioned(0x01FF, b""),
        "code_verifier__lt": versioned(0x0200, b""),
    }
    assert [column.name for column in protected_columns()] == sorted(column.name for column in protected_columns())
