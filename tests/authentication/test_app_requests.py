"""Requests to the app: bound to a browser, one at a time, answered once."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import EventKind, events_about
from authentication.binding import Binding, button_token_of, grouped, qr_token_of, short_code_of
from authentication.models import Login
from authentication.outcomes import AppAsked, Decided, DecisionRefused, LoggedIn, LoginRefused, PinRefused, StillWaiting
from authentication.queries import living_login, request_progress, requests_for_app
from authentication.queries.bound import bind_request
from authentication.states import BoundBy, DecisionRefusal, Door, LoginRefusal, Progress, RequestState
from authentication.usecases.collect import collect
from authentication.usecases.new_opening_code import new_opening_code
from authentication.usecases.open_app_login import open_app_login
from authentication.usecases.sweep import sweep
from identities.api import AssuranceLevel, reopen_identity
from identities.models import App as AppRow
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.authentication.acts import (
    asked,
    block,
    choose,
    decide,
    events,
    is_parallel,
    log_in,
    log_in_with,
    make_alerts,
    opened,
    refusals,
    request_row,
    short_code,
)
from tests.factories.apps import an_app
from tests.factories.identities import a_resident, an_officer

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
GONE = DecisionRefused(DecisionRefusal.GONE)


@pytest.fixture
def resident(now):
    return a_resident(now=now)


@pytest.fixture
def app(resident, now):
    return an_app(resident, now=now)


def alerts(resident):
    """Count what has been written once the sweep was there."""
    make_alerts()
    rows = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.SIMULTANEOUS_REQUESTS)
    return rows.exclude(channel=Channel.APP).count()


def test_apr_3_an_approved_request_lets_its_browser_in_once(resident, app, now):
    """APR-3, LVL-2, APR-6."""
    request_id = asked(resident.user_id, now)
    assert collect(request_id=request_id, browser_token=None, now=now) == StillWaiting()
    assert decide(app, request_id, now, binding=short_code(request_id, now)) == Decided(is_approved=True)
    assert request_progress(request_id, now=now) is Progress.CONFIRMED
    outcome = collect(request_id=request_id, browser_token=None, now=now)
    assert isinstance(outcome, LoggedIn)
    assert (outcome.identity_id, outcome.door, outcome.level) == (app.identity_id, Door.PORTAL, app.level)
    assert collect(request_id=request_id, browser_token=None, now=now) == LoginRefused(LoginRefusal.EXPIRED)
    row = request_row(request_id)
    assert (row.state, row.app_id, row.signed_decision) == (RequestState.APPROVED, app.id, "signed")
    assert events(EventKind.REQUEST_APPROVED) == 1
    newest = events_about(subject_id=app.identity_id, limit=5)
    assert EventKind.LOGIN_SUCCEEDED in {line.kind for line in newest}


def test_lvl_2_an_app_enrolled_in_person_at_high_logs_in_at_high(now):
    """LVL-2."""
    resident = a_resident(now=now, level=AssuranceLevel.HIGH)
    app = an_app(resident, now=now, level=AssuranceLevel.HIGH)
    assert log_in_with(app, now).level is AssuranceLevel.HIGH


def test_lvl_2_a_step_up_that_does_not_reach_its_level_opens_nothing(resident, app, now):
    """LVL-2."""
    request_id = asked(resident.user_id, now, level=AssuranceLevel.HIGH)
    decide(app, request_id, now, binding=short_code(request_id, now))
    outcome = collect(request_id=request_id, browser_token=None, now=now)
    assert outcome == LoginRefused(LoginRefusal.STEP_UP_FAILED)
    assert not Login.objects.exists()


def test_apr_3_a_rejected_request_opens_nothing(resident, app, now):
    """APR-3: rejecting needs neither the browser's words nor the PIN."""
    request_id = asked(resident.user_id, now)
    assert decide(app, request_id, now, binding=None, pin="000000", approve=False) == Decided(is_approved=False)
    assert request_progress(request_id, now=now) is Progress.REJECTED
    assert collect(request_id=request_id, browser_token=None, now=now) == LoginRefused(LoginRefusal.REJECTED)
    assert decide(app, request_id, now, binding=None, approve=False) == GONE
    assert events(EventKind.REQUEST_REJECTED) == 1


def test_apr_4_without_the_browsers_words_nothing_is_approved(resident, app, now):
    """APR-4."""
    request_id = asked(resident.user_id, now)
    for word in (None, "", "AAAA-AAAA", str(request_id), f"{request_id}."):
        assert decide(app, request_id, now, binding=word) == DecisionRefused(DecisionRefusal.NOT_BOUND)
    assert request_row(request_id).state == RequestState.OPEN
    assert events(EventKind.DECISION_REFUSED) == 5


def test_apr_4_scanned_and_typed_words_bind_however_they_are_spaced(resident, app, now):
    """APR-4."""
    request_id = asked(resident.user_id, now)
    code = short_code(request_id, now)
    nonce = bytes(request_row(request_id).nonce)
    typed = (code, code.lower(), grouped(code), f" {code[:3]} {code[3:]}")
    bindings = [Binding(by=BoundBy.TYPED, word=word) for word in typed]
    bindings += [Binding(by=BoundBy.SCANNED, word=qr_token_of(request_id, nonce))]
    bindings += [Binding(by=BoundBy.PRESSED, word=button_token_of(request_id, nonce))]
    for binding in bindings:
        view = bind_request(identity_id=app.identity_id, binding=binding, now=now)
        assert view is not None
        assert view.id == request_id
    cut = Binding(by=BoundBy.TYPED, word=code[:-1])
    assert bind_request(identity_id=app.identity_id, binding=cut, now=now) is None


def test_apr_4_a_word_of_one_kind_is_worth_nothing_as_another(resident, app, now):
    """APR-4: who forwards the button's address, or the QR code's, cannot make the one of the other."""
    request_id = asked(resident.user_id, now)
    nonce = bytes(request_row(request_id).nonce)
    words = {
        BoundBy.SCANNED: qr_token_of(request_id, nonce),
        BoundBy.PRESSED: button_token_of(request_id, nonce),
        BoundBy.TYPED: short_code(request_id, now),
    }
    for by in BoundBy:
        for other in set(BoundBy) - {by}:
            outcome = decide(app, request_id, now, binding=words[other], by=by)
            assert outcome == DecisionRefused(DecisionRefusal.NOT_BOUND)
    assert request_row(request_id).state == RequestState.OPEN


@pytest.mark.parametrize("by", BoundBy)
def test_apr_4_the_row_and_the_log_know_how_app_and_browser_were_bound(by, resident, app, now):
    """APR-4."""
    request_id = asked(resident.user_id, now)
    nonce = bytes(request_row(request_id).nonce)
    token = {BoundBy.SCANNED: qr_token_of, BoundBy.PRESSED: button_token_of, BoundBy.TYPED: short_code_of}[by]
    assert decide(app, request_id, now, binding=token(request_id, nonce), by=by) == Decided(is_approved=True)
    assert request_row(request_id).bound_by == by
    [line] = [line for line in events_about(subject_id=app.identity_id, limit=5) if "bound_by" in line.facts]
    assert (line.kind, line.facts["bound_by"]) == (EventKind.REQUEST_APPROVED, by.value)


def test_apr_4_words_of_somebody_elses_request_bind_nothing(resident, app, now):
    """APR-4."""
    stranger = a_resident(now=now)
    theirs = asked(stranger.user_id, now)
    code = short_code(theirs, now)
    assert bind_request(identity_id=app.identity_id, binding=Binding(by=BoundBy.TYPED, word=code), now=now) is None
    assert decide(app, theirs, now, binding=code) == GONE
    assert requests_for_app(identity_id=resident.identity_id, now=now) == []


def test_apr_1_the_app_finds_its_open_request_and_no_other(resident, app, now):
    """APR-1, APR-3."""
    opened(resident.user_id, at=now)
    assert requests_for_app(identity_id=resident.identity_id, now=now) == []
    request_id = asked(resident.user_id, now)
    [view] = requests_for_app(identity_id=resident.identity_id, now=now)
    assert view.id == request_id
    assert view.asks
    assert 0 < len(view.reference_text) <= 130
    assert len(view.nonce) == 32
    assert requests_for_app(identity_id=resident.identity_id, now=now + 5 * MINUTE) == []


def test_apr_2_an_answer_after_five_minutes_is_too_late(resident, app, now):
    """APR-2."""
    request_id = asked(resident.user_id, now)
    code = short_code(request_id, now)
    assert decide(app, request_id, now + 5 * MINUTE, binding=code) == GONE
    assert request_progress(request_id, now=now + 5 * MINUTE) is Progress.OVER
    assert decide(app, request_id, now + 5 * MINUTE - SECOND, binding=code) == Decided(is_approved=True)
    outcome = collect(request_id=request_id, browser_token=None, now=now + 5 * MINUTE)
    assert outcome == LoginRefused(LoginRefusal.EXPIRED)


def test_try_1_wrong_pins_pause_the_app_and_approve_nothing(resident, app, now):
    """TRY-1."""
    request_id = asked(resident.user_id, now)
    code = short_code(request_id, now)
    outcomes = [decide(app, request_id, now, binding=code, pin="192837") for _ in range(4)]
    assert [outcome.reason for outcome in outcomes] == [
        DecisionRefusal.WRONG_PIN,
        DecisionRefusal.WRONG_PIN,
        DecisionRefusal.PAUSED,
        DecisionRefusal.PAUSED,
    ]
    assert outcomes[-1].paused_until == now + 10 * MINUTE
    assert decide(app, request_id, now, binding=code).reason is DecisionRefusal.PAUSED
    assert request_row(request_id).state == RequestState.OPEN


class TestOneAtATime:
    """APR-5 against TRY-2."""

    def test_apr_5_a_second_request_is_refused_and_alerts_once_an_hour(self, resident, app, now):
        """APR-5."""
        first = asked(resident.user_id, now)
        before = alerts(resident)
        for seconds in range(3):
            assert is_parallel(choose(opened(resident.user_id, at=now), now + seconds * SECOND))
        told = alerts(resident) - before
        assert told == 2  # by SMS and by e-mail, once
        assert events(EventKind.PARALLEL_REQUEST_REFUSED) == 3
        later = now + 61 * MINUTE
        asked(resident.user_id, later)
        assert is_parallel(choose(opened(resident.user_id, at=later), later))
        assert alerts(resident) - before == 4
        assert request_row(first).state == RequestState.EXPIRED

    def test_asking_again_by_the_same_request_changes_nothing(self, resident, app, now):
        request_id = asked(resident.user_id, now)
        assert choose(request_id, now) == choose(request_id, now + MINUTE)
        assert not events(EventKind.PARALLEL_REQUEST_REFUSED)

    def test_apr_5_a_known_browser_takes_the_place(self, resident, app, now):
        """APR-5, TRY-2."""
        token = log_in(resident, now - MINUTE).browser_token
        foreign = asked(resident.user_id, now)
        own = opened(resident.user_id, at=now)
        assert isinstance(choose(own, now, browser_token=token), AppAsked)
        assert request_row(foreign).state == RequestState.SUPERSEDED
        assert collect(request_id=foreign, browser_token=None, now=now) == LoginRefused(LoginRefusal.SUPERSEDED)
        assert decide(app, own, now, binding=short_code(own, now)) == Decided(is_approved=True)
        assert events(EventKind.REQUEST_SUPERSEDED) == 1

    def test_a_stranger_does_not_take_the_place_of_a_known_browser(self, resident, app, now):
        token = log_in(resident, now - MINUTE).browser_token
        own = opened(resident.user_id, at=now)
        choose(own, now, browser_token=token)
        assert is_parallel(choose(opened(resident.user_id, at=now), now))
        assert is_parallel(choose(opened(resident.user_id, at=now), now, browser_token="made up"))

    @pytest.mark.parametrize("case", ["somebody else's", "of before the block", "a year old", "spent"])
    def test_a_browser_is_not_known(self, case, resident, app, now):
        """BLK-1."""
        token = log_in(a_resident(now=now) if case == "somebody else's" else resident, now - MINUTE).browser_token
        at = now + timedelta(days=365) if case == "a year old" else now
        if case == "of before the block":
            block(resident, now - SECOND)
            with transaction.atomic():
                reopen_identity(identity_id=resident.identity_id, actor=an_officer(), now=now - SECOND)
        if case == "spent":
            log_in(resident, now, browser_token=token)
        asked(resident.user_id, at)
        assert is_parallel(choose(opened(resident.user_id, at=at), at, browser_token=token))

    def test_apr_5_an_opening_code_takes_the_place_once(self, resident, app, now):
        """APR-5, TRY-2."""
        foreign = asked(resident.user_id, now)
        given = new_opening_code(app_id=app.id, now=now)
        wrong = "3467-ACDF"
        assert is_parallel(choose(opened(resident.user_id, at=now), now, opening_code=wrong))
        own = opened(resident.user_id, at=now)
        assert isinstance(choose(own, now + SECOND, opening_code=given.code.lower()), AppAsked)
        assert request_row(foreign).state == RequestState.SUPERSEDED
        assert is_parallel(choose(opened(resident.user_id, at=now), now + SECOND, opening_code=given.code))

    @pytest.mark.parametrize("case", ["late", "replaced", "of another"])
    def test_an_opening_code_opens_nothing(self, case, resident, app, now):
        given = new_opening_code(app_id=app.id, now=now)
        at = now + 5 * MINUTE if case == "late" else now
        if case == "replaced":
            new_opening_code(app_id=app.id, now=now)
        who = a_resident(now=now) if case == "of another" else resident
        asked(who.user_id, at)
        assert is_parallel(choose(opened(who.user_id, at=at), at, opening_code=given.code))

    def test_a_blocked_app_gives_no_opening_code(self, resident, app, now):
        AppRow.objects.filter(pk=app.id).update(state="blocked", blocked_at=now)
        assert new_opening_code(app_id=app.id, now=now) is None

    def test_the_same_browsers_next_request_leaves_the_place(self, resident, app, now):
        first = asked(resident.user_id, now)
        second = opened(resident.user_id, at=now, replaces=first)
        assert isinstance(choose(second, now), AppAsked)
        assert request_row(first).state == RequestState.SUPERSEDED
        assert not alerts(resident)

    def test_try_2_a_user_id_that_nobody_has_has_one_place_too(self, now):
        """TRY-2."""
        request_id = asked("Findes Ikke 7", now)
        assert is_parallel(choose(opened("findes ikke 7", at=now), now))
        assert isinstance(choose(opened("findes ikke 8", at=now), now), AppAsked)
        assert request_progress(request_id, now=now) is Progress.WAITING
        assert collect(request_id=request_id, browser_token=None, now=now) == StillWaiting()
        assert not Delivery.objects.exists()


class TestBlocks:
    """BLK-1 at each stage."""

    @pytest.mark.parametrize("stage", ["opened", "asked", "confirmed"])
    def test_blk_1_a_block_ends_the_request(self, stage, resident, app, now):
        """BLK-1."""
        request_id = opened(resident.user_id, at=now) if stage == "opened" else asked(resident.user_id, now)
        code = short_code(request_id, now) if stage != "opened" else ""
        if stage == "confirmed":
            decide(app, request_id, now, binding=code)
        block(resident, now + SECOND)
        later = now + 2 * SECOND
        if stage == "opened":
            assert choose(request_id, later) == LoginRefused(LoginRefusal.EXPIRED)
        assert decide(app, request_id, later, binding=code) == GONE
        assert requests_for_app(identity_id=resident.identity_id, now=later) == []
        assert request_progress(request_id, now=later) is Progress.OVER
        outcome = collect(request_id=request_id, browser_token=None, now=later)
        assert outcome == LoginRefused(LoginRefusal.EXPIRED)
        assert not Login.objects.exists()

    def test_blk_1_of_a_blocked_identity_no_request_is_approved(self, resident, app, now):
        """BLK-1, TRY-2: the page asks the app as if nothing were."""
        block(resident, now)
        later = now + SECOND
        request_id = asked(resident.user_id, later)
        refused = decide(app, request_id, later, binding=short_code(request_id, later))
        assert refused in (GONE, DecisionRefused(DecisionRefusal.BLOCKED))


class TestInsideTheApp:
    """The login that opens the app's own pages."""

    def test_a_pin_opens_the_app_and_nothing_else(self, resident, app, now):
        outcome = open_app_login(app_id=app.id, pin=app.pin, now=now)
        assert isinstance(outcome, LoggedIn)
        assert (outcome.door, outcome.level, outcome.browser_token) == (Door.APP, app.level, None)
        for door in Door:
            living = living_login(login_id=outcome.login_id, door=door, now=now)
            assert (living is not None) == (door is Door.APP)
        assert living_login(login_id=outcome.login_id, door=Door.APP, now=now + 10 * MINUTE) is None

    def test_try_1_wrong_pins_pause_it(self, app, now):
        """TRY-1."""
        outcomes = [open_app_login(app_id=app.id, pin="192837", now=now) for _ in range(3)]
        assert [outcome.reason.value for outcome in outcomes] == ["wrong_pin", "wrong_pin", "paused"]
        assert outcomes[2].paused_until == now + 10 * MINUTE
        assert [(step, reason) for step, reason, _ in refusals()][-1] == ("pin", "too_many_tries")

    def test_blk_1_a_block_ends_it_and_shuts_it(self, resident, app, now):
        """BLK-1."""
        login = open_app_login(app_id=app.id, pin=app.pin, now=now)
        block(resident, now + SECOND)
        assert living_login(login_id=login.login_id, door=Door.APP, now=now + SECOND) is None
        outcome = open_app_login(app_id=app.id, pin=app.pin, now=now + SECOND)
        assert isinstance(outcome, PinRefused)
        assert outcome.reason is DecisionRefusal.BLOCKED

    def test_an_app_that_nobody_has_opens_nothing(self, resident, now):
        outcome = open_app_login(app_id=resident.identity_id, pin="734092", now=now)
        assert outcome == PinRefused(DecisionRefusal.BLOCKED)


def test_what_led_nowhere_is_forgotten_and_known_browsers_a_year_later(resident, app, now):
    log_in_with(app, now)
    asked(resident.user_id, now)
    new_opening_code(app_id=app.id, now=now)
    assert sweep(now=now + timedelta(hours=25)) == 2
    assert sweep(now=now + timedelta(days=366)) == 1
