"""Re-wrap: everything protected under the active keys, and nothing lost on the way."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, transaction

from audit.models import AuditEvent
from hsm.api import blind_index, seal
from hsm.keyring import forget_keyring, keyring
from hsm.management import rewrapping
from hsm.models import DataKey, KeyVersion, RewrapProgress
from hsm.rules import split_seal, split_version
from hsm.states import DATA_KEY, KeyName
from hsm.token import operations
from hsm.token.rewrapping import rewrap_seed
from hsm.usecases.prove import prove_columns
from hsm.usecases.rewrap import LOCK, AlreadyRunning, rewrap
from hsm.uses import places_using
from identities import sealing
from identities.api import accept_code, identity_by_cpr_number, person_of
from identities.models import Citizen, CodeDevice, ContactPoint
from identities.queries import contacts_of, identities_by_phone
from notifications.models import Delivery
from tests.factories.identities import a_resident, an_officer, texts_sent
from tests.hsm.rotation import ALL, rotate, vouch_for_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.KEYRING_SECONDS = 0.01
    yield
    forget_keyring()


@pytest.fixture
def residents(now):
    return [a_resident(now=now) for _ in range(3)]


def test_everything_is_under_the_new_versions_and_reads_as_before(residents, now):
    persons = [person_of(resident.identity_id) for resident in residents]
    rotate(*ALL)

    done = rewrap(now=now, batch_rows=2)

    assert done.is_whole
    assert done.renewed["identities.Citizen.name_sealed"] == 3
    assert done.renewed["hsm.DataKey.wrapped"] == 2
    assert {split_seal(bytes(row.name_sealed))[0] for row in Citizen.objects.all()} == {2}
    assert {split_version(bytes(row.cpr_number_index))[0] for row in Citizen.objects.all()} == {2}
    assert {split_version(bytes(row.seed_wrapped))[0] for row in CodeDevice.objects.all()} == {2}
    assert {split_seal(bytes(row.body_sealed))[0] for row in Delivery.objects.all()} == {2}
    assert {row.wrapped_by.version for row in DataKey.objects.all()} == {2}
    assert [person_of(resident.identity_id) for resident in residents] == persons
    for resident in residents:
        assert identity_by_cpr_number(resident.cpr_number).id == resident.identity_id
        assert identities_by_phone(resident.phone) == [resident.identity_id]
        assert set(contacts_of(resident.identity_id).values()) == {resident.phone, resident.email}
        assert texts_sent(reference=resident.identity_id)
        with transaction.atomic():
            assert accept_code(
                subject=resident.identity_id,
                typed=resident.device.code(now),
                source="192.0.2.1",
                actor=an_officer(),
                now=now,
            )
    assert prove_columns().is_whole


def test_the_old_versions_that_can_be_left_are_left(residents, now):
    rotate(*ALL)

    rewrap(now=now)

    assert places_using(KeyName.DATA_WRAP, 1) == []
    assert places_using(KeyName.SECRET_WRAP, 1) == []
    assert places_using(DATA_KEY, 1) == ["audit.AuditEvent.mac"]
    assert places_using(KeyName.LOOKUP, 1) == []
    assert "identities.Identity.password" in places_using(KeyName.VERIFIER, 1)


def test_a_wrapped_private_half_goes_along(now):
    pair = KeyVersion.objects.get(name=KeyName.LOG_SEAL_PQ)
    rotate(KeyName.DATA_WRAP)

    done = rewrap(now=now)

    moved = KeyVersion.objects.get(pk=pair.pk)
    assert done.renewed["hsm.KeyVersion.wrapped_private"] == 1
    assert moved.wrapped_by.version == 2
    assert bytes(moved.wrapped_private) != bytes(pair.wrapped_private)
    forget_keyring()
    assert keyring().private_key(KeyName.LOG_SEAL_PQ, 1) is not None
    assert prove_columns().is_whole


def test_a_second_run_finds_nothing(residents, now):
    rotate(*ALL)
    rewrap(now=now)

    again = rewrap(now=now)

    assert again.is_whole
    assert not again.renewed
    assert not RewrapProgress.objects.exists()


def test_it_is_in_the_log(residents, now):
    rotate(*ALL)

    done = rewrap(now=now)

    started, finished = AuditEvent.objects.filter(kind__startswith="hsm.rewrap").order_by("id")
    assert (started.kind, started.at, started.facts) == ("hsm.rewrap_started", now, {})
    assert finished.kind == "hsm.rewrap_finished"
    assert finished.facts == {"renewed": done.renewed.total(), "unopened": 0, "left": 0}
    assert now < finished.at < now + timedelta(minutes=1)


def test_what_does_not_open_is_told_and_the_rest_goes_on(residents, now):
    spoilt, other, display = residents
    citizen = Citizen.objects.get(identity__id=spoilt.identity_id)
    Citizen.objects.filter(pk=citizen.pk).update(cpr_number_sealed=bytes(citizen.cpr_number_sealed)[:-1] + b"\x00\x00")
    device = CodeDevice.objects.get(serial=display.device.serial)
    CodeDevice.objects.filter(pk=device.pk).update(seed_wrapped=bytes(device.seed_wrapped)[:-1] + b"!")
    rotate(*ALL)

    done = rewrap(now=now)

    assert {(finding.column, finding.key) for finding in done.findings} == {
        ("identities.Citizen.cpr_number_sealed", str(citizen.pk)),
        ("identities.Citizen.cpr_number_index", str(citizen.pk)),
        ("identities.CodeDevice.seed_wrapped", str(device.pk)),
    }
    assert split_seal(bytes(Citizen.objects.get(pk=citizen.pk).name_sealed))[0] == 2
    assert person_of(other.identity_id).cpr_number == other.cpr_number


def test_two_rows_for_one_value_are_told_and_stay(now):
    first = a_resident(now=now)
    citizen = Citizen.objects.get(identity__id=first.identity_id)
    rotate(KeyName.LOOKUP)
    second = a_resident(now=now)
    twin = Citizen.objects.get(identity__id=second.identity_id)

    Citizen.objects.filter(pk=twin.pk).update(
        cpr_number_index=blind_index(first.cpr_number, purpose=sealing.CPR_NUMBER),
        cpr_number_sealed=seal(first.cpr_number, purpose=sealing.CPR_NUMBER, bound_to=twin.pk),
    )

    done = rewrap(now=now)

    assert {(finding.column, finding.key) for finding in done.findings} == {
        ("identities.Citizen.cpr_number_index", str(citizen.pk))
    }


def test_a_run_goes_on_behind_the_key_it_came_to(residents, now):
    rotate(DATA_KEY)
    first, *_ = Citizen.objects.order_by("pk")
    targets = "data-key.2 lookup.1 secret-wrap.1 verifier.1"
    RewrapProgress.objects.create(table="identities.Citizen", targets=targets, last_key=str(first.pk), rows_read=1)
    told = []

    rewrap(now=now, progress=lambda table, *, rows, total=None: told.append((table, rows, total)))

    assert told[: told.index(("identities.Citizen", 2, None)) + 1][-2:] == [
        ("identities.Citizen", 1, 3),
        ("identities.Citizen", 2, None),
    ]
    assert {split_seal(bytes(row.name_sealed))[0] for row in Citizen.objects.all()} == {2}


def test_another_rotation_begins_a_table_anew(residents, now):
    rotate(DATA_KEY)
    last = Citizen.objects.latest("pk")
    targets = "data-key.1 lookup.1 secret-wrap.1"
    RewrapProgress.objects.create(table="identities.Citizen", targets=targets, last_key=str(last.pk), rows_read=3)
    told = []

    rewrap(now=now, progress=lambda table, *, rows, total=None: told.append((table, rows, total)))

    assert ("identities.Citizen", 3, None) in told


def test_it_waits_until_every_process_knows_the_new_versions(residents, now, settings):
    settings.KEYRING_SECONDS = 15
    KeyVersion.objects.update(since=now - timedelta(days=1))
    vouch_for_all()
    rotate(DATA_KEY, at=now - timedelta(seconds=10))
    waits = []

    rewrap(now=now, sleep=waits.append)

    assert 18 < waits[0] <= 20
    waits.clear()
    rewrap(now=now + timedelta(hours=1), sleep=waits.append)
    assert waits == [0.0]


def test_what_is_written_with_the_old_version_meanwhile_is_caught(residents, now):
    rotate(DATA_KEY)
    old = Citizen.objects.earliest("pk")
    turns = []

    def writes_late(_seconds):
        if not turns:
            turns.append(Citizen.objects.filter(pk=old.pk).update(name_sealed=old.name_sealed))

    done = rewrap(now=now, sleep=writes_late)

    assert done.is_whole
    assert done.renewed["identities.Citizen.name_sealed"] == 4
    assert split_seal(bytes(Citizen.objects.get(pk=old.pk).name_sealed))[0] == 2


def test_a_seed_goes_from_key_to_key_and_never_out(now):
    rotate(KeyName.SECRET_WRAP)
    seed = b"12345678901234567890"
    wrapped = operations.wrap_seed("secret-wrap.1", seed)

    again = rewrap_seed("secret-wrap.1", "secret-wrap.2", wrapped)

    assert operations.seed_hmac_sha1("secret-wrap.2", again, [bytes(8)]) == operations.seed_hmac_sha1(
        "secret-wrap.1", wrapped, [bytes(8)]
    )
    assert seed not in again


def test_the_command_says_what_was_done_and_what_is_still_needed(residents, now):
    rotate(*ALL)
    out = io.StringIO()

    rewrapping.run({"batch": 500, "pause": 0.0}, out)

    text = out.getvalue()
    assert "identities.Citizen.name_sealed: 3 renewed" in text
    assert "lookup 1: no longer used" in text
    assert "data-key 1: still used by audit.AuditEvent.mac" in text
    out.truncate(0)
    rewrapping.run({"batch": 500, "pause": 0.0}, out)
    assert "Nothing to renew." in out.getvalue()


def test_the_command_fails_over_what_does_not_open_and_shows_no_content(residents, now):
    point = ContactPoint.objects.earliest("pk")
    ContactPoint.objects.filter(pk=point.pk).update(value_sealed=b"\x01\x00\x01" + bytes(40))
    rotate(DATA_KEY)
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 values do not open"):
        rewrapping.run({"batch": 500, "pause": 0.0}, out)

    assert f"identities.ContactPoint.value_sealed {point.pk}: does not open" in out.getvalue()


def test_it_is_a_command(residents):
    rotate(*ALL)
    out = io.StringIO()

    call_command("hsm", "rewrap", "--batch", "7", "--pause", "0.001", stdout=out)

    assert "identities.CodeDevice.seed_wrapped: 3 renewed" in out.getvalue()


@pytest.mark.parametrize("options", [{"batch": 0, "pause": 0.0}, {"batch": 1, "pause": -1.0}])
def test_the_command_refuses_what_is_no_batch(options):
    with pytest.raises(CommandError):
        rewrapping.run(options, io.StringIO())


def test_two_runs_at_once_are_one(now):
    other = connections["default"].copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(AlreadyRunning):
            rewrap(now=now)
    finally:
        other.close()
        other.close_pool()
