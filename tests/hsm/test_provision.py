"""Making the keys that are missing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from hsm import api as hsm
from hsm.models import DataKey, KeyVersion
from hsm.states import FIRST_ALGORITHM, SIGNING, KeyName, KeyState
from tests.hsm.programs import Token, finish, start
from tests.hsm.rotation import unguarded, vouch_for_all, without_keys


def stored() -> list[tuple[object, ...]]:
    """Every row of the keys."""
    return [
        *KeyVersion.objects.order_by("id").values_list("id", "name", "version", "state"),
        *DataKey.objects.order_by("version").values_list("version", "state", "wrapped_by"),
    ]


@pytest.mark.django_db
def test_every_key_has_an_active_first_version():
    rows = KeyVersion.objects.order_by("name").values_list("name", "version", "state")
    assert list(rows) == [(name.value, 1, "active") for name in sorted(KeyName)]
    assert list(DataKey.objects.values_list("version", "state")) == [(1, "active")]
    assert set(FIRST_ALGORITHM) == set(KeyName)
    assert set(KeyVersion.objects.exclude(public_key=None).values_list("name", flat=True)) == SIGNING


@pytest.mark.django_db(transaction=True)
def test_provisioning_again_changes_nothing():
    before = stored()
    output = StringIO()
    call_command("hsm_provision", stdout=output)
    call_command("hsm_provision", stdout=output)
    assert stored() == before
    assert "All keys are there." in output.getvalue()


@pytest.mark.django_db(transaction=True)
def test_four_processes_that_provision_at_once_make_each_key_once(tmp_path):
    without_keys()
    token = Token.empty(tmp_path)
    program = """
        hsm.provision()
        index = use_every_key()
        from hsm.token.connection import connection
        from pkcs11 import Attribute
        labels = connection.call(lambda held: sorted(key[Attribute.LABEL] for key in held.session.get_objects()))
        print(index, *labels)
    """
    racers = [start(program, **token.environment) for _ in range(4)]
    printed = {finish(racer) for racer in racers}
    assert len(printed) == 1
    _index, *labels = printed.pop().split()
    assert labels == sorted(
        f"{name}.1" for name in [*(set(KeyName) - {KeyName.LOG_SEAL_PQ}), *(SIGNING - {KeyName.LOG_SEAL_PQ})]
    )  # a pair has two halves
    assert KeyVersion.objects.count() == len(KeyName)
    assert DataKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_that_lies_in_the_token_unrecorded_is_not_taken_into_use():
    """Whoever put it there may know it (KEY-1)."""
    with unguarded():
        KeyVersion.objects.filter(name=KeyName.LOG_SEAL).delete()
    with pytest.raises(hsm.HsmUnavailable, match=r"nobody recorded: log-seal\.1"):
        hsm.provision()
    assert not KeyVersion.objects.filter(name=KeyName.LOG_SEAL).exists()


@pytest.mark.django_db(transaction=True)
def test_a_recorded_key_that_the_token_lacks_is_not_replaced():
    """KEY-2."""
    with unguarded():
        KeyVersion.objects.filter(name=KeyName.LOOKUP).update(version=7)
    vouch_for_all()
    before = stored()
    with pytest.raises(CommandError, match="recorded"):
        call_command("hsm_provision")
    assert stored() == before
    hsm.forget()


@pytest.mark.django_db(transaction=True)
@override_settings(PKCS11_TOKEN_LABEL="not there")
def test_provisioning_without_the_module_says_so():
    hsm.forget()
    with pytest.raises(CommandError, match="gone"):
        call_command("hsm_provision")
    hsm.forget()


@pytest.mark.django_db(transaction=True)
def test_without_keys_everything_is_refused():
    without_keys()
    hsm.forget()
    for use in (hsm.probe, hsm.new_seed, lambda: hsm.pepper("a")):
        with pytest.raises(hsm.HsmUnavailable, match="hsm_provision"):
            use()
    hsm.forget()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("key_version_once_per_name", {"version": 1}),
        ("key_version_one_active_per_name", {"state": "active"}),
        ("key_version_has_known_name", {"name": "other"}),
        ("key_version_has_known_state", {"state": "lost"}),
        ("key_version_fits_two_bytes", {"version": 0}),
        ("key_version_fits_two_bytes", {"version": 65_536}),
        ("key_version_of_a_pair_has_its_public_key", {"public_key": b"key"}),
        ("key_version_of_a_pair_has_its_public_key", {"name": "log-seal"}),
        ("key_version_of_a_pair_has_its_public_key", {"name": "token-signing"}),
    ],
)
def test_the_database_refuses_a_key_version_that_cannot_be(name, broken):
    row = {"name": "lookup", "version": 2, "state": KeyState.NEXT, "public_key": None, "algorithm": "HMAC-SHA256"}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        KeyVersion.objects.create(**(row | broken))
    KeyVersion.objects.create(**row)
    with pytest.raises(IntegrityError, match="key_version_one_next_per_name"), transaction.atomic():
        KeyVersion.objects.create(**(row | {"version": 3}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("data_key_one_active", {"state": "active"}),
        ("data_key_has_known_state", {"state": "lost"}),
        ("data_key_version_fits_two_bytes", {"version": 0}),
        ("data_key_version_fits_two_bytes", {"version": 65_536}),
        ("data_key_is_wrapped_until_destroyed", {"wrapped": b""}),
        ("data_key_is_wrapped_until_destroyed", {"wrapped": bytes(32)}),
        ("data_key_is_wrapped_until_destroyed", {"state": "destroyed"}),
    ],
)
def test_the_database_refuses_a_data_key_that_cannot_be(name, broken):
    wrapper = KeyVersion.objects.get(name=KeyName.DATA_WRAP)
    row = {"version": 2, "state": KeyState.NEXT, "wrapped": bytes(60), "wrapped_by": wrapper}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        DataKey.objects.create(**(row | broken))
    DataKey.objects.create(**row)
    with pytest.raises(IntegrityError, match="data_key_one_next"), transaction.atomic():
        DataKey.objects.create(**(row | {"version": 3}))
    DataKey.objects.create(**(row | {"version": 3, "state": "destroyed", "wrapped": b""}))


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["name", "version", "state"])
def test_the_database_refuses_a_key_version_without_what_each_has(column):
    row = {"name": "lookup", "version": 2, "algorithm": "HMAC-SHA256", "state": "next", column: None}
    with pytest.raises(IntegrityError, match="not-null"):
        KeyVersion.objects.create(**row)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["state", "wrapped", "wrapped_by"])
def test_the_database_refuses_a_data_key_without_what_each_has(column):
    wrapper = KeyVersion.objects.get(name=KeyName.DATA_WRAP)
    row = {"version": 2, "state": "next", "wrapped": bytes(60), "wrapped_by": wrapper, column: None}
    with pytest.raises(IntegrityError, match="not-null"):
        DataKey.objects.create(**row)


@pytest.mark.django_db
def test_the_key_that_wraps_a_data_key_cannot_be_deleted():
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyVersion.objects.get(name=KeyName.DATA_WRAP).delete()
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        cursor.execute("DELETE FROM hsm_keyversion WHERE name = 'data-wrap'; SET CONSTRAINTS ALL IMMEDIATE")
