"""An auditor looks, and each look is an event: result, rows, audit events, and nobody is alerted."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from audit.api import ActorKind, EventKey, EventKind
from audit.models import AuditEvent
from notifications.models import Delivery
from registration.log_texts import ACTORS, APPS, KINDS, REFUSALS, kinds_by_app, words_for
from registration.rules.log import LogFilters, facts_of_search, refusal_to_search
from registration.states import LogRefusal, OfficerRole
from registration.steps import MayNotAct
from registration.usecases.create_officer import create_officer
from registration.usecases.search_log import LogRefused, search_log
from registration.usecases.view_log_event import EventNotThere, view_log_event
from registration.usecases.view_seals import view_seals
from tests.factories.registration import a_clerk, an_approved_case, an_office, an_officer_of, plain_people
from tests.registration.auditors import an_auditor, happened, looks, of_officer, sealed, verified

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def auditor(now):
    return an_auditor(now=now)


def search(auditor, now, *, before=None, limit=10, **filters):
    return search_log(officer_id=auditor.id, filters=LogFilters(**filters), before=before, limit=limit, now=now)


def own_ids_of_log(auditor):
    return {auditor.id, auditor.who.identity_id}


# --- searching ---


def test_log_2_a_search_shows_lines_and_is_written_down_itself(auditor, now):
    """LOG-2: the question as codes and opaque ids. Nobody is alerted: the log has nothing personal to show."""
    subject, clerk = uuid7(), an_officer_of(auditor.office, now=now)
    expected = [
        happened(at=now, subject=subject, actor=of_officer(clerk), kind=EventKind.CITIZEN_FOUND) for _ in range(3)
    ][::-1]
    rows, alerts = AuditEvent.objects.count(), Delivery.objects.count()
    page = search(
        auditor,
        now,
        subject_id=subject,
        actor_id=clerk.id,
        kind=EventKind.CITIZEN_FOUND,
        since=now - HOUR,
        until=now + HOUR,
        limit=2,
    )
    assert [line.id for line in page.lines] == expected[:2]
    assert page.older == EventKey(now, expected[1])
    assert (AuditEvent.objects.count(), Delivery.objects.count()) == (rows + 1, alerts)
    (look,) = looks(EventKind.LOG_SEARCHED)
    assert (look.actor_kind, look.actor_id, look.office_id) == ("officer", auditor.id, auditor.office.id)
    assert (look.subject_id, look.at) == (subject, now)
    assert look.facts == {
        "filters": "subject+actor+kind+since+until",
        "actor": str(clerk.id),
        "kind": "registration.citizen_found",
        "since": int((now - HOUR).timestamp()),
        "until": int((now + HOUR).timestamp()),
        "is_older_page": False,
    }


def test_the_second_page_is_a_look_of_its_own(auditor, now):
    subject = uuid7()
    for _ in range(3):
        happened(at=now, subject=subject)
    first = search(auditor, now, subject_id=subject, limit=2)
    second = search(auditor, now, subject_id=subject, limit=2, before=first.older)
    assert (len(second.lines), second.older) == (1, None)
    assert [look.facts["is_older_page"] for look in looks(EventKind.LOG_SEARCHED)] == [False, True]


def test_a_search_for_an_identity_that_is_not_there_is_written_down_all_the_same(auditor, now):
    nobody = uuid7()
    assert search(auditor, now, subject_id=nobody).lines == []
    assert [look.subject_id for look in looks(EventKind.LOG_SEARCHED)] == [nobody]


def test_a_search_without_filters_lists_everything_but_the_auditors_own(auditor, now):
    """REG-10."""
    other = an_auditor(now=now)
    search(auditor, now)
    theirs = search(other, now, limit=100).lines
    mine = search(auditor, now, limit=100).lines
    assert any(line.actor.id == auditor.id for line in theirs)
    assert any(line.actor.id == other.id for line in mine)
    assert not any({line.actor.id, line.subject_id} & own_ids_of_log(auditor) for line in mine)
    assert [look.facts["filters"] for look in looks(EventKind.LOG_SEARCHED)] == ["none"] * 3


def test_reg_10_nobody_audits_themselves(auditor, now):
    """REG-10: neither their identity nor what they did, under whichever right; the attempt is written down."""
    as_clerk = an_officer_of(auditor.office, now=now)
    asked = [
        ({"subject_id": auditor.who.identity_id}, LogRefusal.OWN_IDENTITY),
        ({"actor_id": auditor.who.identity_id}, LogRefusal.OWN_ACTS),
        ({"actor_id": auditor.id}, LogRefusal.OWN_ACTS),
        ({"subject_id": auditor.who.identity_id, "actor_id": as_clerk.id}, LogRefusal.OWN_IDENTITY),
    ]
    for filters, reason in asked:
        assert search(auditor, now, **filters) == LogRefused(reason)
    refused = looks(EventKind.LOG_SEARCH_REFUSED)
    assert [(look.subject_id, look.facts["reason"]) for look in refused] == [
        (filters.get("subject_id"), reason.value) for filters, reason in asked
    ]
    assert {look.actor_id for look in refused} == {auditor.id}
    assert looks(EventKind.LOG_SEARCHED) == []


def test_reg_10_the_case_by_which_an_auditor_got_their_identity_is_their_own(now):
    """REG-10: until there was an identity, its events had the case for their subject."""
    clerk = a_clerk(now=now)
    case_id, identity_id = an_approved_case(clerk, plain_people()[0], now=now)
    days = (now + timedelta(days=364)).date()
    officer_id = create_officer(
        identity_id=identity_id, role=OfficerRole.AUDITOR, office_id=clerk.office.id, valid_until=days, now=now
    )
    of_case = AuditEvent.objects.filter(subject_id=case_id)
    assert of_case.exists()
    filters = LogFilters(subject_id=case_id)
    asked = search_log(officer_id=officer_id, filters=filters, before=None, limit=100, now=now)
    assert asked == LogRefused(LogRefusal.OWN_IDENTITY)
    event = of_case.order_by("id")[0]
    key = EventKey(event.at, event.id)
    assert view_log_event(officer_id=officer_id, key=key, now=now) == LogRefused(LogRefusal.OWN_IDENTITY)
    page = search_log(officer_id=officer_id, filters=LogFilters(), before=None, limit=1000, now=now)
    assert {case_id, identity_id}.isdisjoint({line.subject_id for line in page.lines})
    other = search_log(officer_id=an_auditor(now=now).id, filters=filters, before=None, limit=100, now=now)
    assert len(other.lines) == of_case.count() - 1  # the one refused above was written down with its subject


@pytest.mark.parametrize("role", [role for role in OfficerRole if role is not OfficerRole.AUDITOR])
def test_reg_11_no_other_role_looks(now, role):
    """REG-11: refused, and nothing is written."""
    officer = an_officer_of(an_office(now=now), now=now, role=role)
    rows = AuditEvent.objects.count()
    with pytest.raises(MayNotAct):
        search(officer, now)
    with pytest.raises(MayNotAct):
        view_seals(officer_id=officer.id, before=None, limit=5, now=now)
    with pytest.raises(MayNotAct):
        view_log_event(officer_id=officer.id, key=EventKey(now, 1), now=now)
    assert AuditEvent.objects.count() == rows


def test_reg_11_a_right_that_has_run_out_opens_nothing(auditor, now):
    """REG-11: nor one in an organisation whose agreement has."""
    with pytest.raises(MayNotAct):
        search(auditor, now + timedelta(days=366))


# --- one event ---


def test_one_event_is_shown_with_its_neighbours_and_the_look_is_written_down(auditor, now):
    subject = uuid7()
    keys = [EventKey(now, happened(at=now, subject=subject)) for _ in range(3)]
    shown = view_log_event(officer_id=auditor.id, key=keys[1], now=now)
    assert (shown.line.key, shown.earlier, shown.later) == (keys[1], keys[0], keys[2])
    (look,) = looks(EventKind.LOG_EVENT_VIEWED)
    assert (look.subject_id, look.facts) == (subject, {"event": keys[1].id})
    assert view_log_event(officer_id=auditor.id, key=EventKey(now, 2**40), now=now) == EventNotThere()


def test_reg_10_ones_own_event_is_refused_and_the_try_is_written_down(auditor, now):
    """REG-10."""
    mine = EventKey(now, happened(at=now, subject=uuid7(), actor=of_officer(auditor)))
    assert view_log_event(officer_id=auditor.id, key=mine, now=now) == LogRefused(LogRefusal.OWN_ACTS)
    assert [look.facts["reason"] for look in looks(EventKind.LOG_SEARCH_REFUSED)] == ["own_acts"]


# --- seals ---


def test_log_1_the_seals_are_shown_and_the_look_is_written_down(auditor, now):
    """LOG-1."""
    for number in (1, 2, 3):
        sealed(number=number, last_id=number * 10, at=now)
    verified(at=now, findings=2)
    page = view_seals(officer_id=auditor.id, before=None, limit=2, now=now)
    assert [seal.number for seal in page.seals] == [3, 2]
    assert page.older == 2
    assert (page.state.number, page.verifications[0].findings) == (3, 2)
    older = view_seals(officer_id=auditor.id, before=2, limit=2, now=now)
    assert ([seal.number for seal in older.seals], older.older) == ([1], None)
    assert [look.facts for look in looks(EventKind.LOG_SEALS_VIEWED)] == [{"before": None}, {"before": 2}]


# --- rules and words ---


def test_log_2_a_question_is_written_down_without_what_was_not_asked():
    """LOG-2."""
    assert facts_of_search(LogFilters(), is_older_page=True) == {"filters": "none", "is_older_page": True}


def test_reg_10_only_ones_own_ids_are_refused():
    """REG-10."""
    me, other = uuid7(), uuid7()
    assert refusal_to_search(LogFilters(subject_id=other, actor_id=other), own_ids={me}) is None
    assert refusal_to_search(LogFilters(), own_ids={me}) is None


def test_every_kind_of_event_has_words_and_an_app():
    assert set(KINDS) == set(EventKind)
    listed = [value for _, kinds in kinds_by_app() for value, _ in kinds]
    assert sorted(listed) == sorted(EventKind)
    assert all(kinds for _, kinds in kinds_by_app())
    assert {kind.partition(".")[0] for kind in EventKind} == set(APPS)
    assert set(REFUSALS) == set(LogRefusal)


def test_every_kind_of_actor_has_words():
    assert set(ACTORS) == set(ActorKind)
    assert len({str(text) for text in ACTORS.values()}) == len(ActorKind)


def test_no_two_kinds_have_the_same_words():
    assert len({str(text) for text in KINDS.values()}) == len(KINDS)


def test_a_kind_that_there_is_not_stands_as_it_is():
    """A row that somebody forged must not shut the page that shows it."""
    assert words_for("forged.by_somebody") == "forged.by_somebody"
