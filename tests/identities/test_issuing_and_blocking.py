"""Issuing, blocking and reopening: rows, events, alerts."""

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind, events_about
from audit.models import AuditEvent
from identities.api import (
    SUSPICIOUS,
    AlreadyIssued,
    AssuranceLevel,
    BlockOutcome,
    BlockReason,
    BlockSource,
    ChangeField,
    ChangeNotTaken,
    ContactKind,
    ContactNotProven,
    IdentityState,
    RequestRefusal,
    UserIdRefusal,
    UserIdRefused,
    block_identity,
    contacts_of,
    create_change,
    identity_by_cpr_number,
    identity_by_id,
    identity_by_user_id,
    issue_identity,
    person_of,
    reopen_identity,
    standing_blocks_of,
)
from identities.models import ActivationCode, Citizen, ContactPoint, Identity, PendingChange, UsedUserId
from identities.states import ActivationCodeState
from notifications.api import Channel, Language, MessageKind
from notifications.models import Delivery
from tests.factories.identities import (
    a_person,
    a_resident,
    an_issued_identity,
    an_officer,
    proven_contact,
    texts_sent,
)

pytestmark = pytest.mark.django_db


def kinds_about(identity_id):
    return [line.kind for line in events_about(subject_id=identity_id, limit=50)]


def issue(*, person, user_id, now, case_id=None, proofs=None):
    with transaction.atomic():
        return issue_identity(
            owner_id=case_id or uuid7(),
            person=person,
            user_id=user_id,
            level=AssuranceLevel.HIGH,
            language=Language.EN,
            proofs=proofs or {},
            actor=an_officer(),
            now=now,
        )


def proofs_for(case_id, now, phone="+4520111213", email="en.borger@example.dk"):
    return {
        ContactKind.PHONE: proven_contact(owner_id=case_id, kind=ContactKind.PHONE, value=phone, now=now),
        ContactKind.EMAIL: proven_contact(owner_id=case_id, kind=ContactKind.EMAIL, value=email, now=now),
    }


def test_an_issued_identity_is_found_by_user_id_and_cpr_number_and_told_on_both_channels(now):
    identity_id, user_id, person, phone, email = an_issued_identity(now=now)
    assert (
        identity_by_user_id(user_id.upper()) == identity_by_cpr_number(person.cpr_number) == identity_by_id(identity_id)
    )
    assert person_of(identity_id) == person
    assert contacts_of(identity_id) == {ContactKind.PHONE: phone, ContactKind.EMAIL: email}
    assert UsedUserId.objects.get(identity_id=identity_id).first_used_at == now
    assert kinds_about(identity_id) == [
        EventKind.CONTACT_REGISTERED,
        EventKind.CONTACT_REGISTERED,
        EventKind.IDENTITY_ISSUED,
    ]
    told = Delivery.objects.filter(reference=identity_id, kind=MessageKind.IDENTITY_ISSUED)
    assert sorted(told.values_list("channel", flat=True)) == sorted([Channel.SMS, Channel.EMAIL])


def test_nothing_personal_stands_in_the_clear_in_the_rows_or_in_the_log(now):
    """LOG-2 and architecture section 5."""
    identity_id, _, person, phone, email = an_issued_identity(now=now)
    citizen = Citizen.objects.get(identity__id=identity_id)
    stored = (
        b"".join(
            bytes(value)
            for row in [citizen, *ContactPoint.objects.filter(identity_id=identity_id)]
            for value in vars(row).values()
            if isinstance(value, bytes | memoryview)
        )
        + str(list(AuditEvent.objects.filter(subject_id=identity_id).values())).encode()
    )
    for personal in (person.name, person.cpr_number, person.address, phone, email):
        assert personal.encode() not in stored


def test_uid_4_a_user_id_that_was_ever_used_is_not_given_to_someone_else(now):
    _, user_id, *_ = an_issued_identity(now=now)
    case_id = uuid7()
    outcome = issue(
        person=a_person(), user_id=user_id.upper(), case_id=case_id, proofs=proofs_for(case_id, now), now=now
    )
    assert outcome == UserIdRefused(UserIdRefusal.TAKEN)


def test_one_person_has_one_identity(now):
    identity_id, _, person, *_ = an_issued_identity(now=now)
    case_id = uuid7()
    outcome = issue(person=person, user_id="en anden 44", case_id=case_id, proofs=proofs_for(case_id, now), now=now)
    assert outcome == AlreadyIssued(identity_id)
    assert Identity.objects.filter(citizen__identity__id=identity_id).count() == 1


@pytest.mark.parametrize("missing", list(ContactKind))
def test_alr_1_an_identity_is_not_issued_without_two_proven_contacts(now, missing):
    """ALR-1."""
    case_id = uuid7()
    proofs = proofs_for(case_id, now)
    del proofs[missing]
    assert issue(
        person=a_person(), user_id="skovens ro 7", case_id=case_id, proofs=proofs, now=now
    ) == ContactNotProven(missing)


def test_contacts_proven_for_another_case_count_for_nothing(now):
    proofs = proofs_for(uuid7(), now)
    outcome = issue(person=a_person(), user_id="skovens ro 7", case_id=uuid7(), proofs=proofs, now=now)
    assert outcome == ContactNotProven(ContactKind.PHONE)


def test_a_step_outside_a_transaction_is_a_fault(transactional_db, now):
    with pytest.raises(RuntimeError):
        reopen_identity(identity_id=uuid7(), actor=an_officer(), now=now)


def test_blk_1_a_block_ends_codes_and_changes_and_is_told_at_once(now):
    identity_id, *_ = an_issued_identity(now=now)
    later = now + timedelta(minutes=5)
    with transaction.atomic():
        outcome = block_identity(
            identity_id=identity_id,
            source=BlockSource.SUPPORT,
            reason=BlockReason.SUSPECTED_MISUSE,
            actor=an_officer(),
            now=later,
        )
    assert outcome is BlockOutcome.BLOCKED
    identity = identity_by_id(identity_id)
    assert (identity.state, identity.signed_out_at) == (IdentityState.BLOCKED, later)
    assert not ActivationCode.objects.filter(identity_id=identity_id, state=ActivationCodeState.OPEN).exists()
    assert kinds_about(identity_id)[0] == EventKind.IDENTITY_BLOCKED
    told = Delivery.objects.filter(reference=identity_id, kind=MessageKind.IDENTITY_BLOCKED)
    assert sorted(told.values_list("channel", flat=True)) == sorted([Channel.SMS, Channel.EMAIL])
    assert texts_sent(reference=identity_id, channel=Channel.SMS)


def test_blk_3_each_party_blocks_once_and_all_blocks_are_lifted_together_in_person(now):
    identity_id, *_ = an_issued_identity(now=now)
    clerk = an_officer()

    def block(source):
        with transaction.atomic():
            return block_identity(
                identity_id=identity_id, source=source, reason=BlockReason.OWN_WISH, actor=Actor.system(), now=now
            )

    assert block(BlockSource.SUPPORT) is BlockOutcome.BLOCKED
    assert block(BlockSource.SUPPORT) is BlockOutcome.STOOD
    assert block(BlockSource.CITIZEN) is BlockOutcome.BLOCKED
    assert {view.source for view in standing_blocks_of(identity_id)} == {BlockSource.SUPPORT, BlockSource.CITIZEN}
    with transaction.atomic():
        assert reopen_identity(identity_id=identity_id, actor=clerk, now=now)
    assert standing_blocks_of(identity_id) == []
    assert identity_by_id(identity_id).state is IdentityState.ACTIVE
    assert kinds_about(identity_id)[0] == EventKind.IDENTITY_REOPENED
    assert Delivery.objects.filter(reference=identity_id, kind=MessageKind.IDENTITY_REOPENED).count() == 2
    with transaction.atomic():
        assert not reopen_identity(identity_id=identity_id, actor=clerk, now=now)


@pytest.mark.parametrize("source", list(BlockSource))
@pytest.mark.parametrize("graver", SUSPICIOUS)
def test_blk_3_a_suspicion_is_kept_beside_the_same_partys_harmless_reason(now, source, graver):
    """BLK-3, REG-10, ALR-2: once, and whatever comes after it."""
    identity_id, *_ = an_issued_identity(now=now)
    harmless = [reason for reason in BlockReason if reason not in SUSPICIOUS]

    def block(reason, at):
        with transaction.atomic():
            return block_identity(identity_id=identity_id, source=source, reason=reason, actor=Actor.system(), now=at)

    def told():
        return Delivery.objects.filter(reference=identity_id, kind=MessageKind.IDENTITY_BLOCKED).count()

    later = now + timedelta(minutes=1)
    assert block(harmless[0], now) is BlockOutcome.BLOCKED
    assert [block(reason, now) for reason in harmless] == [BlockOutcome.STOOD] * len(harmless)
    before = told()
    assert block(graver, later) is BlockOutcome.NOTED
    stand = [(view.source, view.reason, view.blocked_at) for view in standing_blocks_of(identity_id)]
    assert stand == [(source, harmless[0], now), (source, graver, later)]
    event = events_about(subject_id=identity_id, limit=1)[0]
    assert (event.kind, event.facts) == (
        EventKind.IDENTITY_BLOCKED, {"source": source.value, "reason": graver.value},
    )  # fmt: skip
    assert told() == before + 2
    assert [block(reason, later) for reason in BlockReason] == [BlockOutcome.STOOD] * len(BlockReason)
    assert told() == before + 2
    with transaction.atomic():
        assert reopen_identity(identity_id=identity_id, actor=an_officer(), now=later)
    assert standing_blocks_of(identity_id) == []


def test_blk_3_a_harmless_reason_adds_nothing_to_a_suspicion(now):
    """BLK-3."""
    identity_id, *_ = an_issued_identity(now=now)
    for reason, outcome in (
        (BlockReason.SUSPECTED_MISUSE, BlockOutcome.BLOCKED),
        (BlockReason.LOST_DEVICE, BlockOutcome.STOOD),
    ):
        with transaction.atomic():
            assert outcome is block_identity(
                identity_id=identity_id, source=BlockSource.SUPPORT, reason=reason, actor=Actor.system(), now=now
            )
    assert [view.reason for view in standing_blocks_of(identity_id)] == [BlockReason.SUSPECTED_MISUSE]


def test_blk_1_a_blocked_identity_cannot_ask_for_a_change_whoever_composes_the_step(now):
    """BLK-1."""
    resident = a_resident(now=now)
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.SUPPORT,
            reason=BlockReason.LOST_DEVICE,
            actor=an_officer(),
            now=now,
        )
        outcome = create_change(
            identity_id=resident.identity_id,
            field=ChangeField.USER_ID,
            new_value="et nyt navn 7",
            proof_id=None,
            login_id=uuid7(),
            login_level=AssuranceLevel.SUBSTANTIAL,
            wait=timedelta(hours=1),
            lasts=timedelta(hours=24),
            stop_address=lambda token: f"https://portal.example/stop/{token}/",
            actor=Actor.citizen(resident.identity_id),
            now=now,
        )
    assert outcome == ChangeNotTaken(RequestRefusal.NOT_ACTIVE)
    assert not PendingChange.objects.exists()


def test_try_2_one_identity_cannot_ask_through_a_list_of_user_ids(now):
    """TRY-2: told ten times a day that one is taken, then no more, whether it is or not."""
    asker, other = a_resident(now=now), a_resident(now=now)

    def ask(user_id, at):
        with transaction.atomic():
            return create_change(
                identity_id=asker.identity_id,
                field=ChangeField.USER_ID,
                new_value=user_id,
                proof_id=None,
                login_id=uuid7(),
                login_level=AssuranceLevel.SUBSTANTIAL,
                wait=timedelta(hours=1),
                lasts=timedelta(hours=24),
                stop_address=lambda token: f"https://portal.example/stop/{token}/",
                actor=Actor.citizen(asker.identity_id),
                now=at,
            )

    assert [ask(other.user_id, now) for _ in range(10)] == [ChangeNotTaken(UserIdRefusal.TAKEN)] * 10
    for user_id in (other.user_id, "aldrig brugt 12"):
        assert ask(user_id, now + timedelta(hours=23)) == ChangeNotTaken(RequestRefusal.TOO_MANY_TAKEN)
    assert ask(other.user_id, now + timedelta(days=1)) == ChangeNotTaken(UserIdRefusal.TAKEN)


def test_a_resident_of_the_factory_is_complete(now):
    resident = a_resident(now=now)
    assert identity_by_id(resident.identity_id).state is IdentityState.ACTIVE
