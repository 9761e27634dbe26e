"""What opens one citizen's log-in opens nobody else's, whoever copies it into their rows (KEY-1)."""

import pytest
from django.db import transaction

from audit.api import Actor
from hsm.api import SealBroken
from hsm.models import KeyVersion
from hsm.states import KeyName, KeyState
from hsm.usecases.prove import prove_columns
from hsm.usecases.rewrap import rewrap
from identities.api import accept_code, accept_password
from identities.models import CodeDevice, Identity
from tests.factories.identities import PASSWORD, a_resident
from tests.hsm.rotation import rotate

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(now):
    """Two residents: whoever writes into the database, and whom they want to be."""
    return a_resident(now=now), a_resident(now=now)


def shows(resident, code, now):
    with transaction.atomic():
        who = {"subject": resident.identity_id, "actor": Actor.visitor()}
        return accept_code(typed=code, source="192.0.2.1", now=now, **who)


def test_key_1_another_devices_seed_is_no_seed_of_this_one(two, now):
    own, victim = two
    mine = CodeDevice.objects.get(serial=own.device.serial)
    for copied in ({}, {"seed_verifier": mine.seed_verifier}):
        CodeDevice.objects.filter(serial=victim.device.serial).update(seed_wrapped=mine.seed_wrapped, **copied)
        with pytest.raises(SealBroken):
            shows(victim, own.device.code(now), now)
    assert shows(own, own.device.code(now), now)
    assert [finding.column for finding in prove_columns().findings] == ["identities.CodeDevice.seed_wrapped"]


def test_key_1_another_identitys_password_hash_opens_nothing(two, now):
    own, victim = two
    Identity.objects.filter(pk=victim.identity_id).update(password=Identity.objects.get(pk=own.identity_id).password)
    for resident, opens in ((own, True), (victim, False)):
        with transaction.atomic():
            who = {"identity_id": resident.identity_id, "actor": Actor.visitor()}
            assert accept_password(typed=PASSWORD, now=now, **who) is opens


@pytest.mark.parametrize(
    "names", [(KeyName.SECRET_WRAP,), (KeyName.VERIFIER,), (KeyName.SECRET_WRAP, KeyName.VERIFIER)]
)
def test_key_3_a_rewrap_renews_whose_a_seed_is(two, now, settings, names):
    settings.KEYRING_SECONDS = 0.01
    rotate(*names)
    assert rewrap(now=now).is_whole
    rows = CodeDevice.objects.values_list("seed_wrapped", "seed_verifier")
    versions = {(int.from_bytes(bytes(seed)[:2], "big"), int.from_bytes(bytes(own)[:2], "big")) for seed, own in rows}
    active = dict(KeyVersion.objects.filter(state=KeyState.ACTIVE).values_list("name", "version"))
    assert versions == {(active["secret-wrap"], active["verifier"])}
    for resident in two:
        assert shows(resident, resident.device.code(now), now)


def test_key_3_a_rewrap_does_not_make_a_copied_seed_the_victims(two, now, settings):
    settings.KEYRING_SECONDS = 0.01
    own, victim = two
    mine = CodeDevice.objects.get(serial=own.device.serial)
    CodeDevice.objects.filter(serial=victim.device.serial).update(seed_wrapped=mine.seed_wrapped)
    rotate(KeyName.SECRET_WRAP, KeyName.VERIFIER)
    assert [finding.column for finding in rewrap(now=now).findings] == ["identities.CodeDevice.seed_wrapped"]
    with pytest.raises(SealBroken):
        shows(victim, own.device.code(now), now)
