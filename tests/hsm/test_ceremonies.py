"""Two custodians sign every ceremony, and what each leaves behind (KEY-1, KEY-3)."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from audit.models import AuditEvent
from hsm import api as hsm
from hsm.algorithms import algorithm as hsm_algorithm
from hsm.models import Ceremony, Custodian, DataKey, KeyVersion
from hsm.orders import Signed, SignedOrder
from hsm.queries import versions_of
from hsm.rules import key_label
from hsm.states import DATA_KEY, Act, CeremonyRefusal, KeyKind, KeyName, KeyState
from hsm.steps.ceremonies import Held, Refused
from hsm.token import keys
from hsm.usecases.ceremonies import create_key, erase_key, rotate_key
from hsm.usecases.order import order_for_key
from hsm.vouching import renew_vouchers
from tests.hsm.custody import after_everyone_knows, hold, rotated, sign_both, states_of, tidy_token, two_people
from tests.hsm.rotation import planted, unguarded, vouch_for_all

NAMES = [*(name.value for name in KeyName), DATA_KEY]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(tmp_path, now):
    """Two custodians who are enrolled; keys that tests make are taken away again."""
    tidy_token()
    two = two_people(tmp_path)
    for person in two:
        person.enrolled(now)
    yield two
    tidy_token()
    hsm.forget()


def kinds() -> list[str]:
    """The kinds of the events, in their order."""
    return list(AuditEvent.objects.order_by("id").values_list("kind", flat=True))


def last_facts() -> dict[str, object]:
    """The facts of the last event."""
    return dict(AuditEvent.objects.latest("id").facts)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_published_switched_to_and_its_older_version_destroyed(people, now, name):
    made = hold(people, Act.CREATE, name, now=now)
    assert isinstance(made, Held)
    assert states_of(name) == [(1, "active"), (2, "next")]
    then = after_everyone_knows(now)
    assert isinstance(hold(people, Act.ROTATE, name, now=then), Held)
    assert states_of(name) == [(1, "verify-only"), (2, "active")]
    assert kinds() == ["hsm.key_created", "hsm.key_activated"]
    assert Ceremony.objects.count() == 2
    later = after_everyone_knows(then)
    if name == KeyName.VERIFIER:
        renew_vouchers()
    outcome = hold(people, Act.DESTROY, name, 1, now=later)
    if name in {KeyName.DATA_WRAP, DATA_KEY}:  # data keys, and rows of the log
        assert isinstance(outcome, Refused)
        assert outcome.reason is CeremonyRefusal.STILL_USED
        wrapped = ("hsm.DataKey.wrapped", "hsm.KeyVersion.wrapped_private")
        assert outcome.places == (wrapped if name == KeyName.DATA_WRAP else ("audit.AuditEvent.mac",))
        assert states_of(name) == [(1, "verify-only"), (2, "active")]
        return
    assert isinstance(outcome, Held)
    assert states_of(name) == [(1, "destroyed"), (2, "active")]


@pytest.mark.parametrize("name", [KeyName.LOOKUP, KeyName.TOKEN_SIGNING, KeyName.SECRET_WRAP])
def test_the_token_is_emptied_once_every_process_knows_and_not_before(people, now, name):
    hold(people, Act.CREATE, name, now=now)
    label = key_label(name, 2)
    assert label in keys.labels()
    assert isinstance(hold(people, Act.DESTROY, name, 2, now=now), Held)
    assert not erase_key(name=name, version=2, now=now)
    assert label in keys.labels()
    then = after_everyone_knows(now)
    assert erase_key(name=name, version=2, now=then)
    assert label not in keys.labels()
    assert erase_key(name=name, version=2, now=then), "repeating is harmless"
    assert kinds() == ["hsm.key_created", "hsm.key_destroyed", "hsm.key_erased"]


def test_an_active_version_is_not_erased(people, now):
    assert not erase_key(name=KeyName.LOOKUP, version=1, now=now)
    assert "lookup.1" in keys.labels()


def test_a_number_that_the_token_holds_unrecorded_is_not_given_again(people, now):
    """A crash between token and database leaves a key that nobody knows."""
    planted("lookup.2", KeyKind.HMAC_SHA256)
    made = hold(people, Act.CREATE, "lookup", now=now)
    assert isinstance(made, Held)
    assert states_of("lookup") == [(1, "active"), (3, "next")]


def test_a_retired_key_protects_nothing_more_until_there_is_another(people, now):
    signature = hsm.sign(KeyName.TOKEN_SIGNING, b"m")
    assert isinstance(hold(people, Act.RETIRE, "token-signing", 1, now=now), Held)
    with pytest.raises(hsm.HsmUnavailable):
        hsm.sign(KeyName.TOKEN_SIGNING, b"m")
    assert hsm.verify(KeyName.TOKEN_SIGNING, b"m", signature)
    then = rotated(people, "token-signing", now=now)
    assert hsm.sign(KeyName.TOKEN_SIGNING, b"m").version == 2
    assert hold(people, Act.RETIRE, "token-signing", 1, now=then).reason is CeremonyRefusal.NOT_ACTIVE


def test_ceremonies_are_logged_while_no_data_key_is_active(people, now):
    assert isinstance(hold(people, Act.RETIRE, DATA_KEY, 1, now=now), Held)
    with pytest.raises(hsm.HsmUnavailable):
        hsm.seal("a", purpose="p", bound_to=people_row())
    assert hold(people, Act.ROTATE, DATA_KEY, now=now).reason is CeremonyRefusal.NO_NEXT
    rotated(people, DATA_KEY, now=now)
    assert kinds() == ["hsm.key_retired", "hsm.ceremony_refused", "hsm.key_created", "hsm.key_activated"]
    assert hsm.seal("a", purpose="p", bound_to=people_row())[1:3] == b"\x00\x02"


@pytest.mark.parametrize(("name", "column"), [(DATA_KEY, "wrapped"), ("log-seal-pq", "wrapped_private")])
def test_a_next_version_that_was_changed_in_the_database_never_comes_into_use(people, now, name, column):
    assert isinstance(hold(people, Act.CREATE, name, now=now), Held)
    coming = versions_of(name).filter(version=2)
    value = bytes(coming.values_list(column, flat=True).get())
    coming.update(**{column: value[:-1] + bytes([value[-1] ^ 1])})
    then = after_everyone_knows(now)
    assert hold(people, Act.ROTATE, name, now=then).reason is CeremonyRefusal.DOES_NOT_OPEN
    assert states_of(name) == [(1, "active"), (2, "next")]
    assert isinstance(hold(people, Act.DESTROY, name, 2, now=then), Held)
    rotated(people, name, now=after_everyone_knows(then))
    assert states_of(name) == [(1, "verify-only"), (2, "destroyed"), (3, "active")]


def people_row():
    """A row's id."""
    return Custodian.objects.first().id


def test_what_a_destroyed_pair_signed_is_still_verified(people, now):
    signature = hsm.sign(KeyName.LOG_SEAL_PQ, b"m")
    then = rotated(people, "log-seal-pq", now=now)
    assert isinstance(hold(people, Act.DESTROY, "log-seal-pq", 1, now=after_everyone_knows(then)), Held)
    assert KeyVersion.objects.get(name="log-seal-pq", version=1).wrapped_private is None
    hsm.forget()
    assert hsm.verify(KeyName.LOG_SEAL_PQ, b"m", signature)
    assert hsm.sign(KeyName.LOG_SEAL_PQ, b"m").version == 2


@pytest.mark.parametrize(
    ("act", "version", "reason"),
    [
        (Act.ROTATE, None, CeremonyRefusal.NO_NEXT),
        (Act.RETIRE, 9, CeremonyRefusal.NO_SUCH_VERSION),
        (Act.DESTROY, 9, CeremonyRefusal.NO_SUCH_VERSION),
        (Act.DESTROY, 1, CeremonyRefusal.STILL_ACTIVE),
    ],
)
@pytest.mark.parametrize("name", ["lookup", DATA_KEY])
def test_what_cannot_be_is_refused_and_logged(people, now, name, act, version, reason):
    before = states_of(name)
    assert hold(people, act, name, version, now=now).reason is reason
    assert states_of(name) == before
    assert kinds() == ["hsm.ceremony_refused"]
    assert last_facts()["reason"] == reason.value
    assert not Ceremony.objects.exists()


def test_nothing_is_switched_or_destroyed_before_every_process_knows(people, now):
    hold(people, Act.CREATE, "lookup", now=now)
    just_before = after_everyone_knows(now) - timedelta(seconds=1)
    assert hold(people, Act.ROTATE, "lookup", now=just_before).reason is CeremonyRefusal.TOO_EARLY
    assert hold(people, Act.CREATE, "lookup", now=now).reason is CeremonyRefusal.NEXT_IS_THERE
    assert hold(people, Act.RETIRE, "lookup", 1, now=now).reason is CeremonyRefusal.HAS_SUCCESSOR
    then = after_everyone_knows(now)
    hold(people, Act.ROTATE, "lookup", now=then)
    assert hold(people, Act.DESTROY, "lookup", 1, now=then).reason is CeremonyRefusal.TOO_EARLY


def test_nothing_is_destroyed_while_a_transaction_of_before_is_open(people, now, settings):
    """It may hold a value that no column shows yet."""
    settings.KEYRING_SECONDS = 1
    past = now - timedelta(days=365)
    rotated(people, "lookup", now=past)
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (real,) = cursor.fetchone()
    KeyVersion.objects.filter(name="lookup", version=1).update(since=real + timedelta(hours=1))
    vouch_for_all()
    late = real + timedelta(hours=2)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1")
            assert hold(people, Act.DESTROY, "lookup", 1, now=late).reason is CeremonyRefusal.TOO_EARLY
            cursor.execute("ROLLBACK")
        assert isinstance(hold(people, Act.DESTROY, "lookup", 1, now=late), Held)
    finally:
        other.close()


def test_nothing_is_destroyed_by_who_cannot_see_whether_a_transaction_is_open(people, now):
    rotated(people, "lookup", now=now - timedelta(days=365))
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE sees_little")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO sees_little")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO sees_little")
        try:
            cursor.execute("SET ROLE sees_little")
            assert hold(people, Act.DESTROY, "lookup", 1, now=now).reason is CeremonyRefusal.SESSIONS_UNSEEN
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT pg_read_all_stats TO sees_little")
            cursor.execute("SET ROLE sees_little")
            assert isinstance(hold(people, Act.DESTROY, "lookup", 1, now=now), Held)
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP OWNED BY sees_little")
            cursor.execute("DROP ROLE sees_little")


@pytest.mark.parametrize("name", NAMES[:-1])
def test_a_next_version_that_the_token_lost_never_comes_into_use(people, now, name):
    """An older token was brought back, or a copy of the module has not got the key yet."""
    algorithm = {"token-signing": "ES256", "log-seal": "ES256"}.get(name)
    assert isinstance(hold(people, Act.CREATE, name, now=now, algorithm=algorithm), Held)
    label = key_label(KeyName(name), 2)
    is_held_by_token = label in keys.labels()
    for kind in KeyKind:
        keys.erase(label, kind)
    hsm_algorithm("ES256").erase(label)
    then = after_everyone_knows(now)
    outcome = hold(people, Act.ROTATE, name, now=then)
    if is_held_by_token:
        assert outcome.reason is CeremonyRefusal.NOT_HELD
        assert states_of(name) == [(1, "active"), (2, "next")]
    else:  # it lies wrapped in the database
        assert isinstance(outcome, Held)


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("lookup", "ES256"),
        (DATA_KEY, "ES256"),
        ("token-signing", "HMAC-SHA256"),
        ("token-signing", "none"),
        ("log-seal-pq", "ES256"),
    ],
)
def test_a_key_has_an_algorithm_that_fits(people, now, name, algorithm):
    outcome = hold(people, Act.CREATE, name, now=now, algorithm=algorithm)
    assert outcome.reason is CeremonyRefusal.UNFIT_ALGORITHM


def test_one_custodian_is_not_two(people, now):
    first, _second = people
    order = order_for_key(act=Act.CREATE, name="lookup", now=now)
    once = first.sign(order)
    refused = create_key(signed=SignedOrder(order, once, once), now=now)
    assert refused.reason is CeremonyRefusal.SAME_CUSTODIAN
    assert states_of("lookup") == [(1, "active")]


def test_a_signature_of_another_order_or_person_does_not_count(people, now):
    first, second = people
    order = order_for_key(act=Act.CREATE, name="lookup", now=now)
    other = order_for_key(act=Act.CREATE, name="verifier", now=now)
    for signed in (
        SignedOrder(order, first.sign(order), second.sign(other)),
        SignedOrder(order, first.sign(order), Signed("k2", first.sign(order).value)),
        SignedOrder(order, first.sign(order), Signed("k2", b"")),
        SignedOrder(replace(order, version=7), first.sign(order), second.sign(order)),
    ):
        assert create_key(signed=signed, now=now).reason is CeremonyRefusal.BAD_SIGNATURE
    unknown = SignedOrder(order, first.sign(order), Signed("k9", second.sign(order).value))
    assert create_key(signed=unknown, now=now).reason is CeremonyRefusal.UNKNOWN_CUSTODIAN
    assert set(kinds()) == {"hsm.ceremony_refused"}


def test_an_order_for_another_token_is_none_here(people, now):
    order = order_for_key(act=Act.CREATE, name="lookup", now=now)
    assert f"\ntoken: {settings.PKCS11_TOKEN_LABEL} " in order.text
    signed = sign_both(replace(order, token=f"{settings.PKCS11_TOKEN_LABEL} 0000000000000000"), people)
    assert create_key(signed=signed, now=now).reason is CeremonyRefusal.OTHER_INSTALLATION


def test_a_dismissed_custodian_signs_nothing(people, now):
    Custodian.objects.filter(label="k2").update(state="dismissed", dismissed_at=now)
    vouch_for_all()
    assert hold(people, Act.CREATE, "lookup", now=now).reason is CeremonyRefusal.DISMISSED_CUSTODIAN


def test_without_custodians_there_is_no_ceremony(people, now):
    with unguarded():
        Custodian.objects.all().delete()
    assert hold(people, Act.CREATE, "lookup", now=now).reason is CeremonyRefusal.NOT_FOUNDED


def test_an_order_is_carried_out_once_in_its_time_and_for_what_it_says(people, now):
    order = order_for_key(act=Act.CREATE, name="lookup", now=now)
    signed = sign_both(order, people)
    for late in (now + timedelta(minutes=16), now - timedelta(minutes=2)):
        assert create_key(signed=signed, now=late).reason is CeremonyRefusal.ORDER_OUT_OF_DATE
    assert rotate_key(signed=signed, now=now).reason is CeremonyRefusal.ORDER_OVERTAKEN
    assert isinstance(create_key(signed=signed, now=now), Held)
    assert create_key(signed=signed, now=now).reason is CeremonyRefusal.ORDER_USED


def test_what_custodians_signed_is_neither_changed_nor_deleted(people, now):
    hold(people, Act.CREATE, "lookup", now=now)
    for change in ("UPDATE hsm_ceremony SET act = 'rotate'", "DELETE FROM hsm_ceremony"):
        with pytest.raises(IntegrityError, match="custodians signed"), connection.cursor() as cursor:
            cursor.execute(change)
    assert isinstance(Ceremony.objects.get(), Ceremony)


def test_a_ceremony_that_fails_half_way_leaves_no_row(people, now, tmp_path, settings):
    order = order_for_key(act=Act.CREATE, name="lookup", now=now)
    signed = sign_both(order, people)
    settings.PKCS11_TOKEN_LABEL = "not there"
    hsm.forget()
    with pytest.raises(hsm.HsmUnavailable):
        create_key(signed=signed, now=now)
    assert states_of("lookup") == [(1, "active")]
    assert not Ceremony.objects.exists()
    assert kinds() == []


def test_a_data_key_is_gone_with_its_row(people, now):
    hold(people, Act.CREATE, DATA_KEY, now=now)
    assert isinstance(hold(people, Act.DESTROY, DATA_KEY, 2, now=now), Held)
    assert bytes(DataKey.objects.get(version=2).wrapped) == b""
    assert versions_of(DATA_KEY).get(version=2).state == KeyState.DESTROYED


def test_of_two_ceremonies_at_once_one_takes_place(people, now):
    orders = [sign_both(order_for_key(act=Act.CREATE, name="lookup", now=now), people) for _ in range(2)]
    together, outcomes = threading.Barrier(2), []

    def work(signed) -> None:
        together.wait(10)
        try:
            outcomes.append(create_key(signed=signed, now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[signed]) for signed in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Held", "Refused"]
    assert states_of("lookup") == [(1, "active"), (2, "next")]
