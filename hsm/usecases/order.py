"""Drawing up what two custodians are to sign."""

import secrets
from datetime import datetime
from typing import Final

from django.db import transaction

from hsm.models import Custodian
from hsm.orders import Named, Order
from hsm.queries import versions_of
from hsm.states import (
    ACTS_ON_A_KEY,
    DATA_KEY,
    DATA_KEY_ALGORITHM,
    FIRST_ALGORITHM,
    Act,
    CeremonyRefusal,
    KeyName,
    KeyState,
)
from hsm.steps.ceremonies import Refused, refuse
from hsm.steps.making import fresh_version, unfit_algorithm
from hsm.token.keys import token_name

NONCE_BYTES: Final = 16


@transaction.atomic(durable=True)
def order_for_key(
    *, act: Act, name: str, version: int | None = None, algorithm: str | None = None, now: datetime
) -> Order | Refused:
    """Give the order for an act on a key; what stands in the way is found again when it is carried out.

    Raises: HsmUnavailable; ValueError for an act on no key.
    Writes: AuditEvent where it is refused.
    """
    if act not in ACTS_ON_A_KEY:
        raise ValueError("This act is on no key.")
    nonce, token = secrets.token_hex(NONCE_BYTES), token_name()
    if act is Act.CREATE:
        wanted = algorithm or _present_algorithm(name)
        order = Order(
            act=act, at=now, nonce=nonce, token=token, key=name, version=fresh_version(name), algorithm=wanted
        )
        return refuse(order, CeremonyRefusal.UNFIT_ALGORITHM, now=now) if unfit_algorithm(name, wanted) else order
    rows = versions_of(name)
    row = (rows.filter(state=KeyState.NEXT) if act is Act.ROTATE else rows.filter(version=version or 0)).first()
    if row is None:
        order = Order(act=act, at=now, nonce=nonce, token=token, key=name, version=version)
        reason = CeremonyRefusal.NO_NEXT if act is Act.ROTATE else CeremonyRefusal.NO_SUCH_VERSION
        return refuse(order, reason, now=now)
    return Order(act=act, at=now, nonce=nonce, token=token, key=name, version=row.version, algorithm=_algorithm_of(row))


def order_for_custodians(*, act: Act, custodians: tuple[Named, ...], now: datetime) -> Order:
    """Give the order for a founding or for enrolling a custodian. Raises: HsmUnavailable."""
    return Order(act=act, at=now, nonce=secrets.token_hex(NONCE_BYTES), token=token_name(), custodians=custodians)


@transaction.atomic(durable=True)
def order_to_dismiss(*, label: str, now: datetime) -> Order | Refused:
    """Give the order for dismissing a custodian.

    Raises: HsmUnavailable.
    Writes: AuditEvent where it is refused.
    """
    row = Custodian.objects.filter(label=label).first()
    if row is None:
        order = order_for_custodians(act=Act.DISMISS_CUSTODIAN, custodians=(), now=now)
        return refuse(order, CeremonyRefusal.NO_SUCH_CUSTODIAN, now=now)
    named = (Named(row.label, bytes(row.public_key)),)
    return order_for_custodians(act=Act.DISMISS_CUSTODIAN, custodians=named, now=now)


def _present_algorithm(name: str) -> str:
    if name == DATA_KEY:
        return DATA_KEY_ALGORITHM
    row = versions_of(name).order_by("-version").first()
    return FIRST_ALGORITHM[KeyName(name)] if row is None else _algorithm_of(row)


def _algorithm_of(row: object) -> str:
    return str(getattr(row, "algorithm", DATA_KEY_ALGORITHM))
