"""The proof that everything opens: an untouched database passes, and each kind of damage is told by its place."""

import pytest

from hsm.api import Proof, blind_index, new_seed, prove_columns, seal
from hsm.keyring import forget_keyring
from hsm.models import DataKey, KeyVersion
from hsm.states import KeyName
from identities import sealing
from identities.models import Citizen, CodeDevice, ContactPoint
from notifications.models import Delivery
from tests.factories.identities import a_resident
from tests.hsm.rotation import ALL, rotate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _residents(now):
    a_resident(now=now)
    rotate(*ALL)
    a_resident(now=now)
    yield
    forget_keyring()


def places(proof: Proof) -> list[tuple[str, str]]:
    return [(finding.column, finding.key) for finding in proof.findings]


def test_everything_opens_under_whichever_version():
    proof = prove_columns(batch_rows=3)

    assert proof.is_whole
    assert proof.opened["identities.Citizen.name_sealed"] == 2
    assert proof.opened["identities.Citizen.cpr_number_index"] == 2
    assert proof.opened["identities.CodeDevice.seed_wrapped"] == 2
    assert proof.opened["notifications.Delivery.body_sealed"] == Delivery.objects.count()
    assert proof.opened["hsm.DataKey.wrapped"] == 2
    assert proof.opened["hsm.KeyVersion.wrapped_private"] == 1
    assert proof.opened["registration.ProofingCase.person_sealed"] == 0
    assert "registration.ProofingCase.person_sealed" in proof.opened  # looked at, and empty
    assert "identities.Identity.password" not in proof.opened


def test_progress_tells_of_every_row():
    told = []

    prove_columns(lambda table, *, rows, total=None: told.append((table, rows, total)), batch_rows=1)

    assert told.count(("identities.Citizen", 1, None)) == 2
    assert ("identities.Citizen", 0, 2) in told


def test_a_changed_value_is_told():
    citizen = Citizen.objects.earliest("pk")
    Citizen.objects.filter(pk=citizen.pk).update(name_sealed=bytes(citizen.name_sealed)[:-1] + b"\xff")

    assert places(prove_columns()) == [("identities.Citizen.name_sealed", str(citizen.pk))]


def test_a_value_moved_from_another_row_is_told():
    one, other = Citizen.objects.order_by("pk")
    Citizen.objects.filter(pk=one.pk).update(address_sealed=other.address_sealed)

    assert places(prove_columns()) == [("identities.Citizen.address_sealed", str(one.pk))]


def test_an_index_that_is_not_its_values_is_told():
    point = ContactPoint.objects.earliest("pk")
    wrong = blind_index("somebody else's", purpose=f"contact.{point.kind}")
    ContactPoint.objects.filter(pk=point.pk).update(value_index=wrong)

    assert places(prove_columns()) == [("identities.ContactPoint.value_index", str(point.pk))]


def test_an_index_without_its_value_is_told():
    citizen = Citizen.objects.earliest("pk")
    sealed = seal("9999999999", purpose=sealing.CPR_NUMBER, bound_to=citizen.pk)
    Citizen.objects.filter(pk=citizen.pk).update(cpr_number_sealed=sealed)

    assert places(prove_columns()) == [("identities.Citizen.cpr_number_index", str(citizen.pk))]


@pytest.mark.parametrize("value", [b"", b"\x00\x01", b"\x00\x09" + bytes(32), b"\x00\x01" + bytes(32)])
def test_a_seed_that_does_not_unwrap_is_told(value):
    device = CodeDevice.objects.earliest("pk")
    CodeDevice.objects.filter(pk=device.pk).update(seed_wrapped=value)

    assert places(prove_columns()) == [("identities.CodeDevice.seed_wrapped", str(device.pk))]


def test_a_seed_of_a_version_that_is_gone_is_told():
    device = CodeDevice.objects.earliest("pk")
    CodeDevice.objects.filter(pk=device.pk).update(seed_wrapped=b"\x00\x07" + new_seed()[2:])

    assert places(prove_columns()) == [("identities.CodeDevice.seed_wrapped", str(device.pk))]


def test_a_wrapped_private_half_that_does_not_open_is_told():
    pair = KeyVersion.objects.get(name=KeyName.LOG_SEAL_PQ)
    changed = bytes(pair.wrapped_private)[:-1] + bytes([bytes(pair.wrapped_private)[-1] ^ 1])
    KeyVersion.objects.filter(pk=pair.pk).update(wrapped_private=changed)

    assert places(prove_columns()) == [("hsm.KeyVersion.wrapped_private", "log-seal-pq.1")]


def test_a_data_key_that_does_not_open_is_told_and_ends_the_proof():
    row = DataKey.objects.get(version=1)
    DataKey.objects.filter(pk=1).update(wrapped=bytes(row.wrapped)[:-1] + bytes([bytes(row.wrapped)[-1] ^ 1]))

    proof = prove_columns()

    assert places(proof) == [("hsm.DataKey.wrapped", "1")]
    assert proof.opened["hsm.DataKey.wrapped"] == 1
    assert proof.opened["identities.Citizen.name_sealed"] == 0
