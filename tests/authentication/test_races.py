"""Many at once: exactly one is let in, one place is given, one answer is taken."""

from functools import partial

import pytest

from authentication.models import ApprovalRequest, Login
from authentication.outcomes import AppAsked, Decided, DeviceAccepted, LoggedIn, RefusedParallel
from authentication.states import RequestState
from authentication.usecases.collect import collect
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from tests.authentication.acts import asked, choose, decide, opened, short_code
from tests.factories.apps import an_app
from tests.factories.identities import a_resident
from tests.factories.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_sec_3_of_fifty_log_ins_with_one_code_one_is_let_in(now):
    """SEC-3: each a browser of its own, the code and the password right in all."""
    resident = a_resident(now=now)
    code = resident.device.code(now)
    requests = [opened(resident.user_id, at=now) for _ in range(50)]

    def log_in(number: int) -> bool:
        request_id = requests[number]
        given = give_code(request_id=request_id, code=code, source=f"source {number}", now=now)
        password = give_password(request_id=request_id, password=resident.password, now=now)
        return isinstance(given, DeviceAccepted) and isinstance(password, LoggedIn)

    assert sum(at_once(*[partial(log_in, number) for number in range(50)])) == 1
    assert Login.objects.count() == 1


def test_of_fifty_submits_of_one_form_one_goes_on(now):
    """SEC-3."""
    resident = a_resident(now=now)
    request_id, code = opened(resident.user_id, at=now), resident.device.code(now)
    give = partial(give_code, request_id=request_id, code=code, source="here", now=now)
    assert at_once(*[give] * 50).count(DeviceAccepted()) == 1


def test_of_two_browsers_that_come_for_one_answer_one_is_let_in(now):
    """APR-3."""
    resident = a_resident(now=now)
    app = an_app(resident, now=now)
    request_id = asked(resident.user_id, now)
    decide(app, request_id, now, binding=short_code(request_id, now))
    come = partial(collect, request_id=request_id, browser_token=None, now=now)
    outcomes = at_once(*[come] * 8)
    assert sum(isinstance(outcome, LoggedIn) for outcome in outcomes) == 1
    assert Login.objects.count() == 1


@pytest.mark.parametrize("is_somebody", [True, False])
def test_apr_5_of_many_that_ask_one_app_one_gets_its_place(is_somebody, now):
    """APR-5, TRY-2."""
    user_id = a_resident(now=now).user_id if is_somebody else "findes ikke 5"
    requests = [opened(user_id, at=now) for _ in range(10)]
    outcomes = at_once(*[partial(choose, request_id, now) for request_id in requests])
    assert sum(isinstance(outcome, AppAsked) for outcome in outcomes) == 1
    assert outcomes.count(RefusedParallel()) == 9


def test_apr_3_of_an_approval_and_a_rejection_at_once_one_counts(now):
    """APR-3."""
    resident = a_resident(now=now)
    app = an_app(resident, now=now)
    request_id = asked(resident.user_id, now)
    code = short_code(request_id, now)
    answers = [partial(decide, app, request_id, now, binding=code, approve=number % 2 == 0) for number in range(6)]
    taken = [outcome for outcome in at_once(*answers) if isinstance(outcome, Decided)]
    assert len(taken) == 1
    state = RequestState.CONFIRMED if taken[0].is_approved else RequestState.REJECTED
    assert ApprovalRequest.objects.get(pk=request_id).state == state
