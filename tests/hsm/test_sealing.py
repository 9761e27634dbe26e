"""Sealed columns."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm import api as hsm
from hsm.keyring import forget_keyring
from hsm.models import DataKey
from hsm.rules import SEAL_OVERHEAD_BYTES
from tests.hsm.rotation import vouch_for_all

pytestmark = pytest.mark.django_db
ROW = UUID(int=7)


@pytest.mark.parametrize("text", ["", "Åse Sørensen", "x" * 100_000, "\x00", "👩‍👩‍👧"])
def test_what_was_sealed_opens_for_its_purpose_and_row(text):
    sealed = hsm.seal(text, purpose="identity.name", bound_to=ROW)
    assert hsm.open_sealed(sealed, purpose="identity.name", bound_to=ROW) == text
    assert hsm.open_sealed(memoryview(sealed), purpose="identity.name", bound_to=ROW) == text
    assert len(sealed) == SEAL_OVERHEAD_BYTES + len(text.encode())


def test_the_same_text_is_never_sealed_alike():
    assert len({hsm.seal("a", purpose="p", bound_to=ROW) for _ in range(100)}) == 100


def test_a_value_moved_to_another_row_does_not_open():
    sealed = hsm.seal("0101901234", purpose="identity.cpr", bound_to=ROW)
    with pytest.raises(hsm.SealBroken):
        hsm.open_sealed(sealed, purpose="identity.cpr", bound_to=uuid4())


def test_a_value_moved_to_another_column_does_not_open():
    sealed = hsm.seal("0101901234", purpose="identity.cpr", bound_to=ROW)
    with pytest.raises(hsm.SealBroken):
        hsm.open_sealed(sealed, purpose="identity.name", bound_to=ROW)


def test_a_value_with_any_byte_changed_does_not_open():
    sealed = hsm.seal("Åse", purpose="p", bound_to=ROW)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(hsm.SealBroken):
            hsm.open_sealed(bytes(changed), purpose="p", bound_to=ROW)


@given(st.binary(max_size=64))
def test_bytes_that_were_never_sealed_do_not_open(noise):
    with pytest.raises(hsm.SealBroken):
        hsm.open_sealed(b"\x01\x00\x01" + noise, purpose="p", bound_to=ROW)


@pytest.mark.parametrize("cut", [0, 1, 3, 30])
def test_a_cut_off_value_does_not_open(cut):
    with pytest.raises(hsm.SealBroken):
        hsm.open_sealed(hsm.seal("abc", purpose="p", bound_to=ROW)[:cut], purpose="p", bound_to=ROW)


def test_the_data_key_is_not_in_the_database_in_the_clear():
    from hsm.keyring import keyring

    row = DataKey.objects.get()
    hsm.seal("a", purpose="p", bound_to=ROW)
    assert keyring().active_data_key().log not in bytes(row.wrapped)
    assert len(row.wrapped) == 60


def test_data_keys_swapped_between_versions_do_not_unwrap():
    row = DataKey.objects.get()
    DataKey.objects.update(state="verify-only")
    DataKey.objects.create(version=2, state="active", wrapped=row.wrapped, wrapped_by=row.wrapped_by)
    vouch_for_all()
    forget_keyring()
    try:
        with pytest.raises(hsm.HsmUnavailable):
            hsm.seal("a", purpose="p", bound_to=ROW)
    finally:
        forget_keyring()
