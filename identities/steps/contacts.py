"""Proving a new contact by a code sent to it, and making it an identity's own."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.api import Actor
from hsm.api import blind_index, open_sealed, seal, verifier, verifier_matches
from identities import events, sealing
from identities.models import ContactPoint, ContactProof, Identity
from identities.queries import CHANNEL_OF, contacts_of
from identities.rules.codes import (
    CONTACT_CODE_LENGTH,
    CONTACT_CODE_TRIES,
    CONTACT_CODES_PER_HOUR,
    CodeRefusal,
    refusal_of_contact_code,
)
from identities.states import ContactKind, ContactState, ProofState
from identities.steps.guard import assert_in_transaction
from notifications.api import Address, ContactCode, Language, enqueue, lift_opt_out, refusal_to_send_code


@dataclass(frozen=True)
class CodeSent:
    """A code is on its way."""

    proof_id: UUID
    expires_at: datetime


@dataclass(frozen=True)
class TooManyCodes:
    """No further code is sent before ``next_at``."""

    next_at: datetime


@dataclass(frozen=True)
class ContactProven:
    """The contact is shown to be its holder's."""

    proof_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProvenContacts:
    """Contacts that an identity is to have instead of those that stand; ``owner_id`` is what they were proven for."""

    owner_id: UUID
    proofs: Mapping[ContactKind, UUID]


@dataclass(frozen=True)
class ContactCodeRefused:
    """The code was not accepted; after the last try a new one must be asked for."""

    reason: CodeRefusal
    tries_left: int


def send_contact_code(
    *,
    owner_id: UUID,
    kind: ContactKind,
    value: str,
    language: Language,
    lasts_for: timedelta,
    actor: Actor,
    now: datetime,
) -> CodeSent | TooManyCodes:
    """Send a code to a contact that is to be proven; an earlier code of the same owner and kind dies.

    ``value`` is normal (``notifications.api.normal_phone``, ``normal_email``).

    Rule:   CHG-1. At most five codes an hour for one owner and kind; TRY-2: and the limits of all codes.
    Locks:  the places of ``notifications.throttle``.
    Writes: ContactProof, Delivery, AuditEvent.
    """
    assert_in_transaction()
    since = now - timedelta(hours=1)
    earlier = ContactProof.objects.filter(owner_id=owner_id, kind=kind)
    recent = list(earlier.filter(sent_at__gt=since).order_by("sent_at").values_list("sent_at", flat=True))
    if len(recent) >= CONTACT_CODES_PER_HOUR:
        return TooManyCodes(next_at=recent[-CONTACT_CODES_PER_HOUR] + timedelta(hours=1))
    throttled = refusal_to_send_code(
        channel=CHANNEL_OF[kind], address=value, reference=owner_id, source=actor.id, is_proven=False, now=now
    )
    if throttled is not None:
        events.contact_code_not_sent(owner_id=owner_id, kind=kind, reason=throttled.reason.value, actor=actor, now=now)
        return TooManyCodes(next_at=throttled.next_at)
    earlier.filter(state=ProofState.OPEN).update(state=ProofState.DEAD)
    code = f"{secrets.randbelow(10**CONTACT_CODE_LENGTH):0{CONTACT_CODE_LENGTH}}"
    proof = ContactProof(
        owner_id=owner_id,
        kind=kind,
        value_sealed=seal(value, purpose=sealing.contact_proof(kind), bound_to=owner_id),
        value_index=blind_index(value, purpose=sealing.contact(kind)),
        sent_at=now,
        expires_at=now + lasts_for,
    )
    proof.code_verifier = verifier(code, purpose=sealing.CONTACT_CODE, bound_to=proof.id)
    proof.save(force_insert=True)
    enqueue(
        message=ContactCode(code=code, minutes=int(lasts_for.total_seconds() // 60)),
        addresses=[Address(channel=CHANNEL_OF[kind], value=value, id=proof.id)],
        language=language,
        reference=owner_id,
        source=actor.id,
        now=now,
    )
    events.contact_code_sent(owner_id=owner_id, kind=kind, actor=actor, now=now)
    return CodeSent(proof_id=proof.id, expires_at=proof.expires_at)


def take_contact_code(
    *, proof_id: UUID, owner_id: UUID, typed: str, actor: Actor, now: datetime
) -> ContactProven | ContactCodeRefused:
    """Hold a typed code against the one that was sent.

    Rule:   CHG-1. Three wrong tries kill the code.
    Raises: ContactProof.DoesNotExist when the proof is not this owner's.
    Locks:  the proof's row.
    Writes: ContactProof, SmsOptOut, AuditEvent.
    """
    assert_in_transaction()
    proof = ContactProof.objects.select_for_update().get(pk=proof_id, owner_id=owner_id)
    kind = ContactKind(proof.kind)
    refusal = refusal_of_contact_code(
        state=ProofState(proof.state),
        expires_at=proof.expires_at,
        is_right=verifier_matches(typed, bytes(proof.code_verifier), purpose=sealing.CONTACT_CODE, bound_to=proof.id),
        now=now,
    )
    if refusal is None:
        proof.state, proof.proven_at = ProofState.PROVEN, now
        proof.save(update_fields=["state", "proven_at"])
        if kind is ContactKind.PHONE:  # whoever reads our texts there may be sent more of them (ALR-5)
            value = open_sealed(proof.value_sealed, purpose=sealing.contact_proof(kind), bound_to=owner_id)
            lift_opt_out(phone=value)
        events.contact_proven(owner_id=owner_id, kind=kind, actor=actor, now=now)
        return ContactProven(proof_id=proof.id)
    if refusal is CodeRefusal.WRONG:
        proof.wrong_tries += 1
        if proof.wrong_tries >= CONTACT_CODE_TRIES:
            proof.state = ProofState.DEAD
        proof.save(update_fields=["wrong_tries", "state"])
    events.contact_code_refused(owner_id=owner_id, kind=kind, reason=refusal.value, actor=actor, now=now)
    tries_left = CONTACT_CODE_TRIES - proof.wrong_tries if proof.state == ProofState.OPEN else 0
    return ContactCodeRefused(reason=refusal, tries_left=tries_left)


def proven_value(*, proof_id: UUID, owner_id: UUID, kind: ContactKind) -> str | None:
    """Open a contact that its owner has proven and not yet used; None when there is no such proof.

    Locks: the proof's row.
    """
    assert_in_transaction()
    proof = (
        ContactProof.objects.select_for_update()
        .filter(pk=proof_id, owner_id=owner_id, kind=kind, state=ProofState.PROVEN)
        .first()
    )
    if proof is None:
        return None
    return open_sealed(proof.value_sealed, purpose=sealing.contact_proof(kind), bound_to=owner_id)


def use_proof(*, proof_id: UUID) -> None:
    """Mark a proven contact as used, so that it cannot be brought forward again."""
    assert_in_transaction()
    ContactProof.objects.filter(pk=proof_id, state=ProofState.PROVEN).update(state=ProofState.USED)


def put_contact(*, identity: Identity, kind: ContactKind, value: str, actor: Actor, now: datetime) -> None:
    """Make ``value`` the identity's contact of its kind; the one that stood before is kept as replaced.

    Rule:   CHG-4, CHG-6, SEC-7.
    Writes: ContactPoint, AuditEvent.
    """
    assert_in_transaction()
    replaced = ContactPoint.objects.filter(identity=identity, kind=kind, state=ContactState.ACTIVE).update(
        state=ContactState.REPLACED, replaced_at=now
    )
    ContactPoint.objects.create(
        identity=identity,
        kind=kind,
        value_sealed=seal(value, purpose=sealing.contact(kind), bound_to=identity.id),
        value_index=blind_index(value, purpose=sealing.contact(kind)),
        is_first=not replaced,
        registered_at=now,
    )
    record = events.contact_replaced if replaced else events.contact_registered
    record(identity_id=identity.id, kind=kind, actor=actor, now=now)


def replace_contacts(
    *, identity: Identity, new: ProvenContacts, actor: Actor, now: datetime
) -> tuple[ContactKind, ...]:
    """The contacts that ``new`` proves are the identity's; gives the kinds of those that are others than before.

    One that stood already stays as it was registered.

    Rule:   REG-1, SEC-7: what takes another's place is no first contact, and is too new for codes.
    Raises: ValueError for a proof that is not there or was used before.
    Locks:  the proofs' rows.
    Writes: ContactPoint, ContactProof, AuditEvent.
    """
    assert_in_transaction()
    standing = contacts_of(identity.id)
    replaced = []
    for kind, proof_id in sorted(new.proofs.items()):
        value = proven_value(proof_id=proof_id, owner_id=new.owner_id, kind=kind)
        if value is None:
            raise ValueError("A new contact is proven before it is put in place.", kind.value)
        use_proof(proof_id=proof_id)
        if standing.get(kind) != value:
            put_contact(identity=identity, kind=kind, value=value, actor=actor, now=now)
            replaced.append(kind)
    return tuple(replaced)
