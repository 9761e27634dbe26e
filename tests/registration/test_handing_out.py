"""What a citizen takes home from the desk, at the first visit and at later ones."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    CodeNotGiven,
    CodeNotGivenReason,
    DeviceState,
    activate_password,
    device_state,
    identity_by_id,
)
from identities.models import ActivationCode
from identities.states import ActivationCodeState
from notifications.api import MessageKind
from registration.models import PaperCode, ProofingCase, StockItem
from registration.queries import block_codes_of, case_of
from registration.rules.case import StepRefusal
from registration.rules.progress import CaseStep
from registration.states import CasePurpose, CaseState, PaperKind, PersonRefusal, RefusalReason, StockKind, StockState
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import approve_and_reopen
from registration.usecases.approve_authenticator import approve_authenticator
from registration.usecases.give_paper_code import give_paper_code
from registration.usecases.hand_out_device import HandOutRefusal, NotHandedOut, hand_out_device
from registration.usecases.look_up_citizen import PersonRefused
from registration.usecases.refuse_case import refuse_case
from registration.usecases.results import Sheet, StepRefused
from registration.views.rows import progress_of
from tests.factories.authenticators import a_phone_changed_at, a_visit_long_past, an_app_row
from tests.factories.identities import texts_sent
from tests.factories.registration import (
    a_handed_out_display,
    a_stocked_display,
    a_visiting_case,
    an_approved_case,
    an_examined_case,
    an_open_case,
    plain_people,
)
from tests.registration.clerks import alerts, block, events, identity_of, look_up

pytestmark = pytest.mark.django_db


def code_row(identity_id, kind):
    return ActivationCode.objects.get(identity_id=identity_id, kind=kind, state=ActivationCodeState.OPEN)


def give(clerk, case_id, kind, now):
    return give_paper_code(officer_id=clerk.id, case_id=case_id, kind=kind, now=now)


@pytest.mark.parametrize("kind", [PaperKind.APP, PaperKind.PASSWORD])
def test_sec_4_a_code_on_paper_is_given_in_an_approved_case(clerk, person, now, kind):
    """SEC-4, REG-1, ALR-2: 48 hours, told, logged, shown once."""
    case_id, identity_id = an_approved_case(clerk, person, now=now)
    sheet = give(clerk, case_id, kind, now)
    assert isinstance(sheet, Sheet)
    assert (sheet.kind, sheet.serial, sheet.expires_at) == (
        AuthenticatorKind(kind.value), None, now + timedelta(hours=48),
    )  # fmt: skip
    assert len(sheet.activation_code) == 14
    assert sheet.activation_code not in repr(sheet)
    assert [(row.kind, row.case_id, row.given_at) for row in PaperCode.objects.all()] == [(kind, case_id, now)]
    (event,) = [one for one in events(EventKind.ACTIVATION_CODE_ISSUED) if one.subject_id == identity_id]
    assert (event.actor_id, event.office_id, event.facts["carrier"]) == (clerk.id, clerk.office.id, "paper")
    assert sheet.activation_code not in str(event.facts)
    assert len(alerts(identity_id, MessageKind.CODE_ISSUED)) == 2
    assert isinstance(give(clerk, case_id, kind, now), Sheet)
    assert code_row(identity_id, kind.value).number != sheet.activation_code[:6]
    assert progress_of(case_of(case_id, office_id=clerk.office.id, now=now)).step is CaseStep.DONE


def test_sec_4_a_chips_code_is_not_given_on_the_visit_that_gives_a_password(clerk, person, now):
    """SEC-4, ADR 0111: neither without a password nor beside one; and no device beside the chip's code."""
    case_id, identity_id = an_approved_case(clerk, person, now=now)
    assert give(clerk, case_id, PaperKind.CHIP, now) == CodeNotGiven(CodeNotGivenReason.NEEDS_PASSWORD)
    paper = give(clerk, case_id, PaperKind.PASSWORD, now)
    user_id = identity_by_id(identity_id).user_id
    with transaction.atomic():
        activate_password(
            user_id=user_id,
            activation_code=paper.activation_code,
            password="Grøn-Giraf-Gynger-4",
            actor=Actor.visitor(),
            now=now,
        )
    assert give(clerk, case_id, PaperKind.CHIP, now) == CodeNotGiven(CodeNotGivenReason.OTHER_HALF)
    a_visit_long_past(identity_id)
    sheet = give(clerk, case_id, PaperKind.CHIP, now)
    assert (sheet.kind, sheet.expires_at) == (AuthenticatorKind.CHIP, now + timedelta(hours=48))
    assert give(clerk, case_id, PaperKind.PASSWORD, now) == CodeNotGiven(CodeNotGivenReason.OTHER_HALF)
    serial = a_stocked_display(clerk.office, now=now)
    outcome = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=now)
    assert outcome == NotHandedOut(HandOutRefusal.OTHER_HALF)
    assert (device_state(serial), StockItem.objects.get().state) == (DeviceState.IN_STOCK, StockState.IN_STOCK)
    refused = [one.facts["reason"] for one in events(EventKind.HAND_OUT_REFUSED)]
    assert refused == ["needs_password", "other_half", "other_half", "other_half"]


@pytest.mark.parametrize("documents", list(AssuranceLevel))
def test_lvl_2_what_is_handed_out_reaches_what_the_documents_of_the_visit_prove(clerk, person, now, documents):
    """LVL-2, REG-5: of an identity at HIGH; two papers that prove LOW give nothing of more."""
    case_id, identity_id = an_approved_case(clerk, person, now=now)
    assert identity_by_id(identity_id).level is AssuranceLevel.HIGH
    ProofingCase.objects.filter(pk=case_id).update(level_reached=documents)
    assert isinstance(give(clerk, case_id, PaperKind.APP, now), Sheet)
    assert code_row(identity_id, "app").enrolled_level == documents
    a_handed_out_display(clerk, case_id, now=now)
    assert code_row(identity_id, "code_display").enrolled_level == documents


def test_an_audio_code_reader_is_handed_out_like_a_code_display(clerk, person, now):
    """SEC-4, AUT-2."""
    case_id, identity_id = an_approved_case(clerk, person, now=now)
    serial = a_stocked_display(clerk.office, now=now, kind=StockKind.AUDIO_READER)
    sheet = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=now)
    assert (sheet.kind, sheet.serial) == (AuthenticatorKind.AUDIO_READER, serial)
    assert StockItem.objects.get().state == StockState.HANDED_OUT
    assert device_state(serial) is DeviceState.HANDED_OUT
    assert code_row(identity_id, "audio_code_reader").device.serial == serial


def test_reg_1_who_has_an_identity_is_proven_before_something_more_is_handed_out(clerk, person, now):
    """REG-1, ALR-2."""
    identity_id = identity_of(person, now=now)
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    early = give(clerk, case_id, PaperKind.APP, now)
    assert early == StepRefused(StepRefusal.NOT_APPROVED)
    view = case_of(case_id, office_id=clerk.office.id, now=now)
    assert progress_of(view).step is CaseStep.APPROVE
    told = len(alerts(identity_id, MessageKind.OFFICER_ACTED))
    assert approve_authenticator(officer_id=clerk.id, case_id=case_id, now=now) == Approved(identity_id)
    assert len(alerts(identity_id, MessageKind.OFFICER_ACTED)) == told + 2
    assert events(EventKind.CASE_APPROVED)[-1].facts["purpose"] == "new_authenticator"
    assert ProofingCase.objects.get().state == CaseState.APPROVED
    assert isinstance(give(clerk, case_id, PaperKind.APP, now), Sheet)
    a_handed_out_display(clerk, case_id, now=now)
    again = approve_authenticator(officer_id=clerk.id, case_id=case_id, now=now)
    assert again == StepRefused(StepRefusal.NOT_EXAMINED)


def test_blk_2_a_blocked_identity_gets_nothing_but_reopened(clerk, person, now):
    """BLK-2: at the look-up, at the approval and at the handing out."""
    identity_id = identity_of(person, now=now)
    examined = an_examined_case(clerk, person, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    approved = a_visiting_case(clerk, person, now=now)
    block(identity_id, now=now)
    opened = an_open_case(clerk, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    assert look_up(clerk, opened, person.cpr_number, now) == PersonRefused(PersonRefusal.IS_BLOCKED)
    outcome = approve_authenticator(officer_id=clerk.id, case_id=examined, now=now)
    assert outcome == StepRefused(StepRefusal.IS_BLOCKED)
    assert ProofingCase.objects.get(pk=examined).state == CaseState.EXAMINED
    assert events(EventKind.APPROVAL_REFUSED)[-1].facts["reason"] == "is_blocked"
    for kind in PaperKind:
        assert give(clerk, approved, kind, now) == CodeNotGiven(CodeNotGivenReason.BLOCKED)
    assert {one.facts["reason"] for one in events(EventKind.HAND_OUT_REFUSED)} == {"blocked"}
    assert not PaperCode.objects.exists()


@pytest.mark.parametrize("purpose", list(CasePurpose))
def test_blk_2_a_case_does_not_outlive_the_block_that_came_after_it(clerk, person, now, purpose):
    """BLK-2, REG-10: reopened in another case, the identity gets nothing more in the one from before."""
    if purpose is CasePurpose.ISSUE:
        case_id, identity_id = an_approved_case(clerk, person, now=now)
    else:
        identity_id = identity_of(person, now=now)
        case_id = a_reopening_case(clerk, person, identity_id, now) if purpose is CasePurpose.REOPEN else None
        case_id = case_id or a_visiting_case(clerk, person, now=now)
    examined = an_examined_case(clerk, person, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    assert isinstance(give(clerk, case_id, PaperKind.APP, now), Sheet)
    later = now + timedelta(minutes=5)
    fresh = a_reopening_case(clerk, person, identity_id, later)
    serial = a_stocked_display(clerk.office, now=later)
    blocked_since = StepRefused(StepRefusal.BLOCKED_SINCE)
    assert give(clerk, case_id, PaperKind.APP, later) == blocked_since
    assert hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=later) == blocked_since
    assert approve_authenticator(officer_id=clerk.id, case_id=examined, now=later) == blocked_since
    assert [one.facts["reason"] for one in events(EventKind.HAND_OUT_REFUSED)] == ["blocked_since"] * 2
    assert events(EventKind.APPROVAL_REFUSED)[-1].facts["reason"] == "blocked_since"
    assert StockItem.objects.get().state == StockState.IN_STOCK
    assert isinstance(give(clerk, fresh, PaperKind.APP, later), Sheet)
    assert isinstance(give(clerk, a_visiting_case(clerk, person, now=later), PaperKind.APP, later), Sheet)


def test_blk_2_nor_does_it_reopen_what_was_blocked_after_another_reopening(clerk, person, now):
    """BLK-2, BLK-3: of before are its documents, and what it was to undo."""
    identity_id = identity_of(person, now=now)
    block(identity_id, now=now)
    old = an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)
    later = now + timedelta(minutes=5)
    fresh = an_examined_case(clerk, person, now=later, purpose=CasePurpose.REOPEN)
    assert approve_and_reopen(officer_id=clerk.id, case_id=fresh, now=later) == Approved(identity_id)
    not_blocked = StepRefused(StepRefusal.NOT_BLOCKED)
    assert approve_and_reopen(officer_id=clerk.id, case_id=old, now=later) == not_blocked
    block(identity_id, now=later)
    blocked_since = StepRefused(StepRefusal.BLOCKED_SINCE)
    assert approve_and_reopen(officer_id=clerk.id, case_id=old, now=later) == blocked_since
    assert block_codes_of(identity_id)
    newest = an_examined_case(clerk, person, now=later, purpose=CasePurpose.REOPEN)
    assert approve_and_reopen(officer_id=clerk.id, case_id=newest, now=later) == Approved(identity_id)


def a_reopening_case(clerk, person, identity_id, now):
    block(identity_id, now=now)
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now) == Approved(identity_id)
    return case_id


def test_who_has_no_identity_is_not_served_with_a_further_authenticator(clerk, person, now):
    opened = an_open_case(clerk, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    assert look_up(clerk, opened, person.cpr_number, now) == PersonRefused(PersonRefusal.HAS_NO_IDENTITY)


def test_a_case_for_reopening_is_not_approved_as_one_for_an_authenticator(clerk, person, now):
    identity_id = identity_of(person, now=now)
    block(identity_id, now=now)
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)
    outcome = approve_authenticator(officer_id=clerk.id, case_id=case_id, now=now)
    assert outcome == StepRefused(StepRefusal.WRONG_PURPOSE)


def test_sec_7_no_code_for_the_app_while_the_phone_is_new(clerk, person, now):
    """SEC-7: the temporary PIN would go there; a code device needs no phone."""
    identity_id = identity_of(person, now=now)
    case_id = a_visiting_case(clerk, person, now=now)
    a_phone_changed_at(identity_id, now - timedelta(hours=71))  # too new even when the code on paper runs out
    assert give(clerk, case_id, PaperKind.APP, now) == CodeNotGiven(CodeNotGivenReason.PHONE_TOO_NEW)
    assert isinstance(give(clerk, case_id, PaperKind.PASSWORD, now), Sheet)
    a_handed_out_display(clerk, case_id, now=now)
    refused = [one.facts["reason"] for one in events(EventKind.HAND_OUT_REFUSED)]
    assert refused == ["phone_too_new"]


def test_aut_1_a_fourth_app_gets_no_code(clerk, person, now):
    """AUT-1."""
    identity_id = identity_of(person, now=now)
    for _ in range(3):
        an_app_row(identity_id, now=now)
    case_id = a_visiting_case(clerk, person, now=now)
    assert give(clerk, case_id, PaperKind.APP, now) == CodeNotGiven(CodeNotGivenReason.AT_MOST)


def test_reg_10_no_clerk_hands_out_to_themselves_nor_a_day_later(clerk, person, now):
    """REG-10."""
    case_id, _ = an_approved_case(clerk, person, now=now)
    late = give(clerk, case_id, PaperKind.APP, now + timedelta(hours=24))
    assert late == StepRefused(StepRefusal.TOO_OLD)
    ProofingCase.objects.filter(pk=case_id).update(identity=clerk.who.identity_id)
    assert give(clerk, case_id, PaperKind.APP, now) == StepRefused(StepRefusal.OWN_IDENTITY)


def test_a_refused_visit_is_told_as_what_it_was(clerk, now):
    """ALR-2."""
    person = plain_people()[1]
    identity_id = identity_of(person, now=now)
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    refuse_case(officer_id=clerk.id, case_id=case_id, reason=RefusalReason.PHOTO_DIFFERS, now=now)
    newest = texts_sent(reference=identity_id, kind=MessageKind.OFFICER_ACTED)[0]
    assert "afvist en udlevering" in newest
