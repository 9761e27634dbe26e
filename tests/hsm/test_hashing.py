"""Blind indexes, verifiers and the pepper."""

from base64 import b64decode
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from hsm import api as hsm
from hsm.keyring import forget_keyring
from hsm.models import KeyVersion
from hsm.rules import MAC_BYTES, context, key_label, mac_message, split_version
from hsm.states import KeyKind
from tests.hsm.rotation import planted, vouch_for_all

ROW = UUID(int=7)
purposes = st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,62}\Z")


@pytest.fixture
def _second_versions(db):
    """A second, active version of the keys for hashes beside a first that only verifies."""
    for name in (hsm.KeyName.LOOKUP, hsm.KeyName.VERIFIER):
        KeyVersion.objects.filter(name=name).update(state="verify-only")
        planted(key_label(name, 2), KeyKind.HMAC_SHA256)
        KeyVersion.objects.create(name=name, version=2, state="active", algorithm="HMAC-SHA256")
    vouch_for_all()
    yield
    forget_keyring()


@pytest.mark.django_db
def test_a_blind_index_is_the_same_each_time_and_tells_its_key_version():
    index = hsm.blind_index("0101901234", purpose="cpr")
    assert index == hsm.blind_index("0101901234", purpose="cpr")
    assert len(index) == MAC_BYTES
    assert split_version(index)[0] == 1
    assert hsm.blind_index_candidates("0101901234", purpose="cpr") == [index]


@pytest.mark.django_db
def test_blind_indexes_of_two_purposes_and_of_two_values_differ():
    found = {
        hsm.blind_index(value, purpose=purpose) for value, purpose in product(["a", "A", "a "], ["cpr", "user-id"])
    }
    assert len(found) == 6


@pytest.mark.django_db
def test_an_index_a_verifier_and_a_pepper_of_the_same_text_differ():
    pepper = b64decode(hsm.pepper("123456")[1])
    macs = {
        hsm.blind_index("123456", purpose="password")[2:],
        hsm.verifier("123456", purpose="password", bound_to=ROW)[2:],
        pepper,
    }
    assert len(macs) == 3


@pytest.mark.django_db
def test_a_verifier_matches_its_secret_for_its_purpose_and_row_only():
    stored = hsm.verifier("K7WX2MPQ", purpose="activation", bound_to=ROW)
    assert len(stored) == MAC_BYTES
    assert hsm.verifier_matches("K7WX2MPQ", memoryview(stored), purpose="activation", bound_to=ROW)
    assert not hsm.verifier_matches("K7WX2MPR", stored, purpose="activation", bound_to=ROW)
    assert not hsm.verifier_matches("K7WX2MPQ", stored, purpose="contact", bound_to=ROW)
    assert not hsm.verifier_matches("K7WX2MPQ", stored, purpose="activation", bound_to=uuid4())


@pytest.mark.django_db
@pytest.mark.parametrize("stored", [b"", b"\x00\x01"])
def test_what_is_no_verifier_is_a_fault(stored):
    with pytest.raises(ValueError, match="longer than its version"):
        hsm.verifier_matches("1", stored, purpose="activation", bound_to=ROW)


@pytest.mark.django_db
def test_a_verifier_of_an_unknown_key_is_a_fault():
    with pytest.raises(hsm.UnknownVersion):
        hsm.verifier_matches("1", b"\x00\x63" + bytes(32), purpose="activation", bound_to=ROW)


@pytest.mark.django_db
def test_a_pepper_is_repeated_with_the_version_it_was_made_with():
    version, peppered = hsm.pepper("correct horse")
    assert hsm.pepper("correct horse", version=version) == (version, peppered)
    assert hsm.pepper("correct hors")[1] != peppered
    with pytest.raises(hsm.UnknownVersion):
        hsm.pepper("correct horse", version=99)


@pytest.mark.django_db
def test_what_an_older_key_protected_is_found_and_verified_beside_a_new_one(request):
    index = hsm.blind_index("0101901234", purpose="cpr")
    stored = hsm.verifier("K7WX2MPQ", purpose="activation", bound_to=ROW)
    old_pepper = hsm.pepper("correct horse")
    request.getfixturevalue("_second_versions")
    forget_keyring()
    fresh = hsm.blind_index("0101901234", purpose="cpr")
    assert split_version(fresh)[0] == 2
    assert hsm.blind_index_candidates("0101901234", purpose="cpr") == [fresh, index]
    assert hsm.verifier_matches("K7WX2MPQ", stored, purpose="activation", bound_to=ROW)
    assert split_version(hsm.verifier("K7WX2MPQ", purpose="activation", bound_to=ROW))[0] == 2
    assert hsm.pepper("correct horse", version=1) == old_pepper
    assert hsm.pepper("correct horse")[0] == 2


@pytest.mark.django_db
def test_a_key_version_that_was_added_elsewhere_is_picked_up_without_a_restart(request):
    """KEY-3."""
    assert hsm.pepper("correct horse")[0] == 1
    request.getfixturevalue("_second_versions")
    assert hsm.pepper("correct horse")[0] == 1
    assert hsm.pepper("correct horse", version=2)[0] == 2


@pytest.mark.django_db
def test_a_key_has_one_active_version():
    with pytest.raises(IntegrityError, match="key_version_one_active_per_name"):
        KeyVersion.objects.create(name="lookup", version=2, state="active", algorithm="HMAC-SHA256")


@pytest.mark.parametrize("purpose", ["", "Name", "a b", "x" * 64, "å", "a\n"])
def test_a_purpose_is_a_short_lower_case_code(purpose):
    with pytest.raises(ValueError, match="purpose"):
        context("lookup", purpose)


@given(
    first=st.tuples(st.sampled_from(["lookup", "verifier"]), purposes, st.text(), st.none() | st.uuids()),
    second=st.tuples(st.sampled_from(["lookup", "verifier"]), purposes, st.text(), st.none() | st.uuids()),
)
def test_two_different_uses_never_give_the_same_bytes(first, second):
    assert (mac_message(*first) == mac_message(*second)) == (first == second)
