"""The log-in, by its use cases and by its pages."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from audit.api import EventKind, events_about
from authentication.models import ApprovalRequest, Login
from authentication.outcomes import DeviceAccepted, LoginRefused
from authentication.pages import LOGIN_KEYS
from authentication.queries import living_login
from authentication.states import Door, Ending, LoginRefusal, RequestState
from authentication.steps import end_other_logins
from authentication.throttle import source_of
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.sign_out import sign_out
from authentication.usecases.sweep import sweep
from identities.api import AssuranceLevel, AuthenticatorKind, reopen_identity
from mitid_portal import clock
from tests.authentication.acts import BACKOFFICE, block, log_in, nobodys_user_id, opened, refusals
from tests.factories.identities import a_resident, an_officer

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=30)


def test_code_and_password_open_the_door_at_substantial(now):
    """APR-7, LVL-1, LVL-2."""
    resident = a_resident(now=now, level=AssuranceLevel.HIGH)
    login = living_login(login_id=log_in(resident, now).login_id, door=Door.PORTAL, now=now)
    assert (login.identity_id, login.level, login.at) == (resident.identity_id, AssuranceLevel.SUBSTANTIAL, now)
    newest = events_about(subject_id=resident.identity_id, limit=1)[0]
    assert (newest.kind, newest.facts["level"]) == (EventKind.LOGIN_SUCCEEDED, "SUBSTANTIAL")


def test_try_3_an_identity_at_low_is_not_let_in(now):
    """TRY-3."""
    resident = a_resident(now=now, level=AssuranceLevel.LOW)
    request_id = opened(resident.user_id, at=now)
    give_code(source="here", request_id=request_id, code=resident.device.code(now), now=now)
    outcome = give_password(request_id=request_id, password=resident.password, now=now)
    assert outcome == LoginRefused(LoginRefusal.LEVEL_TOO_LOW)
    assert not Login.objects.exists()


def test_apr_2_a_request_dies_after_five_minutes(now):
    """APR-2."""
    resident = a_resident(now=now)
    late = now + timedelta(minutes=5)
    request_id = opened(resident.user_id, at=now)
    outcome = give_code(source="here", request_id=request_id, code=resident.device.code(late), now=late)
    assert outcome == LoginRefused(LoginRefusal.EXPIRED)
    assert refusals() == [("code", "expired", resident.identity_id)]


def test_the_password_alone_opens_nothing(now):
    """APR-7: code first."""
    resident = a_resident(now=now)
    request_id = opened(resident.user_id, at=now)
    assert give_password(request_id=request_id, password=resident.password, now=now) == LoginRefused(
        LoginRefusal.EXPIRED
    )


def test_a_request_logs_in_once(now):
    """A replayed form finds its request used."""
    resident = a_resident(now=now)
    log_in(resident, now)
    request_id = ApprovalRequest.objects.get().id
    assert give_password(request_id=request_id, password=resident.password, now=now) == LoginRefused(
        LoginRefusal.EXPIRED
    )
    assert give_code(
        source="here", request_id=request_id, code=resident.device.code(now + STEP), now=now + STEP
    ) == LoginRefused(LoginRefusal.EXPIRED)


def test_three_wrong_codes_end_the_request(now):
    """TRY-1."""
    resident = a_resident(now=now)
    request_id = opened(resident.user_id, at=now)
    reasons = [give_code(source="here", request_id=request_id, code="000000", now=now).reason for _ in range(3)]
    assert reasons == [LoginRefusal.NOT_ACCEPTED, LoginRefusal.NOT_ACCEPTED, LoginRefusal.TOO_MANY_TRIES]
    assert ApprovalRequest.objects.get().state == RequestState.REFUSED


def test_try_2_a_user_id_that_nobody_has_goes_the_same_way(now):
    """TRY-2."""
    request_id = opened("findes ikke 1", at=now)
    reasons = [give_code(source="here", request_id=request_id, code="000000", now=now).reason for _ in range(3)]
    assert reasons == [LoginRefusal.NOT_ACCEPTED, LoginRefusal.NOT_ACCEPTED, LoginRefusal.TOO_MANY_TRIES]
    assert {subject for _, _, subject in refusals()} == {None}


def test_blk_1_a_blocked_identity_is_told_so_only_with_both_factors(now):
    """BLK-1, TRY-2."""
    resident = a_resident(now=now)
    block(resident, now)
    at = now + STEP
    request_id = opened(resident.user_id, at=at)
    assert give_code(source="here", request_id=request_id, code=resident.device.code(at), now=at) == DeviceAccepted()
    outcome = give_password(request_id=request_id, password=resident.password, now=at)
    assert outcome == LoginRefused(LoginRefusal.BLOCKED)


def test_blk_1_a_block_kills_logins_and_requests_and_reopening_revives_none(now):
    """BLK-1."""
    resident = a_resident(now=now)
    login_id = log_in(resident, now).login_id
    half_way = opened(resident.user_id, at=now + STEP)
    later = now + 2 * STEP
    block(resident, later)
    assert living_login(login_id=login_id, door=Door.PORTAL, now=later) is None
    with transaction.atomic():
        reopen_identity(identity_id=resident.identity_id, actor=an_officer(), now=later)
    after = later + STEP
    assert living_login(login_id=login_id, door=Door.PORTAL, now=after) is None
    code = resident.device.code(after)
    assert give_code(source="here", request_id=half_way, code=code, now=after) == LoginRefused(LoginRefusal.EXPIRED)
    assert log_in(resident, after)


def test_a_login_at_one_door_opens_nothing_behind_the_other(now):
    resident = a_resident(now=now)
    login_id = log_in(resident, now, purpose=BACKOFFICE).login_id
    assert living_login(login_id=login_id, door=Door.PORTAL, now=now) is None
    assert living_login(login_id=login_id, door=Door.BACKOFFICE, now=now) is not None


def test_a_login_ends_after_ten_idle_minutes_and_after_thirty_in_all(now):
    resident = a_resident(now=now)
    login_id = log_in(resident, now).login_id
    minute = timedelta(minutes=1)
    for minutes in (9, 18, 27):
        assert living_login(login_id=login_id, door=Door.PORTAL, now=now + minutes * minute)
    assert living_login(login_id=login_id, door=Door.PORTAL, now=now + 30 * minute) is None
    other = log_in(resident, now + 40 * minute).login_id
    assert living_login(login_id=other, door=Door.PORTAL, now=now + 50 * minute) is None


def test_blk_1_a_password_typed_while_the_block_stood_opens_nothing_after_reopening(now):
    """BLK-1."""
    resident = a_resident(now=now)
    request_id = opened(resident.user_id, at=now)
    give_code(source="here", request_id=request_id, code=resident.device.code(now), now=now)
    block(resident, now + STEP)
    with transaction.atomic():
        reopen_identity(identity_id=resident.identity_id, actor=an_officer(), now=now + 2 * STEP)
    outcome = give_password(request_id=request_id, password=resident.password, now=now + 3 * STEP)
    assert outcome == LoginRefused(LoginRefusal.EXPIRED)
    assert not Login.objects.exists()


def test_what_led_nowhere_is_forgotten_a_day_later(now):
    resident = a_resident(now=now)
    log_in(resident, now)
    opened("findes ikke 3", at=now)
    assert sweep(now=now + timedelta(hours=23)) == 0
    assert sweep(now=now + timedelta(hours=25)) == 1
    assert ApprovalRequest.objects.get().login.identity_id == resident.identity_id


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::5", "2001:db8:1:3::5", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("not an address", "neither", False),
    ],
)
def test_a_source_is_an_address_or_a_customers_whole_ipv6_network(rf, one, other, is_same):
    """TRY-2."""
    sources = [source_of(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)]
    assert (sources[0] == sources[1]) is is_same
    assert one not in sources[0]


def test_logging_out_and_ending_the_others_is_final(now):
    resident = a_resident(now=now)
    first, second = log_in(resident, now).login_id, log_in(resident, now + STEP).login_id
    with transaction.atomic():
        end_other_logins(identity_id=resident.identity_id, keep=second, ending=Ending.CHANGE_CONFIRMED, now=now + STEP)
    assert living_login(login_id=first, door=Door.PORTAL, now=now + STEP) is None
    assert living_login(login_id=second, door=Door.PORTAL, now=now + STEP) is not None
    sign_out(identity_id=resident.identity_id, login_id=second, now=now + STEP)
    assert living_login(login_id=second, door=Door.PORTAL, now=now + STEP) is None


class TestPages:
    """The same through the browser's forms."""

    @pytest.fixture
    def resident(self):
        return a_resident(now=clock.now())

    def through(self, client: Client, resident, *, start="/log-in/", password=None):
        client.post(start, {"user_id": resident.user_id})
        client.post("/log-in/code/", {"code": resident.device.code(clock.now())})
        return client.post("/log-in/password/", {"password": password or resident.password})

    def test_a_citizen_logs_in_and_out(self, client, resident):
        response = self.through(client, resident)
        assert (response.status_code, response.url) == (302, "/profile/")
        assert UUID(client.session[LOGIN_KEYS[Door.PORTAL]]) == Login.objects.get().id
        assert client.post("/log-out/").url == "/logged-out/"
        assert Login.objects.get().ending == Ending.SIGNED_OUT
        assert LOGIN_KEYS[Door.PORTAL] not in client.session

    def test_the_session_of_before_is_not_the_session_of_after(self, client, resident):
        client.get("/log-in/")
        client.post("/log-in/", {"user_id": resident.user_id})
        before = client.session.session_key
        self.through(client, resident)
        assert client.session.session_key != before

    def test_a_source_that_begins_log_ins_without_end_is_not_heard(self, settings, resident):
        """TRY-2: every begun log-in is a row."""
        cache.clear()
        settings.LOG_INS_PER_SOURCE = 3
        source = {"REMOTE_ADDR": "192.0.2.8"}
        answers = [Client().post("/log-in/", {"user_id": resident.user_id}, **source).status_code for _ in range(4)]
        assert answers == [302, 302, 302, 422]
        assert ApprovalRequest.objects.count() == 3
        assert Client().post("/log-in/", {"user_id": resident.user_id}, REMOTE_ADDR="192.0.2.9").status_code == 302

    def test_one_browser_holds_a_login_at_each_door_apart(self, client, resident):
        self.through(client, resident)
        assert client.get("/backoffice/").url.startswith("/log-in/backoffice/")
        assert LOGIN_KEYS[Door.PORTAL] in client.session

    def test_a_form_of_before_is_refused_after(self, resident):
        strict = Client(enforce_csrf_checks=True)
        strict.get("/log-in/")
        token = strict.cookies["csrftoken"].value

        def send(path, **values):
            return strict.post(path, values | {"csrfmiddlewaretoken": str(token)})

        send("/log-in/", user_id=resident.user_id)
        send("/log-in/code/", code=resident.device.code(clock.now()))
        assert send("/log-in/password/", password=resident.password).status_code == 302
        assert send("/log-out/").status_code == 403

    def test_a_wrong_code_is_answered_422_beside_its_field(self, client, resident):
        client.post("/log-in/", {"user_id": resident.user_id})
        response = client.post("/log-in/code/", {"code": "000000"})
        assert response.status_code == 422
        assert "code" in response.context_data["form"].errors

    def test_a_password_is_never_shown_again(self, client, resident):
        response = self.through(client, resident, password="forkert hemmelighed")
        assert response.status_code == 422
        assert "forkert hemmelighed" not in response.content.decode()

    @pytest.mark.parametrize("page", ["/log-in/code/", "/log-in/password/"])
    def test_a_step_out_of_order_leads_to_the_first(self, client, page):
        assert client.get(page).url == "/log-in/"
        assert client.post(page, {"code": "123456", "password": "x"}).url == "/log-in/"

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/",
            "//evil.example",
            "javascript:alert(1)",
            "/\\evil.example",
            "foo",
            "selfservice:profile",
        ],
    )
    def test_the_way_on_after_a_log_in_leads_nowhere_else(self, client, resident, address):
        client.get("/log-in/", {"next": address})
        response = self.through(client, resident, start=f"/log-in/?next={address}")
        assert response.url == "/profile/"

    @pytest.mark.parametrize(
        "user_id", ["", "x" * 49, "\x00abcde", "x" * 200_000], ids=["empty", "long", "null byte", "200 kB"]
    )
    def test_what_cannot_be_a_user_id_is_refused_beside_the_field(self, client, user_id):
        response = client.post("/log-in/", {"user_id": user_id})
        assert response.status_code == 422
        assert "user_id" in response.context_data["form"].errors
        assert not ApprovalRequest.objects.exists()

    def test_a_forged_form_is_refused(self, resident):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/log-in/", {"user_id": resident.user_id}).status_code == 403

    def test_try_2_known_and_unknown_user_ids_get_the_same_page(self, resident):
        """TRY-2."""
        pages = []
        for user_id in (resident.user_id, nobodys_user_id(AuthenticatorKind.CODE_DISPLAY)):
            client = Client()
            assert client.post("/log-in/", {"user_id": user_id}).status_code == 302
            response = client.post("/log-in/code/", {"code": "000000"})
            pages.append((response.status_code, str(response.context_data["form"].errors)))
        assert pages[0] == pages[1]

    def test_too_many_wrong_tries_from_one_address_are_not_heard(self, settings, resident):
        """TRY-2."""
        cache.clear()
        settings.WRONG_TRIES_PER_SOURCE = 2
        source = {"REMOTE_ADDR": "192.0.2.7"}
        for _ in range(2):
            client = Client()
            client.post("/log-in/", {"user_id": "findes ikke 98"}, **source)
            assert client.post("/log-in/code/", {"code": "000000"}, **source).status_code == 422
        client = Client()
        client.post("/log-in/", {"user_id": resident.user_id}, **source)
        response = client.post("/log-in/code/", {"code": resident.device.code(clock.now())}, **source)
        assert response.status_code == 422
        elsewhere = self.through(Client(), resident)
        assert elsewhere.status_code == 302
