"""Issuing, blocking and reopening an identity."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from audit.api import Actor
from hsm.api import blind_index, blind_index_candidates, blind_index_lock_key, seal
from identities import events, sealing
from identities.models import Citizen, Identity, IdentityBlock, UsedUserId
from identities.queries import Person, user_id_is_taken
from identities.rules.block import says_more
from identities.rules.user_id import Owner, UserIdRefusal, folded, normal_user_id, refusal_of_user_id
from identities.states import (
    AssuranceLevel,
    BlockReason,
    BlockSource,
    ContactKind,
    IdentityState,
)
from identities.steps.alerts import alert_addresses, alert_citizen
from identities.steps.contacts import ProvenContacts, proven_value, put_contact, replace_contacts, use_proof
from identities.steps.ending import sign_out_everywhere
from identities.steps.guard import assert_in_transaction
from notifications.api import Address, IdentityBlocked, IdentityIssued, IdentityReopened, Language

WORD_FOR_SOURCE = {
    BlockSource.CITIZEN: "citizen",
    BlockSource.ALERT_HOLDER: "alert",
    BlockSource.SUPPORT: "support",
    BlockSource.RA: "ra",
    BlockSource.REGISTER: "register",
    BlockSource.FRAUD: "fraud",
}


class BlockOutcome(Enum):
    """What a block was to an identity."""

    BLOCKED = auto()
    NOTED = auto()  # this party's block stood; the graver reason stands beside it
    STOOD = auto()  # this party's block stood, and this reason says nothing worse


@dataclass(frozen=True)
class Issued:
    """The identity exists."""

    identity_id: UUID


@dataclass(frozen=True)
class UserIdRefused:
    """The chosen user ID may not be used."""

    reason: UserIdRefusal


@dataclass(frozen=True)
class AlreadyIssued:
    """The person has an identity already."""

    identity_id: UUID


@dataclass(frozen=True)
class ContactNotProven:
    """A phone number or e-mail address has not been shown to be the citizen's."""

    kind: ContactKind


@dataclass(frozen=True)
class Reopened:
    """The identity works again. ``stood_before`` are to hear which contacts were replaced, beside those that stand."""

    replaced: tuple[ContactKind, ...]
    stood_before: list[Address] = field(repr=False)


def issue_identity(
    *,
    owner_id: UUID,
    person: Person,
    user_id: str,
    level: AssuranceLevel,
    language: Language,
    proofs: dict[ContactKind, UUID],
    actor: Actor,
    now: datetime,
) -> Issued | UserIdRefused | AlreadyIssued | ContactNotProven:
    """Issue an identity to a proven person, with their first phone and e-mail.

    ``owner_id`` is the proofing case that the contacts were proven for.

    Rule:   UID-1 to UID-5, REG-1, ALR-1 (at least two channels), ALR-2.
    Locks:  the CPR number, the citizen's row, then the proofs'.
    Writes: Citizen, Identity, UsedUserId, ContactPoint, ContactProof, AuditEvent, Delivery.
    """
    assert_in_transaction()
    citizen = _citizen_for(person, now=now)
    existing = Identity.objects.filter(citizen=citizen).first()
    if existing is not None:
        return AlreadyIssued(identity_id=existing.id)
    contacts: dict[ContactKind, str] = {}
    for kind in ContactKind:
        value = proven_value(proof_id=proofs[kind], owner_id=owner_id, kind=kind) if kind in proofs else None
        if value is None:
            return ContactNotProven(kind=kind)
        contacts[kind] = value
    refusal = _refusal_for(person, user_id, contacts)
    identity_id = uuid7()
    if refusal is None and not take_user_id(identity_id=identity_id, user_id=user_id, now=now):
        refusal = UserIdRefusal.TAKEN
    if refusal is not None:
        return UserIdRefused(reason=refusal)
    identity = Identity.objects.create(
        id=identity_id,
        citizen=citizen,
        user_id=normal_user_id(user_id),
        user_id_folded=folded(user_id),
        state=IdentityState.ACTIVE,
        assurance_level=level,
        language=language.value,
        issued_at=now,
    )
    events.identity_issued(identity_id=identity.id, level=level, actor=actor, now=now)
    for kind, value in contacts.items():
        put_contact(identity=identity, kind=kind, value=value, actor=actor, now=now)
        use_proof(proof_id=proofs[kind])
    alert_citizen(identity=identity, message=IdentityIssued(at=now), now=now)
    return Issued(identity_id=identity.id)


def take_user_id(*, identity_id: UUID, user_id: str, now: datetime) -> bool:
    """Reserve a user ID for an identity for good; False when someone else has or had it (UID-4).

    Two who ask at once are settled by the table's key: one insert waits for the other and then yields.
    """
    assert_in_transaction()
    UsedUserId.objects.bulk_create(
        [UsedUserId(user_id_folded=folded(user_id), identity_id=identity_id, first_used_at=now)],
        ignore_conflicts=True,
    )
    return UsedUserId.objects.filter(user_id_folded=folded(user_id), identity_id=identity_id).exists()


def block_identity(
    *,
    identity_id: UUID,
    source: BlockSource,
    reason: BlockReason,
    actor: Actor,
    now: datetime,
) -> BlockOutcome:
    """Block an identity at once, for one source, or note a graver reason of a source whose block stands already.

    Logins, requests and codes up to ``now`` are dead by rule through ``signed_out_at``. A thief who has the identity
    blocked for something harmless must not keep the owner's suspicion out: it is logged and told like a block.

    Rule:   BLK-1, BLK-3, REG-10, ALR-2.
    Locks:  the identity's row.
    Writes: Identity, IdentityBlock, PendingChange, ActivationCode, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    own = IdentityBlock.objects.filter(identity=identity, source=source, reopened_at__isnull=True)
    standing = [BlockReason(code) for code in own.values_list("reason", flat=True)]
    if not says_more(reason, standing=standing):
        return BlockOutcome.STOOD
    IdentityBlock.objects.create(identity=identity, source=source, reason=reason, blocked_at=now, blocked_by=actor.id)
    events.identity_blocked(identity_id=identity.id, source=source, reason=reason, actor=actor, now=now)
    # Before the state: that a blocked identity is signed out is a constraint.
    sign_out_everywhere(identity=identity, actor=actor, now=now)
    identity.state = IdentityState.BLOCKED
    identity.save(update_fields=["state"])
    alert_citizen(identity=identity, message=IdentityBlocked(by=WORD_FOR_SOURCE[source], at=now), now=now)
    return BlockOutcome.NOTED if standing else BlockOutcome.BLOCKED


def reopen_identity(
    *, identity_id: UUID, actor: Actor, now: datetime, new_contacts: ProvenContacts | None = None
) -> Reopened | None:
    """Reopen a blocked identity, with new contacts if there are any; every standing block is lifted.

    A log-in that was under way while the block stood is dead too. The old contacts are told as well as the new.

    Rule:    BLK-2: called only by the registration authority, for a citizen who is there in person; CHG-5, SEC-7.
    Returns: None when the identity is not blocked; nothing is replaced then.
    Raises:  ValueError for a new contact that is not proven.
    Locks:   the identity's row, then the proofs'.
    Writes:  Identity, IdentityBlock, ContactPoint, ContactProof, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    if identity.state != IdentityState.BLOCKED:
        return None
    stood_before = alert_addresses(identity_id=identity.id)
    standing = IdentityBlock.objects.filter(identity=identity, reopened_at__isnull=True)
    lifted = standing.update(reopened_at=now, reopened_by=actor.id)
    identity.state = IdentityState.ACTIVE
    identity.save(update_fields=["state"])
    sign_out_everywhere(identity=identity, actor=actor, now=now)
    events.identity_reopened(identity_id=identity.id, blocks=lifted, actor=actor, now=now)
    replaced = replace_contacts(identity=identity, new=new_contacts, actor=actor, now=now) if new_contacts else ()
    alert_citizen(identity=identity, message=IdentityReopened(at=now), now=now, also=stood_before)
    return Reopened(replaced=replaced, stood_before=stood_before)


def set_language(*, identity_id: UUID, language: Language) -> None:
    """Make ``language`` the one in which the citizen is alerted (ALR-3)."""
    assert_in_transaction()
    Identity.objects.filter(pk=identity_id).update(language=language.value)


def _refusal_for(person: Person, user_id: str, contacts: dict[ContactKind, str]) -> UserIdRefusal | None:
    owner = Owner(
        name=person.name,
        cpr_number=person.cpr_number,
        born_on=person.born_on,
        phones=(contacts[ContactKind.PHONE],),
        emails=(contacts[ContactKind.EMAIL],),
    )
    refusal = refusal_of_user_id(user_id, owner=owner)
    if refusal is None and user_id_is_taken(user_id, by_other_than=None):
        return UserIdRefusal.TAKEN
    return refusal


def _citizen_for(person: Person, *, now: datetime) -> Citizen:
    """Find or make the citizen's row, locked, with what the register says today.

    While two versions of the key for look-ups are in use, the unique index does not see that two rows are one
    person: who looks and then writes holds a lock on the number itself (docs/decisions/0076).
    """
    fresh = Citizen(registered_at=now)
    if person.cpr_number is not None:
        _lock_number(person.cpr_number)
        indexes = blind_index_candidates(person.cpr_number, purpose=sealing.CPR_NUMBER)
        existing = Citizen.objects.select_for_update().filter(cpr_number_index__in=indexes).first()
        if existing is None:
            fresh.cpr_number_index = blind_index(person.cpr_number, purpose=sealing.CPR_NUMBER)
            _put_person(fresh, person)
            Citizen.objects.bulk_create([fresh], ignore_conflicts=True)
            existing = Citizen.objects.select_for_update().get(cpr_number_index__in=indexes)
        citizen = existing
    else:
        citizen = fresh
    _put_person(citizen, person)
    citizen.save()
    return citizen


def _lock_number(cpr_number: str) -> None:
    with connection.cursor() as cursor:
        key = blind_index_lock_key(cpr_number, purpose=sealing.CPR_NUMBER)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _put_person(citizen: Citizen, person: Person) -> None:
    def sealed(value: str, purpose: str) -> bytes:
        return seal(value, purpose=purpose, bound_to=citizen.id)

    citizen.name_sealed = sealed(person.name, sealing.NAME)
    citizen.born_on_sealed = sealed(person.born_on.isoformat(), sealing.BORN_ON)
    citizen.cpr_number_sealed = sealed(person.cpr_number, sealing.CPR_NUMBER) if person.cpr_number else None
    citizen.address_sealed = sealed(person.address, sealing.ADDRESS) if person.address else None
    citizen.is_name_protected = person.is_name_protected
