"""What the log says of ceremonies: the key, its version, both custodians; never a key."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from audit.api import Actor, ActorKind, EventKind, record
from hsm.models import Ceremony
from hsm.orders import Order
from hsm.states import Act, CeremonyRefusal

KIND_OF = {
    Act.FOUND: EventKind.KEYS_FOUNDED,
    Act.CREATE: EventKind.KEY_CREATED,
    Act.ROTATE: EventKind.KEY_ACTIVATED,
    Act.RETIRE: EventKind.KEY_RETIRED,
    Act.DESTROY: EventKind.KEY_DESTROYED,
    Act.ENROL_CUSTODIAN: EventKind.CUSTODIAN_ENROLLED,
    Act.DISMISS_CUSTODIAN: EventKind.CUSTODIAN_DISMISSED,
}


def ceremony_held(ceremony: Ceremony, *, algorithm: str | None, fingerprint_of: bytes | None) -> None:
    """A ceremony took place; ``fingerprint_of`` is the public half that it made, enrolled, moved or dismissed."""
    record(
        kind=KIND_OF[Act(ceremony.act)],
        actor=_custodian(ceremony.first_id),
        subject_id=ceremony.about_id,
        at=ceremony.at,
        facts={
            "ceremony": ceremony.id,
            "second_custodian": ceremony.second_id,
            "first_fingerprint": _fingerprint(ceremony.first.public_key),
            "second_fingerprint": _fingerprint(ceremony.second.public_key),
            "key": ceremony.key,
            "version": ceremony.version,
            "algorithm": algorithm,
            "fingerprint": None if fingerprint_of is None else _fingerprint(fingerprint_of),
        },
    )


def ceremony_refused(order: Order, reason: CeremonyRefusal, *, by: UUID | None, now: datetime) -> None:
    """A ceremony was refused; ``by`` is the first custodian where their signature held."""
    record(
        kind=EventKind.CEREMONY_REFUSED,
        actor=Actor.system() if by is None else _custodian(by),
        subject_id=None,
        at=now,
        facts={"act": order.act.value, "reason": reason.value, "key": order.key, "version": order.version},
    )


def key_erased(ceremony: Ceremony, *, now: datetime) -> None:
    """The token holds a destroyed key no more."""
    record(
        kind=EventKind.KEY_ERASED,
        actor=_custodian(ceremony.first_id),
        subject_id=None,
        at=now,
        facts={"ceremony": ceremony.id, "key": ceremony.key, "version": ceremony.version},
    )


def _fingerprint(public_key: bytes | memoryview) -> str:
    return sha256(public_key).hexdigest()  # as people compare it (hsm/orders.py), without the groups


def _custodian(custodian_id: UUID) -> Actor:
    return Actor(ActorKind.CUSTODIAN, custodian_id)


def rewrap_started(*, now: datetime) -> None:
    """A re-wrap began; it needs no custodians, for it decides nothing."""
    record(kind=EventKind.REWRAP_STARTED, actor=Actor.system(), subject_id=None, at=now)


def rewrap_finished(*, renewed: int, unopened: int, left: int, at: datetime) -> None:
    """A re-wrap came to its end: how many values it renewed, could not open, and never found free."""
    record(
        kind=EventKind.REWRAP_FINISHED,
        actor=Actor.system(),
        subject_id=None,
        at=at,
        facts={"renewed": renewed, "unopened": unopened, "left": left},
    )
