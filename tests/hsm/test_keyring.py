"""What a process knows of the keys, and how old that may be (KEY-3)."""

import threading
import time
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from hsm import api as hsm
from hsm.errors import HsmUnavailable
from hsm.keyring import WAIT_SECONDS, Holder, Keyring, keyring
from hsm.models import DataKey, KeyVersion
from hsm.states import KeyName, KeyState
from hsm.steps.making import make_data_key
from tests.hsm.programs import Token, run
from tests.hsm.rotation import vouch_for_all

ROW = UUID(int=7)


@pytest.fixture
def _soon(settings):
    """Readings grow old at once; the next test begins anew."""
    settings.KEYRING_SECONDS = 0.1
    hsm.forget()
    yield
    hsm.forget()


def rings(count):
    """Readings that are told apart, each with a data key."""
    return [Keyring({}, {number: number}) for number in range(1, count + 1)]


def test_a_reading_is_kept_until_it_is_due_and_made_once_then(settings):
    settings.KEYRING_SECONDS = 0.2
    answers = rings(3)
    left = iter(answers)
    holder = Holder(lambda: next(left))
    assert all(holder.ring() is answers[0] for _ in range(100))
    time.sleep(0.25)
    assert all(holder.ring() is answers[1] for _ in range(100))


def test_one_thread_reads_anew_while_the_others_use_what_is_known(settings):
    settings.KEYRING_SECONDS = 1.0
    first, second = rings(2)
    left, is_reading, may_end = iter([first, second]), threading.Event(), threading.Event()

    def read():
        ring = next(left)
        if ring is second:
            is_reading.set()
            may_end.wait(10)
        return ring

    holder = Holder(read)
    assert holder.ring() is first
    time.sleep(1.05)
    thread = threading.Thread(target=holder.ring)
    thread.start()
    assert is_reading.wait(10)
    began = time.monotonic()
    assert holder.ring() is first
    assert time.monotonic() - began < WAIT_SECONDS / 2  # it waits for nobody
    may_end.set()
    thread.join()
    assert holder.ring() is second


def test_a_reading_that_nobody_made_in_time_is_waited_for(settings):
    """A process that slept knows nothing of what was published meanwhile: no thread of it goes by the old reading."""
    settings.KEYRING_SECONDS = 0.1
    first, second = rings(2)
    left, is_reading = iter([first, second]), threading.Event()

    def read():
        ring = next(left)
        if ring is second:
            is_reading.set()
            time.sleep(0.3)
        return ring

    holder = Holder(read)
    assert holder.ring() is first
    time.sleep(0.25)
    thread = threading.Thread(target=holder.ring)
    thread.start()
    assert is_reading.wait(10)
    assert holder.ring() is second
    thread.join()


@pytest.mark.parametrize("fault", [HsmUnavailable("away"), DatabaseError("away")])
def test_what_is_known_stays_in_use_while_it_cannot_be_read_anew(settings, fault):
    settings.KEYRING_SECONDS = 0.05
    first, second = rings(2)
    answers = iter([first, fault, second])

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    holder = Holder(read)
    assert holder.ring() is first
    time.sleep(0.15)
    assert holder.ring() is first
    time.sleep(0.15)
    assert holder.ring() is second


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_soon")
def test_keys_that_are_open_stay_open_when_the_states_are_read_anew():
    before = keyring()
    make_data_key(2, state=KeyState.NEXT)
    time.sleep(0.15)
    after = keyring()
    assert after is not before
    assert after.data_keys[1].columns is before.data_keys[1].columns
    assert after.data_keys[2].state is KeyState.NEXT
    place = (KeyName.LOG_SEAL_PQ, 1)
    assert after.private_keys[place] is before.private_keys[place]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_soon")
def test_states_are_known_anew_although_a_new_key_cannot_be_opened():
    sealed = hsm.seal("a", purpose="p", bound_to=ROW)
    row = DataKey.objects.get()
    DataKey.objects.create(version=2, state="next", wrapped=row.wrapped, wrapped_by=row.wrapped_by)  # does not unwrap
    KeyVersion.objects.create(name="lookup", version=2, state="next", algorithm="HMAC-SHA256")
    vouch_for_all()
    time.sleep(0.15)
    ring = keyring()
    assert set(ring.data_keys) == {1}
    assert set(ring.versions[KeyName.LOOKUP]) == {1, 2}
    assert hsm.open_sealed(sealed, purpose="p", bound_to=ROW) == "a"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_soon")
def test_a_reading_inside_a_transaction_that_failed_does_no_harm():
    ring = keyring()
    time.sleep(0.25)
    with transaction.atomic():
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert keyring() is ring
        transaction.set_rollback(True)
    time.sleep(0.15)
    assert keyring() is not ring


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_soon")
def test_an_unknown_version_drops_nothing_while_the_module_is_away(settings):
    sealed = hsm.seal("a", purpose="p", bound_to=ROW)
    settings.PKCS11_TOKEN_LABEL = "not there"
    with pytest.raises(hsm.SealBroken):
        hsm.open_sealed(b"\x01\x00\x09" + sealed[3:], purpose="p", bound_to=ROW)
    assert hsm.open_sealed(sealed, purpose="p", bound_to=ROW) == "a"


@pytest.mark.django_db(transaction=True)
def test_children_of_a_preloaded_process_have_the_keys_without_the_module(tmp_path):
    token = Token.copied_to(tmp_path)
    run(
        """
        import shutil
        from django.db import connection
        hsm.preload()
        connection.close()
        connection.close_pool()
        for turn in range(4):
            child = os.fork()
            if child == 0:
                works = hsm.open_sealed(hsm.seal("a", purpose="p", bound_to=ROW), purpose="p", bound_to=ROW) == "a"
                use_every_key()
                os._exit(0 if works else 1)
            assert os.waitpid(child, 0) == (child, 0)
        shutil.move(os.environ["TOKENS"], os.environ["TOKENS"] + ".away")
        child = os.fork()
        if child == 0:
            works = hsm.open_sealed(hsm.seal("a", purpose="p", bound_to=ROW), purpose="p", bound_to=ROW) == "a"
            works = works and hsm.sign(hsm.KeyName.LOG_SEAL_PQ, b"m").algorithm == "ML-DSA-65"
            works = works and refuses(lambda: hsm.blind_index("a", purpose="p"))
            os._exit(0 if works else 1)
        assert os.waitpid(child, 0) == (child, 0)
        """,
        **token.environment,
    )


def test_the_fast_way_costs_next_to_nothing(settings):
    settings.KEYRING_SECONDS = 60
    (ring,) = rings(1)
    holder = Holder(lambda: ring)
    holder.ring()
    began = time.thread_time()  # what a busy machine does meanwhile counts for nothing
    for _ in range(20_000):
        holder.ring()
    assert (time.thread_time() - began) / 20_000 < 1e-5


def test_a_failed_reading_is_tried_again_soon_and_by_one_thread(settings):
    settings.KEYRING_SECONDS = 0.4
    (first,) = rings(1)
    readings = []

    def read():
        readings.append(time.monotonic())
        if len(readings) > 1:
            raise HsmUnavailable("away")
        return first

    holder = Holder(read)
    holder.ring()
    time.sleep(0.85)
    threads = [threading.Thread(target=holder.ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(readings) == 2
    time.sleep(0.15)
    assert holder.ring() is first
    assert len(readings) == 3
