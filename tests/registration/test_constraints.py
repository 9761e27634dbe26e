"""What the rules forbid, the database refuses as well: every constraint broken on purpose."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, models, transaction
from uuid_utils.compat import uuid7

from registration import models as rows
from registration.models import (
    CaseContact,
    ControlQuestion,
    Evidence,
    Office,
    Officer,
    PaperCode,
    ProofingCase,
    RaOrganisation,
    RefusalDecision,
    StockItem,
    SupportCall,
)
from registration.states import CaseState, OfficerRole, PaperKind, QuestionTopic, RefusalReason
from registration.usecases.give_paper_code import give_paper_code
from registration.usecases.refuse_case import refuse_case
from tests.factories.registration import (
    a_call_about,
    a_clerk,
    a_handed_out_display,
    a_stocked_display,
    a_support_agent,
    an_approved_case,
    an_examined_case,
    an_office,
    an_officer_of,
    an_open_case,
    plain_people,
)

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=367)


@pytest.fixture
def world(now):
    """One row of each kind, in order."""
    first, second = plain_people()[:2]
    clerk, agent = a_clerk(now=now), a_support_agent(now=now)
    case_id, _ = an_approved_case(clerk, first, now=now)
    a_handed_out_display(clerk, case_id, now=now)
    give_paper_code(officer_id=clerk.id, case_id=case_id, kind=PaperKind.PASSWORD, now=now)
    a_stocked_display(clerk.office, now=now)
    an_examined_case(clerk, second, now=now)
    a_call_about(agent, first.cpr_number, now=now)
    refused = an_open_case(clerk, now=now)
    refuse_case(officer_id=clerk.id, case_id=refused, reason=RefusalReason.PHOTO_DIFFERS, now=now)
    an_open_case(clerk, now=now)
    return clerk


def case(state):
    return ProofingCase.objects.filter(state=state)


PAST = "past"
LATER = "later"
CALL = "call"
BROKEN = [
    ("organisation_kind_is_known", RaOrganisation.objects.all, {"kind": "shop"}),
    ("organisation_has_a_name", lambda: _one(RaOrganisation), {"name": ""}),
    ("organisation_says_how_to_complain", lambda: _one(RaOrganisation), {"complaints_to": ""}),
    (
        "organisation_agreement_is_renewed_yearly",
        lambda: _one(RaOrganisation),
        {"agreement_until": models.F("agreed_on") + YEAR},
    ),
    (
        "organisation_agreement_is_renewed_yearly",
        lambda: _one(RaOrganisation),
        {"agreement_until": models.F("agreed_on") - timedelta(days=1)},
    ),
    ("office_has_a_name", lambda: _one(Office), {"name": ""}),
    ("officer_role_is_known", lambda: _one(Officer), {"role": "king"}),
    ("officer_right_is_renewed_yearly", lambda: _one(Officer), {"valid_until": models.F("appointed_on") + YEAR}),
    (
        "officer_right_is_renewed_yearly",
        lambda: _one(Officer),
        {"valid_until": models.F("appointed_on") - timedelta(days=1)},
    ),
    ("case_purpose_is_known", lambda: case(CaseState.OPEN), {"purpose": "fun"}),
    ("case_state_is_known", lambda: case(CaseState.EXAMINED), {"state": "gone"}),
    ("case_language_is_known", lambda: case(CaseState.OPEN), {"language": "de"}),
    ("case_person_is_sealed_whole", lambda: case(CaseState.OPEN), {"cpr_number_sealed": b"x"}),
    ("case_person_is_sealed_whole", lambda: case(CaseState.OPEN), {"cpr_number_index": b"x"}),
    ("case_person_is_sealed_whole", lambda: case(CaseState.OPEN), {"person_sealed": b"x"}),
    ("case_person_is_sealed_whole", lambda: case(CaseState.OPEN), {"looked_up_at": PAST}),
    ("case_is_examined_with_person_and_level", lambda: case(CaseState.OPEN), {"state": "examined"}),
    ("case_is_examined_with_person_and_level", lambda: case(CaseState.EXAMINED), {"level_reached": None}),
    ("case_is_examined_with_person_and_level", lambda: case(CaseState.EXAMINED), {"level_reached": 4}),
    ("case_decided_at_is_set_when_decided", lambda: case(CaseState.OPEN), {"decided_at": PAST}),
    ("case_decided_at_is_set_when_decided", lambda: case(CaseState.OPEN), {"state": "cancelled"}),
    ("case_decided_at_is_set_when_decided", lambda: case(CaseState.APPROVED), {"decided_at": None}),
    ("case_approved_has_an_identity", lambda: case(CaseState.APPROVED), {"identity": None}),
    ("case_approved_has_an_identity", lambda: case(CaseState.EXAMINED), {"state": "awaiting_second_officer"}),
    ("case_second_officer_is_another", lambda: case(CaseState.OPEN), {"second_officer": models.F("officer")}),
    (
        "case_second_officer_is_another",
        lambda: case(CaseState.OPEN),
        {"first_officer": models.F("officer"), "second_officer": models.F("officer")},
    ),
    (
        "case_awaiting_a_second_has_a_first",
        lambda: case(CaseState.APPROVED),
        {"state": "awaiting_second_officer", "decided_at": None},
    ),
    ("case_contact_kind_is_known", lambda: _one(CaseContact), {"kind": "fax"}),
    (
        "case_contact_is_proven_later",
        lambda: _one(CaseContact),
        {"proven_at": models.F("sent_at") - timedelta(seconds=1)},
    ),
    ("refusal_reason_is_known", RefusalDecision.objects.all, {"reason": "mood"}),
    ("refusal_says_how_to_complain", RefusalDecision.objects.all, {"complaints_to": ""}),
    ("evidence_kind_is_known", lambda: _one(Evidence), {"kind": "photo"}),
    ("evidence_issuer_is_a_code", lambda: _one(Evidence), {"issuer": "dk"}),
    ("evidence_is_unexpired", lambda: _one(Evidence), {"expires_on": models.F("recorded_on") - timedelta(days=1)}),
    (
        "evidence_checks_are_known",
        lambda: _one(Evidence),
        {"checks": ["unexpired", "not_reported", "looked_nice"]},
    ),
    ("evidence_was_checked", lambda: _one(Evidence), {"checks": ["unexpired"]}),
    ("evidence_was_checked", lambda: _one(Evidence), {"checks": []}),
    ("question_topic_is_known", lambda: _one(ControlQuestion), {"topic": "weather"}),
    ("question_belongs_to_a_case_or_a_call", lambda: _one(ControlQuestion), {"case": None}),
    (
        "question_belongs_to_a_case_or_a_call",
        lambda: _one(ControlQuestion),
        {"call": CALL},
    ),
    ("question_place_is_one_of_four", lambda: _one(ControlQuestion), {"place": 5}),
    ("question_place_is_one_of_four", lambda: _one(ControlQuestion), {"place": 0}),
    ("question_is_answered_whole", lambda: _one(ControlQuestion), {"was_right": None}),
    ("question_is_answered_whole", lambda: _one(ControlQuestion), {"answered_at": None}),
    (
        "question_is_answered_whole",
        lambda: _one(ControlQuestion),
        {"answered_at": models.F("asked_at") - timedelta(seconds=1)},
    ),
    ("call_reason_is_known", SupportCall.objects.all, {"reason": "curious"}),
    ("call_found_by_is_known", SupportCall.objects.all, {"found_by": "luck"}),
    ("call_wrong_numbers_are_few", SupportCall.objects.all, {"wrong_numbers": 4}),
    ("call_is_identified_after_the_right_number", SupportCall.objects.all, {"identified_at": PAST}),
    (
        "call_is_identified_after_the_right_number",
        SupportCall.objects.all,
        {"identified_at": PAST, "number_right_at": LATER},
    ),
    ("stock_state_is_known", lambda: StockItem.objects.filter(state="in_stock"), {"state": "lost"}),
    ("stock_kind_is_known", lambda: StockItem.objects.filter(state="in_stock"), {"kind": "horse"}),
    ("paper_code_kind_is_known", PaperCode.objects.all, {"kind": "code_display"}),
    ("stock_serial_is_a_code", lambda: StockItem.objects.filter(state="in_stock"), {"serial": "æ 1"}),
    ("stock_is_handed_out_in_a_case", lambda: StockItem.objects.filter(state="in_stock"), {"state": "handed_out"}),
    ("stock_is_handed_out_in_a_case", lambda: StockItem.objects.filter(state="handed_out"), {"case": None}),
    ("stock_is_handed_out_in_a_case", lambda: StockItem.objects.filter(state="handed_out"), {"handed_out_at": None}),
    ("stock_is_handed_out_in_a_case", lambda: StockItem.objects.filter(state="handed_out"), {"state": "in_stock"}),
    (
        "stock_is_handed_out_in_a_case",
        lambda: StockItem.objects.filter(state="handed_out"),
        {"handed_out_at": models.F("stocked_at") - timedelta(seconds=1)},
    ),
]


def _one(model):
    return model.objects.filter(pk=model.objects.order_by("pk").first().pk)


def test_every_check_refuses(world, now):
    """One world for all of them: it takes a second to make."""
    times = {PAST: now, LATER: now + timedelta(hours=1)}
    stand_ins = times | {CALL: SupportCall.objects.get()}
    let_through = []
    for name, found, change in BROKEN:
        queryset = found()
        assert queryset.exists(), name
        values = {
            key: stand_ins.get(value, value) if isinstance(value, str) else value for key, value in change.items()
        }
        with transaction.atomic():
            refused_by = refusal_of(lambda queryset=queryset, values=values: queryset.update(**values))
        if refused_by != name:
            let_through.append((name, change, refused_by))
    assert let_through == []


def _given(value, stand_ins):
    return stand_ins.get(value, value) if isinstance(value, str) else value


def refusal_of(act):
    try:
        with transaction.atomic():
            act()
    except IntegrityError as refusal:
        return refusal.__cause__.diag.constraint_name
    return None


def _copy(row, **changes):
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    fields["id"] = None if isinstance(row._meta.pk, models.BigAutoField) else uuid7()
    return type(row)(**(fields | changes))


UNIQUE = [
    ("office_name_is_unique_in_its_organisation", lambda: _copy(Office.objects.first())),
    ("officer_has_one_right_of_a_role", lambda: _copy(Officer.objects.first())),
    ("case_issues_an_identity_once", lambda: _copy(case(CaseState.APPROVED).get())),
    ("case_has_one_contact_of_a_kind", lambda: _copy(CaseContact.objects.first(), proof_id=uuid7())),
    ("evidence_one_of_a_kind_in_a_case", lambda: _copy(Evidence.objects.first())),
    ("question_topic_once_a_case", lambda: _copy(ControlQuestion.objects.first(), place=4)),
    ("question_place_once_a_case", lambda: _copy(ControlQuestion.objects.first(), topic=_unasked())),
    ("question_topic_once_a_call", lambda: _second_in_call(place=2)),
    ("question_place_once_a_call", lambda: _second_in_call(topic=_unasked())),
]


def _unasked():
    asked = ControlQuestion.objects.filter(case=ControlQuestion.objects.first().case).values_list("topic", flat=True)
    return next(topic for topic in QuestionTopic.values if topic not in asked)


def _second_in_call(**changes):
    call = SupportCall.objects.get()
    first = _copy(ControlQuestion.objects.first(), case_id=None, call_id=call.id, place=1)
    first.save(force_insert=True)
    return _copy(first, **changes)


def test_two_of_what_may_be_once_are_refused(world):
    for name, duplicate in UNIQUE:
        point = transaction.savepoint()
        assert refusal_of(lambda duplicate=duplicate: duplicate().save(force_insert=True)) == name
        transaction.savepoint_rollback(point)


def test_an_ended_right_makes_room_for_a_new_one(now):
    clerk = an_officer_of(an_office(now=now), now=now)
    Officer.objects.filter(pk=clerk.id).update(ended_at=now)
    _copy(Officer.objects.get(pk=clerk.id), ended_at=None).save(force_insert=True)
    assert Officer.objects.filter(role=OfficerRole.CLERK).count() == 2


def test_every_constraint_is_broken_here():
    named = {row[0] for row in BROKEN} | {row[0] for row in UNIQUE}
    held = {constraint.name for name in rows.__all__ for constraint in getattr(rows, name)._meta.constraints}
    assert named == held
