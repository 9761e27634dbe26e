"""What every ceremony does: hold two signatures against two custodians, and write down what took place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from hsm import events
from hsm.keyring import renew_keyring
from hsm.models import Ceremony, Custodian, DataKey, KeyVersion
from hsm.orders import Order, SignedOrder, is_signed_by
from hsm.states import CeremonyRefusal, CustodianState, KeyState
from hsm.token.keys import token_name
from hsm.vouching import changed_rows

LOCK: Final = 0x6D697469645F6873
"""Advisory lock of the database: one ceremony or provisioning at a time, whichever machine it runs on."""
ORDER_LASTS_FOR: Final = timedelta(minutes=15)
ORDER_MAY_BE_AHEAD_FOR: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Held:
    """A ceremony took place."""

    ceremony: Ceremony
    order: Order


@dataclass(frozen=True)
class Refused:
    """A ceremony was refused, and nothing was done; ``places`` are the columns that still need the key."""

    reason: CeremonyRefusal
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """The two custodians whose signatures hold."""

    first: Custodian
    second: Custodian


def lock_ceremonies() -> None:
    """No other ceremony runs until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def known_after() -> timedelta:
    """Give the time after which every process knows what the database says of the keys (hsm/keyring.py)."""
    return timedelta(seconds=2 * settings.KEYRING_SECONDS)


def signing_pair(signed: SignedOrder, *, now: datetime) -> Pair | CeremonyRefusal:
    """Give the two custodians who signed an order, once it is in time, new, and truly theirs.

    Raises: HsmUnavailable when the module cannot be asked whether the custodians' rows are as it vouched for them.
    """
    rows = {row.label: row for row in Custodian.objects.all()}
    if not rows:
        return CeremonyRefusal.NOT_FOUNDED
    if changed_rows(rows.values()):
        return CeremonyRefusal.ROW_CHANGED
    first, second = rows.get(signed.first.label), rows.get(signed.second.label)
    if first is None or second is None:
        return CeremonyRefusal.UNKNOWN_CUSTODIAN
    if CustodianState.DISMISSED in {first.state, second.state}:
        return CeremonyRefusal.DISMISSED_CUSTODIAN
    return refusal_to_hold(signed, first, second, now=now) or Pair(first, second)


def refusal_to_hold(
    signed: SignedOrder, first: Custodian, second: Custodian, *, now: datetime
) -> CeremonyRefusal | None:
    """Decide whether two custodians' signatures carry an order; ``None`` means they do."""
    order = signed.order
    if bytes(first.public_key) == bytes(second.public_key) or first.label == second.label:
        return CeremonyRefusal.SAME_CUSTODIAN
    if not is_signed_by(order.text, signed.first.value, bytes(first.public_key)):
        return CeremonyRefusal.BAD_SIGNATURE
    if not is_signed_by(order.text, signed.second.value, bytes(second.public_key)):
        return CeremonyRefusal.BAD_SIGNATURE
    if order.token != token_name():
        return CeremonyRefusal.OTHER_INSTALLATION
    if not -ORDER_MAY_BE_AHEAD_FOR <= now - order.at <= ORDER_LASTS_FOR:
        return CeremonyRefusal.ORDER_OUT_OF_DATE
    if Ceremony.objects.filter(order=order.text).exists():
        return CeremonyRefusal.ORDER_USED
    return None


def hold(signed: SignedOrder, pair: Pair, *, now: datetime, about: Custodian | None = None) -> Held:
    """Write a ceremony down, in the transaction of what it does.

    Writes: Ceremony, AuditEvent.
    """
    order = signed.order
    ceremony = Ceremony.objects.create(
        at=now,
        act=order.act,
        key=order.key,
        version=order.version,
        about=about,
        order=order.text,
        first=pair.first,
        first_signature=signed.first.value,
        second=pair.second,
        second_signature=signed.second.value,
    )
    events.ceremony_held(ceremony, algorithm=order.algorithm, fingerprint_of=_public_half(order, about))
    transaction.on_commit(renew_keyring)
    return Held(ceremony, order)


def _public_half(order: Order, about: Custodian | None) -> bytes | None:
    if about is not None:
        return bytes(about.public_key)
    if order.key is None or order.version is None:
        return None
    row = KeyVersion.objects.filter(name=order.key, version=order.version).first()
    return None if row is None or row.public_key is None else bytes(row.public_key)


def refuse(
    order: Order,
    reason: CeremonyRefusal,
    *,
    now: datetime,
    by: UUID | None = None,
    places: tuple[str, ...] = (),
) -> Refused:
    """Write a refusal down; before the first data key there is no log to write it to.

    Any version that is not destroyed keys the log's rows, if none is active (``Keyring.log_data_key``).

    Writes: AuditEvent.
    """
    if DataKey.objects.exclude(state=KeyState.DESTROYED).exists():
        events.ceremony_refused(order, reason, by=by, now=now)
    return Refused(reason, places)
