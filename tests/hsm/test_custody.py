"""Who can write to the database makes no key, no state and no custodian of their own (KEY-1, KEY-3)."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from hsm import api as hsm
from hsm.keyring import forget_keyring
from hsm.models import Custodian, DataKey, KeyVersion
from hsm.orders import Named, fingerprint
from hsm.states import DATA_KEY, Act, CeremonyRefusal, KeyName
from hsm.steps.ceremonies import Held
from hsm.usecases.custodians import enrol_custodian, found_keys
from hsm.usecases.order import order_for_custodians
from hsm.usecases.rewrap import rewrap
from hsm.usecases.verify import verify_custody
from hsm.vouching import all_rows, changed_rows
from tests.hsm.custody import Person, after_everyone_knows, command, hold, rotated, sign_both, tidy_token, two_people
from tests.hsm.rotation import rotate, unguarded

ROW = UUID(int=7)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(tmp_path, now, settings):
    """Two custodians of a founding."""
    settings.KEYRING_SECONDS = 0.01
    tidy_token()
    two = two_people(tmp_path)
    named = tuple(Named(person.label, person.public_key) for person in two)
    order = order_for_custodians(act=Act.FOUND, custodians=named, now=now)
    assert isinstance(found_keys(signed=sign_both(order, two), now=now), Held)
    yield two
    tidy_token()
    hsm.forget()


def own_pair():
    """A pair of somebody's own, and its public half."""
    key = generate_private_key(SECP256R1())
    return key, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed_with(key, message: bytes, version: int) -> hsm.Signature:
    """A signature as the log's seals carry it."""
    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
    return hsm.Signature(version, r.to_bytes(32, "big") + s.to_bytes(32, "big"), "ES256")


@pytest.mark.parametrize("state", ["destroyed", "verify-only"])
def test_a_pair_that_somebody_wrote_into_the_table_verifies_nothing(state):
    key, public = own_pair()
    KeyVersion.objects.create(name="log-seal", version=77, state=state, algorithm="ES256", public_key=public)
    forget_keyring()
    assert not hsm.verify(KeyName.LOG_SEAL, b"m", signed_with(key, b"m", 77))
    assert hsm.verify(KeyName.LOG_SEAL, b"m", hsm.sign(KeyName.LOG_SEAL, b"m"))


def test_a_public_half_that_somebody_changed_verifies_nothing(monkeypatch):
    key, public = own_pair()
    with unguarded():
        KeyVersion.objects.filter(name="log-seal").update(public_key=public)
    forget_keyring()
    assert not hsm.verify(KeyName.LOG_SEAL, b"m", signed_with(key, b"m", 1))
    with pytest.raises(hsm.HsmUnavailable):
        hsm.sign(KeyName.LOG_SEAL, b"m")
    listed = command(monkeypatch, "keys")
    assert "The row of log-seal.1 was changed" in listed
    assert "The public half of log-seal.1 is not that of the module's key" in listed
    hsm.forget()


def test_a_state_that_somebody_changed_is_not_believed(people, now):
    then = rotated(people, "lookup", now=now)
    with unguarded():
        KeyVersion.objects.filter(name="lookup", version=1).update(state="destroyed")
        KeyVersion.objects.filter(name="lookup", version=2).update(state="verify-only")
    forget_keyring()
    with pytest.raises(hsm.HsmUnavailable):
        hsm.blind_index("a", purpose="p")
    refused = hold(people, Act.CREATE, "lookup", now=after_everyone_knows(then))
    assert refused.reason is CeremonyRefusal.ROW_CHANGED
    assert refused.places == ("lookup.1", "lookup.2")
    assert "lookup.2 is verify-only; by the ceremonies it is active." in verify_custody().findings


def test_a_data_key_that_somebody_retired_takes_nothing_else_away():
    sealed = hsm.seal("a", purpose="p", bound_to=ROW)
    rotate(DATA_KEY)
    DataKey.objects.filter(version=1).update(state="destroyed", wrapped=b"")
    forget_keyring()
    assert hsm.seal("b", purpose="p", bound_to=ROW)[1:3] == b"\x00\x02"
    with pytest.raises((hsm.SealBroken, hsm.HsmUnavailable)):
        hsm.open_sealed(sealed, purpose="p", bound_to=ROW)


def test_a_custodian_whose_key_was_changed_signs_nothing(people, now, tmp_path):
    (tmp_path / "other").mkdir()
    own = (Person.new(tmp_path / "other", "k1"), people[1])
    genuine = {row.label: bytes(row.public_key) for row in Custodian.objects.all()}
    with unguarded():
        Custodian.objects.filter(label="k1").update(public_key=own[0].public_key)
    assert hold(own, Act.CREATE, "lookup", now=now).reason is CeremonyRefusal.ROW_CHANGED
    with unguarded():
        Custodian.objects.filter(label="k1").update(public_key=genuine["k1"])
    assert isinstance(hold(people, Act.CREATE, "lookup", now=now), Held)


def test_a_custodian_whom_nobody_enrolled_stops_every_ceremony(people, now, tmp_path):
    third = Person.new(tmp_path, "k3")
    Custodian.objects.create(label="k3", public_key=third.public_key, state="active", enrolled_at=now)
    assert hold((people[0], third), Act.CREATE, "lookup", now=now).reason is CeremonyRefusal.ROW_CHANGED
    assert any("custodian k3" in finding for finding in verify_custody().findings)


@pytest.mark.parametrize(
    ("model", "where", "change"),
    [
        (Custodian, {"label": "k1"}, {"label": "k9"}),
        (Custodian, {"label": "k1"}, {"public_key": bytes(32)}),
        (KeyVersion, {"name": "log-seal"}, {"public_key": b"key"}),
        (KeyVersion, {"name": "log-seal"}, {"algorithm": "Ed25519"}),
        (KeyVersion, {"name": "lookup"}, {"state": "next"}),
        (KeyVersion, {"name": "lookup"}, {"state": "destroyed"}),
        (DataKey, {"version": 1}, {"state": "next"}),
        (DataKey, {"version": 1}, {"version": 2}),
    ],
)
def test_the_database_refuses_what_no_ceremony_does(people, model, where, change):
    rows = model.objects.filter(**where)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)
    with pytest.raises(IntegrityError, match="stay on record"), transaction.atomic():
        rows._raw_delete(rows.db)


def test_every_row_is_vouched_for_anew_before_the_key_that_did_is_destroyed(people, now):
    then = rotated(people, "verifier", now=now)
    refused = hold(people, Act.DESTROY, "verifier", 1, now=after_everyone_knows(then))
    assert refused.places == ("hsm.Custodian.voucher", "hsm.DataKey.voucher", "hsm.KeyVersion.voucher")
    assert rewrap(now=then).is_whole
    assert isinstance(hold(people, Act.DESTROY, "verifier", 1, now=after_everyone_knows(then)), Held)
    assert changed_rows(all_rows()) == []


def test_renewing_does_not_make_a_changed_row_right(people, now):
    KeyVersion.objects.create(name="verifier", version=9, state="verify-only", algorithm="HMAC-SHA256")
    then = rotated(people, "token-signing", now=now)
    done = rewrap(now=then)
    assert [finding.key for finding in done.findings] == ["verifier.9"]


def test_the_ceremonies_from_the_founding_on_lead_to_what_is_there(people, now, tmp_path, monkeypatch):
    then = rotated(people, "token-signing", now=now)
    rotated(people, DATA_KEY, now=then)
    third = Person.new(tmp_path, "k3")
    named = (Named("k3", third.public_key),)
    order = order_for_custodians(act=Act.ENROL_CUSTODIAN, custodians=named, now=then)
    enrol_custodian(signed=sign_both(order, people), now=then)
    assert verify_custody().findings == ()
    assert "6 ceremonies" in command(monkeypatch, "verify")
    with unguarded():
        KeyVersion.objects.filter(name="token-signing", version=1).update(state="next")
    with pytest.raises(CommandError, match="findings"):
        command(monkeypatch, "verify")


def test_the_log_tells_whose_keys_signed_and_what_was_made(people, now):
    hold(people, Act.CREATE, "token-signing", now=now)
    facts = AuditEvent.objects.latest("id").facts
    assert facts["first_fingerprint"] == fingerprint(people[0].public_key).replace("-", "")
    made = KeyVersion.objects.get(name="token-signing", version=2)
    assert facts["fingerprint"] == fingerprint(bytes(made.public_key)).replace("-", "")
