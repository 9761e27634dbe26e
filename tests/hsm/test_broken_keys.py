"""A wrapped key whose row was changed: what lies under it is refused, and nothing else (KEY-1, KEY-3)."""

import logging
from uuid import UUID

import pytest

from hsm import api as hsm
from hsm.errors import KeyBroken, KeyClosed
from hsm.keyring import Keyring, forget_keyring, keyring, looked_up
from hsm.log_sealer import LogSealer
from hsm.models import DataKey, KeyVersion
from hsm.states import DATA_KEY, KeyName, KeyState
from hsm.usecases.rewrap import rewrap
from identities.models import Citizen
from tests.factories.identities import a_resident
from tests.hsm.programs import Token, run
from tests.hsm.rotation import rotate, vouch_for_all

ROW = UUID(int=7)


@pytest.fixture(autouse=True)
def _anew():
    hsm.forget()
    yield
    hsm.forget()


def changed(value):
    return bytes(value[:20]) + bytes([value[20] ^ 1]) + bytes(value[21:])


def break_data_key(version):
    row = DataKey.objects.get(version=version)
    DataKey.objects.filter(version=version).update(wrapped=changed(row.wrapped))
    forget_keyring()


def sealed(text):
    return hsm.seal(text, purpose="p", bound_to=ROW)


def opened(value):
    return hsm.open_sealed(value, purpose="p", bound_to=ROW)


@pytest.mark.django_db
def test_a_broken_key_that_only_opens_takes_its_own_values_away(caplog):
    sealer, old = LogSealer(), sealed("old")
    old_mac = sealer.row_mac(b"row")
    rotate(DATA_KEY)
    break_data_key(1)

    with caplog.at_level(logging.ERROR, "hsm"):
        new = sealed("new")
    assert opened(new) == "new"
    assert sealer.row_mac_matches(b"row", sealer.row_mac(b"row"))
    assert hsm.verify(KeyName.LOG_SEAL_PQ, b"m", hsm.sign(KeyName.LOG_SEAL_PQ, b"m"))
    hsm.probe()
    for _ in range(3):
        with pytest.raises(KeyBroken):
            opened(old)
        with pytest.raises(hsm.HsmUnavailable):
            sealer.row_mac_matches(b"row", old_mac)
    (told,) = [each for each in caplog.records if each.levelno == logging.ERROR]  # once, however often it is met
    assert told.getMessage().startswith("data-key.1 does not open")
    assert bytes(DataKey.objects.get(version=1).wrapped).hex() not in caplog.text


@pytest.mark.django_db
def test_a_broken_active_key_refuses_what_is_new_and_health_says_so():
    old = sealed("old")
    rotate(DATA_KEY)
    break_data_key(2)

    assert opened(old) == "old"
    with pytest.raises(KeyBroken, match=r"data-key\.2 does not open"):
        sealed("new")
    with pytest.raises(hsm.HsmUnavailable):
        hsm.probe()
    mac = LogSealer().row_mac(b"row")  # so that the ceremonies that end it are logged
    assert mac[:2] == (1).to_bytes(2, "big")
    rotate(DATA_KEY)
    assert opened(sealed("new")) == "new"
    hsm.probe()


@pytest.mark.django_db
def test_the_only_key_broken_is_said_without_asking_for_a_founding():
    break_data_key(1)
    for act in (lambda: sealed("new"), lambda: LogSealer().row_mac(b"row"), hsm.probe):
        with pytest.raises(KeyBroken, match=r"data-key\.1 does not open"):
            act()
    stored = hsm.verifier("1", purpose="p", bound_to=ROW)
    assert hsm.verifier_matches("1", stored, purpose="p", bound_to=ROW)


@pytest.mark.django_db
def test_a_row_that_names_a_wrapper_the_token_lacks_takes_nothing_else_away():
    old = sealed("old")
    rotate(DATA_KEY)
    lost = KeyVersion.objects.create(name="data-wrap", version=9, state="verify-only", algorithm="AES-256-GCM")
    DataKey.objects.filter(version=1).update(wrapped_by=lost)
    vouch_for_all()
    forget_keyring()
    assert opened(sealed("new")) == "new"
    with pytest.raises(KeyClosed):
        opened(old)


@pytest.mark.django_db
def test_a_broken_private_half_takes_its_own_signatures_away():
    made = hsm.sign(KeyName.LOG_SEAL_PQ, b"m")
    row = KeyVersion.objects.get(name=KeyName.LOG_SEAL_PQ)
    KeyVersion.objects.filter(pk=row.pk).update(wrapped_private=changed(row.wrapped_private))
    forget_keyring()
    assert opened(sealed("a")) == "a"
    assert hsm.verify(KeyName.LOG_SEAL, b"m", hsm.sign(KeyName.LOG_SEAL, b"m"))
    assert hsm.verify(KeyName.LOG_SEAL_PQ, b"m", made)
    with pytest.raises(hsm.HsmUnavailable):
        hsm.sign(KeyName.LOG_SEAL_PQ, b"m")


@pytest.mark.django_db
def test_a_row_that_is_put_right_is_read_again(settings):
    settings.KEYRING_SECONDS = 0.05
    old = sealed("old")
    rotate(DATA_KEY)
    right = bytes(DataKey.objects.get(version=1).wrapped)
    break_data_key(1)
    with pytest.raises(KeyBroken):
        opened(old)
    DataKey.objects.filter(version=1).update(wrapped=right)
    assert looked_up(Keyring.active_data_key).state is KeyState.ACTIVE
    while 1 not in keyring().data_keys:
        pass
    assert opened(old) == "old"


@pytest.mark.django_db(transaction=True)
def test_a_rewrap_tells_of_values_under_a_broken_key_and_renews_the_others(now, settings):
    settings.KEYRING_SECONDS = 0.05
    a_resident(now=now)
    rotate(DATA_KEY)
    second = a_resident(now=now)
    rotate(DATA_KEY)
    break_data_key(1)

    done = rewrap(now=now)

    lost = Citizen.objects.exclude(identity=second.identity_id).get()
    found = {(each.column, each.key) for each in done.findings}
    assert ("hsm.DataKey.wrapped", "1") not in found  # its wrapper is the active one
    assert ("identities.Citizen.name_sealed", str(lost.pk)) in found
    kept = Citizen.objects.get(identity=second.identity_id)
    assert bytes(kept.name_sealed)[1:3] == (3).to_bytes(2, "big")


@pytest.mark.django_db(transaction=True)
def test_a_module_that_is_away_makes_no_key_broken(tmp_path):
    token = Token.copied_to(tmp_path)
    run(
        """
        import logging, shutil
        from hsm.errors import KeyClosed
        told = []
        class Notes(logging.Handler):
            def emit(self, record):
                told.append(record.getMessage())
        logging.getLogger("hsm.opening").addHandler(Notes())
        shutil.move(os.environ["TOKENS"], os.environ["TOKENS"] + ".away")
        os.mkdir(os.environ["TOKENS"])
        for _ in range(3):
            try:
                hsm.seal("a", purpose="p", bound_to=ROW)
            except hsm.HsmUnavailable as error:
                assert not isinstance(error, KeyClosed)
        assert not told, told
        os.rmdir(os.environ["TOKENS"])
        shutil.move(os.environ["TOKENS"] + ".away", os.environ["TOKENS"])
        works_again(use_every_key, seconds=20)
        assert not told, told
        """,
        **token.environment,
        LOG_LEVEL="CRITICAL",
    )
