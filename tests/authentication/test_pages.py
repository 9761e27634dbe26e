"""The log-in's pages, as a browser without JavaScript walks them."""

import json
import re
from functools import partial
from typing import ClassVar

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authentication.models import ApprovalRequest, Login
from authentication.states import RequestState
from authentication.usecases.give_chip import chip_options
from authentication.usecases.new_opening_code import new_opening_code
from identities.api import AssuranceLevel, AuthenticatorKind
from identities.models import CodeDevice, DeviceTries
from mitid_portal import clock
from selfservice.views.profile import ProfilePage
from tests.authentication.acts import decide, log_in, nobodys_user_id
from tests.authentication.test_chip import a_chip
from tests.factories.apps import an_app
from tests.factories.identities import a_resident, an_issued_identity

pytestmark = pytest.mark.django_db
WAYS = {"app", "code_display", "audio_code_reader", "chip"}


@pytest.fixture
def resident():
    return a_resident(now=clock.now())


@pytest.fixture
def app(resident):
    return an_app(resident, now=clock.now())


def begin(client, user_id, way=None, start="/log-in/"):
    response = client.post(start, {"user_id": user_id})
    return client.post("/log-in/way/", {"with": way}) if way else response


def statement(sql):
    """Give what is asked, without what is asked about."""
    return re.sub(r"""'(?:[^']|'')*'(?:::\w+)?|\bNULL\b|(?: ?-)?\b\d+\b|"s\d+_x\d+\"""", "?", sql)


def newest():
    return ApprovalRequest.objects.latest("id")


class TestFirstThingShown:
    """The kind used last, for somebody; any of them, always the same, for nobody."""

    def test_the_code_display_of_who_has_nothing_else(self, client, resident):
        assert begin(client, resident.user_id).url == "/log-in/code/"

    def test_what_was_used_last(self, client, resident, app):
        assert begin(client, resident.user_id).url == "/log-in/app/"
        log_in(resident, clock.now())
        assert begin(client, resident.user_id).url == "/log-in/code/"

    def test_try_2_nobody_is_shown_the_same_each_time_and_not_all_the_same(self):
        """TRY-2."""
        shown = {n: {begin(Client(), f"findes ikke {n}").url.split("?")[0] for _ in range(2)} for n in range(60)}
        assert all(len(urls) == 1 for urls in shown.values())
        assert len(set.union(*shown.values())) > 1

    @pytest.mark.parametrize("level", ["", "?level=high"])
    def test_try_2_everybody_may_choose_the_same_others(self, level, resident, app):
        """TRY-2."""
        offers = []
        for user_id in (resident.user_id, "findes ikke 3"):
            client = Client()
            begin(client, user_id, way="chip", start=f"/log-in/{level}")
            page = client.get("/log-in/chip/")
            offers.append({value for value, _ in page.context_data["other_ways"]})
        assert offers[0] == offers[1] == ({"app"} if level else WAYS - {"chip"})

    def test_a_way_that_does_not_exist_changes_nothing(self, client, resident):
        begin(client, resident.user_id)
        assert client.post("/log-in/way/", {"with": "password"}).url == "/log-in/code/"
        assert client.post("/log-in/way/", {"with": "\x00"}).url == "/log-in/code/"
        assert client.get("/log-in/way/").url == "/log-in/code/"


class TestApp:
    """A page that waits for the app, with a button to go on."""

    def test_the_app_approves_and_the_browser_goes_on(self, client, resident, app):
        assert begin(client, resident.user_id, way="app").url == "/log-in/app/"
        page = client.get("/log-in/app/")
        asked = page.context_data["asked"]
        assert f'href="/app/#b={asked.button_token}"' in page.content.decode()
        assert asked.qr_token not in page.content.decode()  # it is in the picture only
        assert page.context_data["qr_code"].startswith("data:image/svg+xml")
        assert client.get("/log-in/app/progress/").json() == {"state": "waiting"}
        assert client.post("/log-in/app/go-on/").url == "/log-in/app/"
        decide(app, newest().id, clock.now(), binding=page.context_data["short_code"])
        assert client.get("/log-in/app/progress/").json() == {"state": "confirmed"}
        assert client.post("/log-in/app/go-on/").url == "/profile/"
        assert client.get("/profile/").status_code == 200

    def test_a_rejected_request_starts_over_and_says_so(self, client, resident, app):
        begin(client, resident.user_id, way="app")
        decide(app, newest().id, clock.now(), binding=None, approve=False)
        assert client.get("/log-in/app/progress/").json() == {"state": "rejected"}
        assert client.post("/log-in/app/go-on/").url == "/log-in/"
        assert not Login.objects.exists()

    def test_apr_5_the_page_of_who_comes_second_offers_the_opening_code(self, resident, app):
        """APR-5, TRY-2."""
        begin(Client(), resident.user_id, way="app")
        client = Client()
        assert begin(client, resident.user_id, way="app").url == "/log-in/app/?busy=1"
        page = client.get("/log-in/app/?busy=1")
        assert page.context_data["asked"] is None
        assert client.post("/log-in/app/", {"opening_code": ""}).url == "/log-in/app/?busy=1"
        wrong = client.post("/log-in/app/", {"opening_code": "AAAA-AAAA"})
        assert wrong.status_code == 422
        assert "opening_code" in wrong.context_data["form"].errors
        code = new_opening_code(app_id=app.id, now=clock.now()).code
        assert client.post("/log-in/app/", {"opening_code": code}).url == "/log-in/app/"
        assert client.get("/log-in/app/").context_data["asked"]

    def test_apr_5_a_browser_that_logged_in_before_is_known(self, client, resident, app):
        """APR-5."""
        begin(client, resident.user_id, way="code_display")
        client.post("/log-in/code/", {"code": resident.device.code(clock.now())})
        response = client.post("/log-in/password/", {"password": resident.password})
        cookie = response.cookies[settings.KNOWN_BROWSER_COOKIE_NAME]
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
        begin(Client(), resident.user_id, way="app")
        client.post("/log-out/")
        assert begin(client, resident.user_id, way="app").url == "/log-in/app/"

    def test_a_browser_that_begins_again_leaves_its_own_place(self, client, resident, app):
        for _ in range(3):
            assert begin(client, resident.user_id, way="app").url == "/log-in/app/"
        assert ApprovalRequest.objects.filter(state=RequestState.SUPERSEDED).count() == 2

    def test_a_step_out_of_order_leads_to_the_first(self, client):
        for path in ("/log-in/app/", "/log-in/app/progress/", "/log-in/chip/", "/log-in/way/", "/log-in/app/go-on/"):
            assert client.get(path).url == "/log-in/"
            assert client.post(path).status_code in {302, 405}


class TestChip:
    """The page for the chip."""

    def test_a_chip_and_the_password_let_in(self, client, resident):
        chip = a_chip(resident, clock.now())
        begin(client, resident.user_id, way="chip")
        options = json.loads(client.get("/log-in/chip/").context_data["options"])
        assert options == chip_options(request_id=newest().id)
        answer = json.dumps(chip.get(options))
        assert client.post("/log-in/chip/", {"response": answer}).url == "/log-in/password/"
        assert client.post("/log-in/password/", {"password": resident.password}).url == "/profile/"

    @pytest.mark.parametrize("answer", ["", "[]", "{", "[" * 9000, "{}", '{"id": 7}', "x" * 20_000])
    def test_what_no_chip_says_is_answered_422(self, client, resident, answer):
        begin(client, resident.user_id, way="chip")
        assert client.post("/log-in/chip/", {"response": answer}).status_code == 422


class TestAudioReader:
    """The audio code reader has the code display's page in its own words."""

    def test_the_page_speaks_of_the_reader(self, client, resident):
        assert begin(client, resident.user_id, way="audio_code_reader").url == "/log-in/code/"
        page = client.get("/log-in/code/", headers={"Accept-Language": "en"})
        assert page.context_data["way"] == "audio_code_reader"
        assert "code_display" in {value for value, _ in page.context_data["other_ways"]}


class TestStepUp:
    """A page that needs more than the login has."""

    def test_who_came_in_at_less_is_sent_to_log_in_more_surely(self, client, resident, monkeypatch):
        """LVL-2, TRY-3."""
        begin(client, resident.user_id, way="code_display")
        client.post("/log-in/code/", {"code": resident.device.code(clock.now())})
        client.post("/log-in/password/", {"password": resident.password})
        monkeypatch.setattr(ProfilePage, "level_needed", AssuranceLevel.HIGH)
        address = client.get("/profile/").url
        assert address == "/log-in/?level=high&next=%2Fprofile%2F"
        assert client.get(address).context_data["is_step_up"]
        begin(client, resident.user_id, start=address)
        assert newest().level_wanted == AssuranceLevel.HIGH

    def test_a_high_chip_reaches_it(self, client, monkeypatch):
        """LVL-1, LVL-2."""
        resident = a_resident(now=clock.now(), level=AssuranceLevel.HIGH)
        chip = a_chip(resident, clock.now(), AssuranceLevel.HIGH)
        monkeypatch.setattr(ProfilePage, "level_needed", AssuranceLevel.HIGH)
        begin(client, resident.user_id, way="chip", start="/log-in/?level=high&next=/profile/")
        answer = json.dumps(chip.get(chip_options(request_id=newest().id)))
        client.post("/log-in/chip/", {"response": answer})
        assert client.post("/log-in/password/", {"password": resident.password}).url == "/profile/"
        assert client.get("/profile/").status_code == 200


class TestAlike:
    """TRY-2: a known and an unknown user ID, step by step."""

    CODE = ("/log-in/code/", {"code": "000000"})
    STEPS: ClassVar[tuple[tuple[str, list[tuple[str, dict[str, str]]]], ...]] = (
        ("code_display", [CODE] * 3),
        ("app", [("/log-in/app/go-on/", {})] * 2),
        ("chip", [("/log-in/chip/", {"response": "{}"})] * 3),
    )

    def walked(self, user_id, way, posts):
        """Give what each step answers, and what it asks the database; what is shown first may differ."""
        client = Client()
        client.post("/log-in/", {"user_id": user_id})
        seen = []
        for path, values in [("/log-in/way/", {"with": way}), *posts]:
            for send in (partial(client.post, path, values), partial(client.get, path)):
                with CaptureQueriesContext(connection) as queries:
                    response = send()
                errors = response.context_data["form"].errors if response.status_code == 422 else {}
                location = response.headers.get("Location")
                statements = [statement(query["sql"]) for query in queries]
                seen.append((path, response.status_code, location, dict(errors), statements))
        return seen

    @pytest.mark.parametrize("kind", [AuthenticatorKind.CODE_DISPLAY, AuthenticatorKind.APP])
    def test_try_2_the_user_id_is_answered_alike_after_the_same_statements(self, kind, resident):
        """TRY-2: whatever somebody has."""
        if kind is AuthenticatorKind.APP:
            an_app(resident, now=clock.now())
        suspended = a_resident(now=clock.now())
        CodeDevice.objects.filter(serial=suspended.device.serial).update(state="suspended", suspended_by="citizen")
        answers = [self.begun(user_id) for user_id in (resident.user_id, nobodys_user_id(kind), suspended.user_id)]
        assert answers[0] == answers[1]
        assert [line for line in answers[2][1] if "UNION" in line] == [
            line for line in answers[1][1] if "UNION" in line
        ]

    def begun(self, user_id):
        with CaptureQueriesContext(connection) as queries:
            response = Client().post("/log-in/", {"user_id": user_id})
        return response.url, [statement(query["sql"]) for query in queries]

    @pytest.mark.parametrize(("way", "posts"), STEPS)
    def test_try_2_same_pages_same_status_same_statements(self, way, posts, resident):
        """TRY-2."""
        nobody = nobodys_user_id(AuthenticatorKind.CODE_DISPLAY)
        known, unknown = (self.walked(user_id, way, posts) for user_id in (resident.user_id, nobody))
        assert known == unknown

    def test_try_2_five_wrong_codes_are_counted_by_the_same_statements_whoever_has_a_device(self, resident):
        """TRY-2, TRY-1: the first opens the counter, the third pauses, the fourth and fifth meet the pause."""
        suspended, (_, without, *_) = a_resident(now=clock.now()), an_issued_identity(now=clock.now())
        CodeDevice.objects.filter(serial=suspended.device.serial).update(state="suspended", suspended_by="citizen")
        everybody = [self.five_tries(user_id) for user_id in (resident.user_id, suspended.user_id, without)]
        assert [self.five_tries("findes ikke 77")] * 3 == everybody
        assert DeviceTries.objects.filter(paused_until__isnull=False).count() == 4

    def five_tries(self, user_id):
        return [self.walked(user_id, "code_display", [self.CODE] * tries) for tries in (3, 2)]

    def test_the_pages_ask_the_database_as_often_whatever_the_identity_has(self, resident, app):
        counts = [self.asked_for_pages(resident)]
        a_chip(resident, clock.now())
        log_in(resident, clock.now())
        counts.append(self.asked_for_pages(resident))
        assert counts[0] == counts[1]

    def asked_for_pages(self, resident):
        client = Client()
        begin(client, resident.user_id, way="app")
        assert client.get("/log-in/app/").context_data["asked"]
        with CaptureQueriesContext(connection) as queries:
            client.get("/log-in/app/")
            client.get("/log-in/app/progress/")
        ApprovalRequest.objects.filter(state=RequestState.OPEN).update(state=RequestState.EXPIRED)
        return len(queries)
