"""Two at once: threads, a barrier, and exactly one that is granted."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from audit.api import EventKind
from identities.api import ContactKind, contacts_of
from identities.models import ActivationCode
from identities.states import ActivationCodeState
from registration.models import PaperCode, ProofingCase, StockItem
from registration.states import CasePurpose, CaseState, PaperKind
from registration.usecases.approve_and_issue import Approved, approve_and_issue
from registration.usecases.approve_and_reopen import approve_and_reopen
from registration.usecases.give_paper_code import give_paper_code
from registration.usecases.hand_out_device import HandOutRefusal, NotHandedOut, hand_out_device
from tests.factories.registration import (
    a_clerk,
    a_ready_case,
    a_stocked_display,
    an_approved_case,
    an_examined_case,
    an_officer_of,
    plain_people,
    prove_contacts,
)
from tests.registration.clerks import block, events, identity_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    barrier, outcomes = Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            barrier.wait(timeout=10)
            outcomes[place] = act()
        except Exception as fault:  # noqa: BLE001 - the outcome is compared in the thread of the test
            outcomes[place] = fault
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_two_clerks_issue_to_the_same_person(now):
    first, second = a_clerk(now=now), a_clerk(now=now)
    person = plain_people()[0]
    cases = [(clerk, a_ready_case(clerk, person, now=now)) for clerk in (first, second)]
    outcomes = at_once(
        *(
            lambda clerk=clerk, case_id=case_id, number=number: approve_and_issue(
                officer_id=clerk.id, case_id=case_id, user_id=f"stien nummer {number}", now=now
            )
            for number, (clerk, case_id) in enumerate(cases)
        )
    )
    assert kinds(outcomes) == ["AlreadyIssued", "Approved"], outcomes
    assert ProofingCase.objects.filter(state=CaseState.APPROVED).count() == 1


def test_two_reopenings_of_one_citizen_replace_the_contacts_once(now):
    """BLK-2: the citizen's row lets one in; the other case's contacts are not put in place."""
    person = plain_people()[0]
    identity_id = identity_of(person, now=now)
    block(identity_id, now=now)
    cases = []
    for clerk in (a_clerk(now=now), a_clerk(now=now)):
        case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)
        cases.append((clerk, case_id, prove_contacts(clerk, case_id, now=now)))
    outcomes = at_once(
        *(
            lambda clerk=clerk, case_id=case_id: approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now)
            for clerk, case_id, _ in cases
        )
    )
    assert kinds(outcomes) == ["Approved", "StepRefused"], outcomes
    (winner,) = [new for (_, _, new), outcome in zip(cases, outcomes, strict=True) if isinstance(outcome, Approved)]
    assert tuple(contacts_of(identity_id)[kind] for kind in ContactKind) == winner
    assert len(events(EventKind.CONTACT_REPLACED)) == 2


def test_two_people_choose_the_same_user_id(now):
    """UID-4."""
    clerk = a_clerk(now=now)
    cases = [a_ready_case(clerk, person, now=now) for person in plain_people()[:2]]
    outcomes = at_once(
        *(
            lambda case_id=case_id: approve_and_issue(
                officer_id=clerk.id, case_id=case_id, user_id="den samme sti", now=now
            )
            for case_id in cases
        )
    )
    assert kinds(outcomes) == ["Approved", "UserIdRefused"], outcomes


def test_one_case_is_approved_twice(now):
    clerk = a_clerk(now=now)
    case_id = a_ready_case(clerk, plain_people()[0], now=now)

    def approve():
        return approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id="den samme sti", now=now)

    assert kinds(at_once(approve, approve)) == ["Approved", "StepRefused"]


def test_the_same_display_is_handed_out_twice(now):
    """AUT-2: the stock's row lets one have it."""
    clerk = a_clerk(now=now)
    other = an_officer_of(clerk.office, now=now)
    serial = a_stocked_display(clerk.office, now=now)
    cases = [
        (officer, an_approved_case(officer, person, now=now)[0])
        for officer, person in zip((clerk, other), plain_people()[:2], strict=True)
    ]
    outcomes = at_once(
        *(
            lambda officer=officer, case_id=case_id: hand_out_device(
                officer_id=officer.id, case_id=case_id, serial=serial, now=now
            )
            for officer, case_id in cases
        )
    )
    assert kinds(outcomes) == ["NotHandedOut", "Sheet"], outcomes
    assert NotHandedOut(HandOutRefusal.NOT_IN_STOCK) in outcomes
    assert StockItem.objects.get(serial=serial).case_id in {case_id for _, case_id in cases}


def test_sec_4_one_code_is_asked_for_twice_and_one_is_open(now):
    """SEC-4: the second kills the first, whichever comes first."""
    clerk = a_clerk(now=now)
    case_id, identity_id = an_approved_case(clerk, plain_people()[0], now=now)
    outcomes = at_once(
        *(lambda: give_paper_code(officer_id=clerk.id, case_id=case_id, kind=PaperKind.APP, now=now) for _ in range(4))
    )
    assert kinds(outcomes) == ["Sheet"] * 4, outcomes
    left = ActivationCode.objects.get(identity_id=identity_id, kind="app", state=ActivationCodeState.OPEN)
    assert [sheet.activation_code[:6] for sheet in outcomes].count(left.number) == 1
    assert PaperCode.objects.count() == 4
