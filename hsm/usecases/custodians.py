"""Who the custodians are: the founding, those who come and those who leave."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from hsm.keyring import forget_keyring
from hsm.models import Custodian
from hsm.orders import Named, SignedOrder
from hsm.states import Act, CeremonyRefusal, CustodianState
from hsm.steps.ceremonies import (
    Held,
    Pair,
    Refused,
    hold,
    lock_ceremonies,
    refusal_to_hold,
    refuse,
    signing_pair,
)
from hsm.steps.making import ensure_first_versions
from hsm.vouching import all_rows, changed_rows, vouch


def found_keys(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Have the first custodians, and a first version of every key and of the data key.

    Rule:    KEY-1. Two of those who are enrolled sign; from now on two of them sign everything.
    Returns: ``Held`` or ``Refused``.
    Raises:  HsmUnavailable.
    Locks:   the ceremonies.
    Writes:  Custodian, KeyVersion, DataKey, Ceremony, AuditEvent.
    """
    try:
        return _found_keys(signed=signed, now=now)
    finally:
        forget_keyring()  # read inside the transaction, which may have been rolled back


@transaction.atomic(durable=True)
def enrol_custodian(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Have one more custodian, by their public key.

    Rule:    KEY-1.
    Returns: ``Held``, or ``Refused``, which is committed with its audit event.
    Locks:   the ceremonies.
    Writes:  Custodian, Ceremony, AuditEvent.
    """
    lock_ceremonies()
    pair = signing_pair(signed, now=now)
    if not isinstance(pair, Pair):
        return refuse(signed.order, pair, now=now)
    if signed.order.act is not Act.ENROL_CUSTODIAN or len(signed.order.custodians) != 1:
        return refuse(signed.order, CeremonyRefusal.ORDER_OVERTAKEN, now=now, by=pair.first.id)
    (named,) = signed.order.custodians
    if Custodian.objects.filter(Q(label=named.label) | Q(public_key=named.public_key)).exists():
        return refuse(signed.order, CeremonyRefusal.CUSTODIAN_IS_THERE, now=now, by=pair.first.id)
    return hold(signed, pair, now=now, about=_enrolled(named, now))


@transaction.atomic(durable=True)
def dismiss_custodian(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    """Let a custodian sign no more; two stay.

    Rule:    KEY-1.
    Returns: ``Held``, or ``Refused``, which is committed with its audit event.
    Locks:   the ceremonies.
    Writes:  Custodian, Ceremony, AuditEvent.
    """
    lock_ceremonies()
    pair = signing_pair(signed, now=now)
    if not isinstance(pair, Pair):
        return refuse(signed.order, pair, now=now)
    labels = [named.label for named in signed.order.custodians]
    row = Custodian.objects.filter(label__in=labels, state=CustodianState.ACTIVE).first()
    reason = _objection_to_dismissal(signed, row)
    if row is None or reason is not None:
        return refuse(signed.order, reason or CeremonyRefusal.NO_SUCH_CUSTODIAN, now=now, by=pair.first.id)
    row.state, row.dismissed_at = CustodianState.DISMISSED, now
    vouch(row)
    row.save(update_fields=["state", "dismissed_at", "voucher"])
    return hold(signed, pair, now=now, about=row)


@transaction.atomic(durable=True)
def _found_keys(*, signed: SignedOrder, now: datetime) -> Held | Refused:
    lock_ceremonies()
    order = signed.order
    if Custodian.objects.exists():
        return refuse(order, CeremonyRefusal.FOUNDED_ALREADY, now=now)
    named = {custodian.label: custodian for custodian in order.custodians}
    if order.act is not Act.FOUND or len(named) < 2:
        return refuse(order, CeremonyRefusal.FEWER_THAN_TWO, now=now)
    if len({custodian.public_key for custodian in order.custodians}) < len(order.custodians):
        return refuse(order, CeremonyRefusal.SAME_CUSTODIAN, now=now)
    if not {signed.first.label, signed.second.label} <= set(named):
        return refuse(order, CeremonyRefusal.UNKNOWN_CUSTODIAN, now=now)
    first, second = (_row(named[by.label], now) for by in (signed.first, signed.second))
    reason = refusal_to_hold(signed, first, second, now=now)
    if reason is not None:
        return refuse(order, reason, now=now)
    if changed_rows(all_rows()):
        return refuse(order, CeremonyRefusal.ROW_CHANGED, now=now)
    ensure_first_versions()
    rows = {custodian.label: _enrolled(custodian, now) for custodian in order.custodians}
    forget_keyring()  # the event is keyed with the data key that was made just now
    return hold(signed, Pair(rows[signed.first.label], rows[signed.second.label]), now=now)


def _objection_to_dismissal(signed: SignedOrder, row: Custodian | None) -> CeremonyRefusal | None:
    if signed.order.act is not Act.DISMISS_CUSTODIAN or len(signed.order.custodians) != 1:
        return CeremonyRefusal.ORDER_OVERTAKEN
    if row is None:
        return CeremonyRefusal.NO_SUCH_CUSTODIAN
    if Custodian.objects.filter(state=CustodianState.ACTIVE).count() <= 2:
        return CeremonyRefusal.FEWER_THAN_TWO
    return None


def _enrolled(named: Named, now: datetime) -> Custodian:
    row = _row(named, now)
    vouch(row)
    row.save(force_insert=True)
    return row


def _row(named: Named, now: datetime) -> Custodian:
    return Custodian(label=named.label, public_key=named.public_key, state=CustodianState.ACTIVE, enrolled_at=now)
