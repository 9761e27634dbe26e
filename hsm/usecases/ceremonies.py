"""The ceremonies on keys: publish, switch, retire, destroy (docs/decisions/0077)."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from hsm import events
from hsm.algorithms import algorithm
from hsm.models import Ceremony, DataKey, KeyVersion
from hsm.orders import SignedOrder
from hsm.queries import has_open_transaction_since, sees_other_sessions, versions_of
from hsm.rules import key_label
from hsm.states import DATA_KEY, SECRET_KIND_OF, SIGNING, Act, CeremonyRefusal, KeyName, KeyState
from hsm.steps.ceremonies import (
    Held,
    Pair,
    Refused,
    hold,
    known_after,
    lock_ceremonies,
    refuse,
    signing_pair,
)
from hsm.steps.making import fresh_version, is_held, make_data_key, make_version, move_to, unfit_algorithm
from hsm.token import keys
from hsm.uses import places_using
from hsm.vouching import changed_rows, names_of
from hsm.wrapped_keys import opens, wrapped_key

Row = KeyVersion | DataKey


@transaction.atomic(durable=True)
def create_key(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Publish a next version of a key: every process learns of it, none uses it yet.

    Rule:    KEY-1, KEY-3.
    Returns: ``Held``, or ``Refused``, which is committed with its audit event.
    Raises:  HsmUnavailable.
    Locks:   the ceremonies.
    Writes:  KeyVersion or DataKey, Ceremony, AuditEvent.
    """
    return _held(signed, _create, now=now)


@transaction.atomic(durable=True)
def rotate_key(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Protect new values with the next version; the active one opens and verifies from now on.

    Rule:    KEY-3. Not before every process knows the next version, so that what one protects all can open.
    Returns: ``Held``, or ``Refused``, which is committed with its audit event.
    Raises:  HsmUnavailable when it lies wrapped and the module, which is asked whether it opens, is away.
    Locks:   the ceremonies.
    Writes:  KeyVersion or DataKey, Ceremony, AuditEvent.
    """
    return _held(signed, _rotate, now=now)


@transaction.atomic(durable=True)
def retire_key(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Protect nothing with a key any more although it has no successor: for emergencies.

    Rule:    KEY-3.
    Returns: ``Held``, or ``Refused``, which is committed with its audit event.
    Locks:   the ceremonies.
    Writes:  KeyVersion or DataKey, Ceremony, AuditEvent.
    """
    return _held(signed, _retire, now=now)


@transaction.atomic(durable=True)
def destroy_key(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Have nothing protected with a version and no process ask for it; ``erase_key`` then empties the token.

    A data key and a pair that is kept wrapped are gone with this commit. A pair's public half stays: what it signed
    is verified for ever.

    Rule:    KEY-3.
    Returns: ``Held``, or ``Refused``, which is committed with its audit event.
    Locks:   the ceremonies.
    Writes:  KeyVersion or DataKey, Ceremony, AuditEvent.
    """
    return _held(signed, _destroy, now=now)


@transaction.atomic(durable=True)
def erase_key(*, name: str, version: int, now: datetime) -> bool:
    """Have nothing of a destroyed version in the token, once every process knows that it is destroyed.

    Its ceremony committed first, so a crash in between leaves a key that nobody asks for, and this may be repeated.

    Rule:    KEY-1, KEY-3.
    Returns: whether it was time, and the version is destroyed.
    Raises:  HsmUnavailable.
    Locks:   the ceremonies.
    Writes:  AuditEvent.
    """
    lock_ceremonies()
    row = versions_of(name).filter(version=version, state=KeyState.DESTROYED).first()
    if row is None or now - row.since <= known_after():
        return False
    if not isinstance(row, KeyVersion):
        return True
    label = key_label(name, version)
    if label not in keys.labels():
        return True
    if name in SIGNING:
        algorithm(row.algorithm).erase(label)
    else:
        keys.erase(label, SECRET_KIND_OF[KeyName(name)])
    ceremony = Ceremony.objects.filter(act=Act.DESTROY, key=name, version=version).latest("at")
    events.key_erased(ceremony, now=now)
    return True


def _held(
    signed: SignedOrder, act: Callable[[SignedOrder, datetime], CeremonyRefusal | Refused | None], *, now: datetime
) -> Held | Refused:
    lock_ceremonies()
    pair = signing_pair(signed, now=now)
    if not isinstance(pair, Pair):
        return refuse(signed.order, pair, now=now)
    changed = changed_rows(versions_of(signed.order.key or ""))
    found = Refused(CeremonyRefusal.ROW_CHANGED, names_of(changed)) if changed else act(signed, now)
    if found is None:
        return hold(signed, pair, now=now)
    refused = found if isinstance(found, Refused) else Refused(found)
    return refuse(signed.order, refused.reason, now=now, by=pair.first.id, places=refused.places)


def _create(signed: SignedOrder, now: datetime) -> CeremonyRefusal | None:
    order = signed.order
    if order.act is not Act.CREATE or order.key is None or order.version is None or order.algorithm is None:
        return CeremonyRefusal.ORDER_OVERTAKEN
    if unfit_algorithm(order.key, order.algorithm):
        return CeremonyRefusal.UNFIT_ALGORITHM
    if versions_of(order.key).filter(state=KeyState.NEXT).exists():
        return CeremonyRefusal.NEXT_IS_THERE
    if order.version != fresh_version(order.key):
        return CeremonyRefusal.ORDER_OVERTAKEN
    if order.key == DATA_KEY:
        make_data_key(order.version, state=KeyState.NEXT, at=now)
    else:
        make_version(KeyName(order.key), order.version, order.algorithm, state=KeyState.NEXT, at=now)
    return None


def _rotate(signed: SignedOrder, now: datetime) -> CeremonyRefusal | None:
    order = signed.order
    if order.act is not Act.ROTATE or order.key is None:
        return CeremonyRefusal.ORDER_OVERTAKEN
    rows = versions_of(order.key)
    coming = rows.filter(state=KeyState.NEXT).first()
    if coming is None:
        return CeremonyRefusal.NO_NEXT
    if coming.version != order.version:
        return CeremonyRefusal.ORDER_OVERTAKEN
    if now - coming.since <= known_after():
        return CeremonyRefusal.TOO_EARLY
    if isinstance(coming, KeyVersion) and not is_held(KeyName(coming.name), coming.version, coming.algorithm):
        return CeremonyRefusal.NOT_HELD
    lies = wrapped_key(coming)
    if lies is not None and not opens(lies):
        return CeremonyRefusal.DOES_NOT_OPEN
    for active in rows.filter(state=KeyState.ACTIVE):
        move_to(active, KeyState.VERIFY_ONLY, at=now)
    move_to(coming, KeyState.ACTIVE, at=now)
    return None


def _retire(signed: SignedOrder, now: datetime) -> CeremonyRefusal | None:
    order = signed.order
    if order.act is not Act.RETIRE or order.key is None or order.version is None:
        return CeremonyRefusal.ORDER_OVERTAKEN
    rows = versions_of(order.key)
    active = rows.filter(version=order.version, state=KeyState.ACTIVE).first()
    if active is None:
        return CeremonyRefusal.NOT_ACTIVE
    if rows.filter(state=KeyState.NEXT).exists():
        return CeremonyRefusal.HAS_SUCCESSOR
    move_to(active, KeyState.VERIFY_ONLY, at=now)
    return None


def _destroy(signed: SignedOrder, now: datetime) -> CeremonyRefusal | Refused | None:
    order = signed.order
    if order.act is not Act.DESTROY or order.key is None or order.version is None:
        return CeremonyRefusal.ORDER_OVERTAKEN
    row = versions_of(order.key).filter(version=order.version).first()
    if row is None or row.state == KeyState.DESTROYED:
        return CeremonyRefusal.NO_SUCH_VERSION
    if row.state == KeyState.ACTIVE:
        return CeremonyRefusal.STILL_ACTIVE
    if row.state == KeyState.VERIFY_ONLY and (refusal := _refusal_of_its_use(row, now)):
        return refusal
    places = tuple(places_using(order.key, order.version))
    if places:
        return Refused(CeremonyRefusal.STILL_USED, places)
    move_to(row, KeyState.DESTROYED, at=now)
    return None


def _refusal_of_its_use(row: Row, now: datetime) -> CeremonyRefusal | None:
    # A transaction may hold a value that no column shows yet: whatever began while the version was in use has ended.
    last_use = row.since + known_after()
    if not sees_other_sessions():
        return CeremonyRefusal.SESSIONS_UNSEEN
    if now <= last_use or has_open_transaction_since(last_use):
        return CeremonyRefusal.TOO_EARLY
    return None
