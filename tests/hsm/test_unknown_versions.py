"""Values that name a version nobody knows: refused, and the keys are not read anew for each (KEY-3)."""

import threading
import time
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from hsm import api as hsm
from hsm.errors import HsmUnavailable
from hsm.keyring import Holder, Keyring, UnknownVersion, keyring
from hsm.log_sealer import LogSealer
from hsm.states import KeyState
from hsm.steps.making import make_data_key

pytestmark = pytest.mark.django_db
ROW = UUID(int=7)
FORGED = 300


@pytest.fixture(autouse=True)
def _anew(settings):
    settings.KEYRING_SECONDS = 600.0  # no reading is due
    hsm.forget()
    keyring()
    yield
    hsm.forget()


@contextmanager
def readings():
    """Count how often the keys are read within."""
    told = []
    with CaptureQueriesContext(connection) as captured:
        yield told
    told.append(sum('FROM "hsm_datakey"' in query["sql"] for query in captured))


def refuses(act, *errors):
    try:
        return act() is False
    except errors:
        return True


def most(began):
    """One at once, and one a second."""
    return 2 + int(time.monotonic() - began)


def forged_seal(version, sealed):
    return sealed[:1] + version.to_bytes(2, "big") + sealed[3:]


@pytest.mark.parametrize("kind", ["row of the log", "seal of the log", "sealed value", "index", "verifier", "seed"])
def test_many_values_of_unknown_versions_have_the_keys_read_once(kind):
    sealed, sealer = hsm.seal("a", purpose="p", bound_to=ROW), LogSealer()
    signature = sealer.seal_signatures(b"m")[0]
    acts = {
        "row of the log": lambda version: sealer.row_mac_matches(b"m", version + bytes(32)),
        "seal of the log": lambda version: sealer.seal_signature_matches(
            b"m",
            type(signature)(signature.key, int.from_bytes(version, "big"), signature.algorithm, signature.value),
        ),
        "sealed value": lambda version: hsm.open_sealed(sealed[:1] + version + sealed[3:], purpose="p", bound_to=ROW),
        "index": lambda version: hsm.verifier_matches("1", version + bytes(32), purpose="p", bound_to=ROW),
        "verifier": lambda version: hsm.pepper("1", int.from_bytes(version, "big")),
        "seed": lambda version: hsm.seed_hmac_sha1(version + bytes(32), [bytes(8)]),
    }
    began = time.monotonic()
    with readings() as read:
        for number in range(FORGED):
            version = (1_000 + number).to_bytes(2, "big")
            assert refuses(lambda version=version: acts[kind](version), UnknownVersion, hsm.SealBroken)
    assert 1 <= read[0] <= most(began)


def test_a_version_that_was_published_just_now_is_found_at_once():
    make_data_key(2, state=KeyState.NEXT)
    with readings() as read:
        assert keyring().data_keys.keys() == {1}
        mac = (2).to_bytes(2, "big") + bytes(32)
        assert not LogSealer().row_mac_matches(b"m", mac)
        assert keyring().data_keys.keys() == {1, 2}
    assert read == [1]


def test_one_that_is_published_between_two_forgeries_is_found_after_the_pause(settings):
    settings.KEYRING_SECONDS = 0.3
    sealed = hsm.seal("a", purpose="p", bound_to=ROW)
    with pytest.raises(hsm.SealBroken):
        hsm.open_sealed(forged_seal(9, sealed), purpose="p", bound_to=ROW)
    make_data_key(2, state=KeyState.NEXT)
    deadline = time.monotonic() + 10
    while 2 not in keyring().data_keys:
        assert time.monotonic() < deadline
        with pytest.raises(hsm.SealBroken):
            hsm.open_sealed(forged_seal(9, sealed), purpose="p", bound_to=ROW)
        time.sleep(0.02)


def test_who_comes_while_the_keys_are_read_has_the_new_reading():
    first, second = Keyring({}, {1: 1}), Keyring({}, {1: 1, 2: 2})
    left, is_reading, may_end, found = iter([first, second]), threading.Event(), threading.Event(), []

    def read():
        ring = next(left)
        if ring is second:
            is_reading.set()
            may_end.wait(10)
        return ring

    holder = Holder(read)
    assert holder.ring() is first
    threads = [threading.Thread(target=lambda: found.append(holder.reread())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert is_reading.wait(10)
    may_end.set()
    for thread in threads:
        thread.join()
    assert found == [second] * 8


@pytest.mark.parametrize("fault", [HsmUnavailable("away"), DatabaseError("away")])
def test_nothing_is_called_unknown_while_the_keys_cannot_be_read(fault):
    ring = Keyring({}, {1: 1})
    answers = iter([ring, fault])

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    holder = Holder(read)
    assert holder.ring() is ring
    with pytest.raises(type(fault)):
        holder.reread()
    with pytest.raises(HsmUnavailable):
        holder.reread()
    assert holder.ring() is ring
