"""Reads: what is known of an identity, opened from its seals only when asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from hsm.api import blind_index_candidates, open_sealed
from identities import sealing
from identities.models import (
    Citizen,
    CodeDevice,
    ContactPoint,
    ContactProof,
    Identity,
    IdentityBlock,
    PendingChange,
    UsedUserId,
)
from identities.rules.user_id import Owner, folded
from identities.states import (
    AssuranceLevel,
    BlockReason,
    BlockSource,
    ChangeField,
    ChangeState,
    ContactKind,
    ContactState,
    DeviceState,
    IdentityState,
)
from notifications.api import Address, Channel, Language, contacts_given_up

CHANNEL_OF = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}


@dataclass(frozen=True, kw_only=True)
class IdentityView:
    """An identity without personal data."""

    id: UUID
    citizen_id: UUID
    user_id: str
    state: IdentityState
    level: AssuranceLevel
    language: Language
    issued_at: datetime
    signed_out_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """A natural person as the civil register gives them. ``address`` is None when protected."""

    name: str
    cpr_number: str | None
    born_on: date
    address: str | None
    is_name_protected: bool


@dataclass(frozen=True, kw_only=True)
class DeviceView:
    """A code display as its owner may see it."""

    id: UUID
    serial: str
    state: DeviceState
    activated_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """A pending change as its owner may see it, the new value included."""

    id: UUID
    field: ChangeField
    state: ChangeState
    new_value: str
    requested_at: datetime
    opens_at: datetime
    closes_at: datetime
    first_login_id: UUID
    first_login_level: AssuranceLevel


@dataclass(frozen=True, kw_only=True)
class BlockView:
    """One party's block."""

    source: BlockSource
    reason: BlockReason
    blocked_at: datetime


@dataclass(frozen=True, kw_only=True)
class UserIdHolder:
    """Who has a user ID: ``subject`` is the identity's id, or stands for nobody."""

    subject: UUID
    is_somebody: bool
    language: Language


_HOLDER_OF_USER_ID: Final = f"""
    SELECT COALESCE(holder.id, %s::uuid), holder.id IS NOT NULL, COALESCE(holder.language, %s)
    FROM (VALUES (1)) AS one LEFT JOIN {Identity._meta.db_table} AS holder ON holder.user_id_folded = %s
"""  # noqa: S608, SLF001 - the name of our own table


@dataclass(frozen=True, kw_only=True)
class RegisteredPhone:
    """The phone that codes go to, and what SEC-7 asks of it."""

    address: Address
    registered_at: datetime
    is_first: bool


def view_of(identity: Identity) -> IdentityView:
    """Give an identity's row as a value."""
    return IdentityView(
        id=identity.id,
        citizen_id=identity.citizen_id,
        user_id=identity.user_id,
        state=IdentityState(identity.state),
        level=AssuranceLevel(identity.assurance_level),
        language=Language(identity.language),
        issued_at=identity.issued_at,
        signed_out_at=identity.signed_out_at,
    )


def identity_by_id(identity_id: UUID) -> IdentityView | None:
    """Find an identity by its id."""
    row = Identity.objects.filter(pk=identity_id).first()
    return view_of(row) if row else None


def identity_by_user_id(user_id: str) -> IdentityView | None:
    """Find an identity by the user ID it has now, however its letters are cased (UID-2)."""
    row = Identity.objects.filter(user_id_folded=folded(user_id)).first()
    return view_of(row) if row else None


def holder_of_user_id(user_id: str, *, otherwise: UUID, language: Language) -> UserIdHolder:
    """Give who has a user ID now; ``otherwise`` and ``language`` of a user ID that nobody has.

    The same statement finds one row for either, of as many columns, so that either takes as long (TRY-2).
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER_OF_USER_ID, [otherwise, language.value, folded(user_id)])
        subject, is_somebody, written_in = cursor.fetchone()
    return UserIdHolder(subject=subject, is_somebody=is_somebody, language=Language(written_in))


def identity_by_cpr_number(cpr_number: str) -> IdentityView | None:
    """Find the identity of the person with this CPR number (ten digits)."""
    indexes = blind_index_candidates(cpr_number, purpose=sealing.CPR_NUMBER)
    row = Identity.objects.filter(citizen__cpr_number_index__in=indexes).first()
    return view_of(row) if row else None


def identities_by_phone(phone: str) -> list[UUID]:
    """Find the identities that have or had this phone, the newest contact first (CHG-6)."""
    indexes = blind_index_candidates(phone, purpose=sealing.contact(ContactKind.PHONE))
    points = ContactPoint.objects.filter(value_index__in=indexes, kind=ContactKind.PHONE)
    return list(dict.fromkeys(points.order_by("-registered_at").values_list("identity_id", flat=True)[:20]))


def phone_waits_for_a_change(phone: str, *, now: datetime) -> bool:
    """Tell whether a change waits of which this phone was alerted (CHG-6)."""
    waiting = PendingChange.objects.filter(state=ChangeState.PENDING, closes_at__gt=now)
    return waiting.filter(identity_id__in=identities_by_phone(phone)).exists()


def person_of(identity_id: UUID) -> Person:
    """Open what the civil register said of an identity's citizen. Raises: Citizen.DoesNotExist."""
    return _person(Citizen.objects.get(identity__id=identity_id))


def contacts_of(identity_id: UUID) -> dict[ContactKind, str]:
    """Open the contacts that stand now."""
    points = ContactPoint.objects.filter(identity_id=identity_id, state=ContactState.ACTIVE)
    return {ContactKind(point.kind): address_of(point).value for point in points}


def registered_phone(identity_id: UUID) -> RegisteredPhone | None:
    """Open the phone that stands now, with its age (SEC-7)."""
    points = ContactPoint.objects.filter(identity_id=identity_id, kind=ContactKind.PHONE, state=ContactState.ACTIVE)
    point = points.first()
    if point is None:
        return None
    return RegisteredPhone(address=address_of(point), registered_at=point.registered_at, is_first=point.is_first)


def contacts_unreached(identity_id: UUID, *, since: datetime) -> list[ContactKind]:
    """List the kinds of standing contact that a message failed for good to reach since then (ALR-5)."""
    points = ContactPoint.objects.filter(identity_id=identity_id, state=ContactState.ACTIVE)
    kind_of = {id_: ContactKind(kind) for id_, kind in points.values_list("id", "kind")}
    failed = contacts_given_up(contact_ids=kind_of, since=since)
    return [kind for id_, kind in kind_of.items() if id_ in failed]


def address_of(point: ContactPoint) -> Address:
    """Open one contact as an address for alerts."""
    kind = ContactKind(point.kind)
    value = open_sealed(point.value_sealed, purpose=sealing.contact(kind), bound_to=point.identity_id)
    return Address(channel=CHANNEL_OF[kind], value=value, id=point.id)


def devices_of(identity_id: UUID) -> list[DeviceView]:
    """List an identity's code displays, the newest first."""
    rows = CodeDevice.objects.filter(user_id=identity_id).order_by("-activated_at")
    return [
        DeviceView(id=row.uuid, serial=row.serial, state=DeviceState(row.state), activated_at=row.activated_at)
        for row in rows
    ]


def enrolled_level_of(identity_id: UUID) -> AssuranceLevel | None:
    """Tell at which level the identity's active code display was enrolled (LVL-2)."""
    rows = CodeDevice.objects.filter(user_id=identity_id, state=DeviceState.ACTIVE)
    level = rows.values_list("enrolled_level", flat=True).first()
    return AssuranceLevel(level) if level else None


def device_state(serial: str) -> DeviceState | None:
    """Tell the state of the code display with this serial number."""
    state = CodeDevice.objects.filter(serial=serial).values_list("state", flat=True).first()
    return DeviceState(state) if state else None


def known_serials(serials: Collection[str]) -> set[str]:
    """Tell which of these serial numbers a code device has."""
    return set(CodeDevice.objects.filter(serial__in=serials).values_list("serial", flat=True))


def owner_of_user_id(identity_id: UUID) -> Owner:
    """Give what a user ID must not be built from (UID-5)."""
    person = person_of(identity_id)
    contacts = contacts_of(identity_id)
    return Owner(
        name=person.name,
        cpr_number=person.cpr_number,
        born_on=person.born_on,
        phones=tuple(value for kind, value in contacts.items() if kind is ContactKind.PHONE),
        emails=tuple(value for kind, value in contacts.items() if kind is ContactKind.EMAIL),
    )


def user_id_is_taken(user_id: str, *, by_other_than: UUID | None) -> bool:
    """Tell whether someone else has or had this user ID (UID-4)."""
    used = UsedUserId.objects.filter(user_id_folded=folded(user_id))
    return (used.exclude(identity_id=by_other_than) if by_other_than else used).exists()


def change_view(change: PendingChange) -> ChangeView:
    """Open a pending change."""
    field = ChangeField(change.field)
    return ChangeView(
        id=change.id,
        field=field,
        state=ChangeState(change.state),
        new_value=open_sealed(change.new_value_sealed, purpose=sealing.change(field), bound_to=change.identity_id),
        requested_at=change.requested_at,
        opens_at=change.opens_at,
        closes_at=change.closes_at,
        first_login_id=change.first_login_id,
        first_login_level=AssuranceLevel(change.first_login_level),
    )


def pending_changes_of(identity_id: UUID, *, now: datetime) -> list[ChangeView]:
    """List the changes that wait and whose window has not closed, the oldest first."""
    rows = PendingChange.objects.filter(identity_id=identity_id, state=ChangeState.PENDING, closes_at__gt=now).order_by(
        "requested_at"
    )
    return [change_view(row) for row in rows]


def change_of(identity_id: UUID, change_id: UUID) -> ChangeView | None:
    """Find one of an identity's own changes; someone else's is as good as none."""
    row = PendingChange.objects.filter(identity_id=identity_id, pk=change_id).first()
    return change_view(row) if row else None


def app_copies_of(identity_id: UUID, *, now: datetime) -> list[ChangeView]:
    """List the copies of an app that wait, or were confirmed, and whose window has not closed; the newest first."""
    rows = PendingChange.objects.filter(
        identity_id=identity_id,
        field=ChangeField.APP_COPY,
        state__in=[ChangeState.PENDING, ChangeState.CONFIRMED],
        closes_at__gt=now,
    )
    return [change_view(row) for row in rows.order_by("-requested_at")]


def changes_due_to_expire(*, now: datetime, limit: int) -> list[UUID]:
    """List the changes whose window has closed, the longest overdue first."""
    rows = PendingChange.objects.filter(state=ChangeState.PENDING, closes_at__lte=now).order_by("closes_at")
    return list(rows.values_list("id", flat=True)[:limit])


def standing_blocks_of(identity_id: UUID) -> list[BlockView]:
    """List the blocks that stand, the oldest first (BLK-3)."""
    rows = IdentityBlock.objects.filter(identity_id=identity_id, reopened_at__isnull=True)
    return [
        BlockView(source=BlockSource(row.source), reason=BlockReason(row.reason), blocked_at=row.blocked_at)
        for row in rows.order_by("blocked_at")
    ]


def was_reopened_since(identity_id: UUID, *, since: datetime) -> bool:
    """Tell whether a block on an identity was lifted after an instant; what was proven up to it is of before."""
    return IdentityBlock.objects.filter(identity_id=identity_id, reopened_at__gt=since).exists()


def contact_code_sent_to(proof_id: UUID, *, owner_id: UUID) -> str | None:
    """Open the contact that a code was sent to, for the one who asked for it."""
    row = ContactProof.objects.filter(pk=proof_id, owner_id=owner_id).first()
    if row is None:
        return None
    purpose = sealing.contact_proof(ContactKind(row.kind))
    return open_sealed(row.value_sealed, purpose=purpose, bound_to=owner_id)


def _person(citizen: Citizen) -> Person:
    def opened(sealed: bytes | memoryview, purpose: str) -> str:
        return open_sealed(sealed, purpose=purpose, bound_to=citizen.id)

    return Person(
        name=opened(citizen.name_sealed, sealing.NAME),
        cpr_number=opened(citizen.cpr_number_sealed, sealing.CPR_NUMBER) if citizen.cpr_number_sealed else None,
        born_on=date.fromisoformat(opened(citizen.born_on_sealed, sealing.BORN_ON)),
        address=opened(citizen.address_sealed, sealing.ADDRESS) if citizen.address_sealed else None,
        is_name_protected=citizen.is_name_protected,
    )
