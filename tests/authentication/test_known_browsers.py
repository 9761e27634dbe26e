"""A thief who logged in once has a known browser too: the owner is told, and has ways to keep the app's place."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import EventKind
from authentication.outcomes import AppAsked, Decided
from authentication.states import Ending
from authentication.steps import end_other_logins
from authentication.usecases.new_opening_code import new_opening_code
from tests.authentication.acts import asked, choose, decide, events, is_parallel, log_in, opened, short_code
from tests.authentication.test_app_requests import alerts
from tests.factories.apps import an_app
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def resident(now):
    return a_resident(now=now)


@pytest.fixture
def app(resident, now):
    return an_app(resident, now=now)


def test_apr_5_whoever_is_put_out_by_another_known_browser_is_told_once_an_hour(resident, app, now):
    """APR-5, ALR-2: a thief who logged in once puts the owner out again and again, and not in silence."""
    owners, thiefs = (log_in(resident, at).browser_token for at in (now - 2 * MINUTE, now - MINUTE))
    for seconds in range(6):
        at = now + seconds * SECOND
        own = opened(resident.user_id, at=at)
        assert isinstance(choose(own, at, browser_token=thiefs if seconds % 2 else owners), AppAsked)
    assert alerts(resident) == 2  # by SMS and by e-mail, once
    assert events(EventKind.REQUEST_SUPERSEDED) == 5


def test_asking_again_in_a_known_browser_tells_nobody(resident, app, now):
    token = log_in(resident, now - MINUTE).browser_token
    first = opened(resident.user_id, at=now)
    choose(first, now, browser_token=token)
    choose(opened(resident.user_id, at=now, replaces=first), now, browser_token=token)
    choose(opened(resident.user_id, at=now + 5 * MINUTE), now + 5 * MINUTE, browser_token=token)
    assert not alerts(resident)


def test_apr_5_once_a_change_is_confirmed_only_the_browser_that_confirmed_it_is_known(resident, app, now):
    """APR-5, CHG-4."""
    thiefs = log_in(resident, now - 2 * MINUTE).browser_token
    owner = log_in(resident, now - MINUTE)
    with transaction.atomic():
        end_other_logins(identity_id=resident.identity_id, keep=owner.login_id, ending=Ending.CHANGE_CONFIRMED, now=now)
    own = opened(resident.user_id, at=now)
    choose(own, now, browser_token=owner.browser_token)
    assert is_parallel(choose(opened(resident.user_id, at=now), now, browser_token=thiefs))
    asked(resident.user_id, now + 5 * MINUTE)
    again = opened(resident.user_id, at=now + 5 * MINUTE)
    assert isinstance(choose(again, now + 5 * MINUTE, browser_token=owner.browser_token), AppAsked)


def test_apr_5_a_place_that_was_taken_by_an_opening_code_is_kept_from_known_browsers(resident, app, now):
    """APR-5, TRY-2: whoever holds the app goes before whoever logged in once; for as long as the request lives."""
    thiefs = log_in(resident, now - MINUTE).browser_token
    choose(opened(resident.user_id, at=now), now, browser_token=thiefs)
    own, later = opened(resident.user_id, at=now), now + SECOND
    code = new_opening_code(app_id=app.id, now=now).code
    assert isinstance(choose(own, later, opening_code=code), AppAsked)
    for seconds in range(2, 5):
        at = now + seconds * SECOND
        assert is_parallel(choose(opened(resident.user_id, at=at), at, browser_token=thiefs))
    assert decide(app, own, at, binding=short_code(own, at)) == Decided(is_approved=True)


def test_an_opening_code_counts_in_a_known_browser_too_and_gives_way_to_the_next_code(resident, app, now):
    owners, thiefs = (log_in(resident, at).browser_token for at in (now - 2 * MINUTE, now - MINUTE))
    for seconds in (1, 2):
        at = now + seconds * SECOND
        code = new_opening_code(app_id=app.id, now=at).code
        own = opened(resident.user_id, at=at)
        assert isinstance(choose(own, at, browser_token=owners, opening_code=code), AppAsked)
        assert is_parallel(choose(opened(resident.user_id, at=at), at + SECOND / 2, browser_token=thiefs))
