"""Re-wrap beside processes that work, and after one that was killed."""

import signal
import threading
import time

import pytest
from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from hsm.keyring import forget_keyring
from hsm.models import KeyVersion, RewrapProgress
from hsm.rules import split_seal
from hsm.states import DATA_KEY, KeyName, KeyState
from hsm.usecases.prove import prove_columns
from hsm.usecases.rewrap import rewrap
from identities.models import Citizen, ContactPoint
from identities.queries import identity_by_cpr_number, person_of
from tests.factories.identities import a_resident
from tests.hsm.programs import finish, start
from tests.hsm.rotation import make_anew, rotate, vouch_for_all

pytestmark = pytest.mark.django_db(transaction=True)

READERS_AND_WRITERS = """
    from django.db import connection, transaction
    from audit.api import Actor
    from identities.api import AlreadyIssued, AssuranceLevel, issue_identity
    from identities.models import Identity
    from identities.queries import identity_by_cpr_number, person_of
    from mitid_portal import clock
    from notifications.api import Language

    ids = list(Identity.objects.values_list("id", flat=True))
    slowest, turns = 0.0, 0
    print("ready", flush=True)
    end = time.monotonic() + float(os.environ["SECONDS"])
    while time.monotonic() < end:
        identity_id = ids[turns % len(ids)]
        began = time.monotonic()
        person = person_of(identity_id)
        assert identity_by_cpr_number(person.cpr_number).id == identity_id
        with transaction.atomic():
            issued = issue_identity(
                owner_id=identity_id, person=person, user_id="ny trold", level=AssuranceLevel.LOW, proofs={},
                language=Language.DA, actor=Actor.system(), now=clock.now(),
            )
        assert issued == AlreadyIssued(identity_id)
        slowest = max(slowest, time.monotonic() - began)
        turns += 1
    print(turns, slowest)
"""


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.KEYRING_SECONDS = 0.2
    yield
    forget_keyring()


def copies_of_a_contact(count):
    """Multiply a row in the database: the seal is bound to its identity, so each copy opens."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO identities_contactpoint
                (id, identity_id, kind, value_sealed, value_index, state, is_first, registered_at, replaced_at)
            SELECT gen_random_uuid(), identity_id, kind, value_sealed, value_index, 'replaced', false, registered_at,
                registered_at
            FROM (SELECT * FROM identities_contactpoint LIMIT 1) one, generate_series(1, %s)
            """,
            [count],
        )


def test_a_run_that_is_killed_goes_on_where_it_was(now):
    a_resident(now=now)
    copies_of_a_contact(5_000)
    rotate(DATA_KEY, KeyName.LOOKUP)
    killed = start(
        """
        from hsm.usecases.rewrap import rewrap
        from mitid_portal import clock
        rewrap(now=clock.now(), batch_rows=50)
        """
    )
    deadline = time.monotonic() + 30
    while not RewrapProgress.objects.filter(table="identities.ContactPoint", rows_read__gte=500).exists():
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    came_to = RewrapProgress.objects.get(table="identities.ContactPoint")
    assert 500 <= came_to.rows_read < 5_000
    assert not came_to.is_read
    done_before = [row for row in ContactPoint.objects.all() if split_seal(bytes(row.value_sealed))[0] == 2]
    assert len(done_before) >= came_to.rows_read
    told = []

    done = rewrap(now=now, progress=lambda table, *, rows, total=None: told.append((table, rows)))

    assert done.is_whole
    assert next(rows for table, rows in told if table == "identities.ContactPoint") == came_to.rows_read
    assert done.renewed["identities.ContactPoint.value_sealed"] == 5_002 - len(done_before)
    assert prove_columns().is_whole
    assert not RewrapProgress.objects.exists()


def test_readers_and_writers_are_undisturbed(now):
    residents = [a_resident(now=now) for _ in range(5)]
    copies_of_a_contact(5_000)
    at_work = [start(READERS_AND_WRITERS, SECONDS="6", KEYRING_SECONDS="0.2") for _ in range(2)]
    for process in at_work:
        assert process.stdout.readline() == "ready\n"
    # Their readings of the keys are published to first, as a ceremony does.
    for name in (KeyName.LOOKUP, KeyName.SECRET_WRAP):
        active = KeyVersion.objects.get(name=name, state=KeyState.ACTIVE)
        make_anew(name, 2, active.algorithm, state=KeyState.NEXT)
    rotate(DATA_KEY)
    time.sleep(0.5)
    with transaction.atomic():
        for name in (KeyName.LOOKUP, KeyName.SECRET_WRAP):
            KeyVersion.objects.filter(name=name, version=1).update(state=KeyState.VERIFY_ONLY)
            KeyVersion.objects.filter(name=name, version=2).update(state=KeyState.ACTIVE)
        vouch_for_all()
    forget_keyring()

    between_batches = []

    def look(_table, *, rows, total=None):
        between_batches.append(connection.connection.info.transaction_status)

    done = rewrap(now=now, progress=look)

    assert done.is_whole
    assert len(between_batches) > 10
    assert set(between_batches) == {TransactionStatus.IDLE}  # so it holds no row from one batch to the next
    for process in at_work:
        turns, slowest = finish(process).split()  # a turn that waits for a lock too long fails, and its program with it
        assert int(turns) > 20
        assert float(slowest) < 10
    assert prove_columns().is_whole
    assert Citizen.objects.count() == 5
    assert {split_seal(bytes(row.name_sealed))[0] for row in Citizen.objects.all()} == {2}
    for resident in residents:
        assert person_of(resident.identity_id).cpr_number == resident.cpr_number
        assert identity_by_cpr_number(resident.cpr_number).id == resident.identity_id


def test_a_row_that_somebody_holds_is_left_and_come_back_to(now):
    resident = a_resident(now=now)
    rotate(DATA_KEY)
    is_held, is_released = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            citizen = Citizen.objects.select_for_update().get()
            is_held.set()
            assert is_released.wait(timeout=30)
            citizen.is_name_protected = True
            citizen.save()
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(timeout=30)

    def release(_seconds):
        is_released.set()
        holder.join()

    done = rewrap(now=now, sleep=release)

    assert done.is_whole
    assert done.renewed["identities.Citizen.name_sealed"] == 1
    citizen = Citizen.objects.get()
    assert citizen.is_name_protected
    assert split_seal(bytes(citizen.name_sealed))[0] == 2
    assert person_of(resident.identity_id).name == resident.name
