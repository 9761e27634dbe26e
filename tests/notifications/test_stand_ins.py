"""What stands in for Twilio holds to its public description, or the other tests would prove nothing."""

import subprocess
import sys
import time

import pytest
import requests

from mitid_portal.embedded.valkey import free_port
from tests.notifications.twilio_stand_in import ROOT, TwilioStandIn

ONE = {"To": "+4520123456", "Body": "x", "From": "+4592400000"}


@pytest.fixture
def stand_in():
    with TwilioStandIn() as twilio:
        yield twilio


def ask(twilio, method, path="", *, token=None, **arguments):
    address = f"{twilio.address}/2010-04-01/Accounts/{twilio.account_sid}/Messages{path}.json"
    return requests.request(
        method, address, auth=(twilio.account_sid, token or twilio.auth_token), timeout=10, **arguments
    )


def test_a_message_is_created_fetched_and_listed(stand_in):
    made = ask(stand_in, "POST", data=ONE)
    assert (made.status_code, made.json()["status"], made.json()["date_sent"]) == (201, "queued", None)
    sid = made.json()["sid"]
    assert ask(stand_in, "GET", f"/{sid}").json() == made.json()
    assert [found["sid"] for found in ask(stand_in, "GET").json()["messages"]] == [sid]
    assert ROOT.fullmatch(made.json()["uri"])


def test_pages_follow_each_other_until_there_is_none(stand_in):
    for number in range(5):
        stand_in.accept(ONE | {"Body": str(number)})
    page, bodies = ask(stand_in, "GET", params={"PageSize": 2}).json(), []
    while True:
        bodies += [found["body"] for found in page["messages"]]
        if page["next_page_uri"] is None:
            break
        page = requests.get(
            stand_in.address + page["next_page_uri"], auth=(stand_in.account_sid, stand_in.auth_token), timeout=10
        ).json()
    assert bodies == ["4", "3", "2", "1", "0"]


def test_only_what_was_sent_has_a_date_to_be_found_by(stand_in):
    sent, _queued = stand_in.accept(ONE), stand_in.accept(ONE)
    sent.status = "sent"
    found = ask(stand_in, "GET", params={"DateSent>": "2020-01-01", "To": ONE["To"]}).json()["messages"]
    assert [one["sid"] for one in found] == [sent.sid]
    assert ask(stand_in, "GET", params={"DateSent<": "2020-01-01"}).json()["messages"] == []


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": "2012"}, 400, 21211),
        ({"Body": ""}, 400, 21602),
        ({"MessagingServiceSid": "MG0"}, 400, 21603),
        ({"To": "+4520000000"}, 400, 21610),
        ({"To": "+299221234"}, 403, 21408),
    ],
)
def test_a_refusal_has_the_four_fields_of_an_error(stand_in, form, status, code):
    stand_in.unsubscribed.add("+4520000000")
    stand_in.closed_countries.add("+299")
    refused = ask(stand_in, "POST", data=ONE | form)
    assert (refused.status_code, refused.json()["code"], refused.json()["status"]) == (status, code, status)
    assert set(refused.json()) == {"code", "message", "more_info", "status"}


def test_a_wrong_token_and_an_unknown_message_are_told_apart(stand_in):
    assert ask(stand_in, "GET", token="wrong").json()["code"] == 20003
    assert ask(stand_in, "GET", "/SM" + "0" * 32).json()["code"] == 20404


def test_a_stop_is_acted_on_until_a_start(stand_in):
    assert stand_in.inbound_form(sender=ONE["To"], text=" stop ", has_advanced_opt_out=True)["OptOutType"] == "STOP"
    assert ask(stand_in, "POST", data=ONE).json()["code"] == 21610
    assert "OptOutType" not in stand_in.inbound_form(sender=ONE["To"], text="START")
    assert ask(stand_in, "POST", data=ONE).status_code == 201


def test_what_it_said_yes_to_outlives_its_process(tmp_path):
    port, journal = free_port(), tmp_path / "journal"
    arguments = [sys.executable, "-m", "tests.notifications.twilio_stand_in", str(port), str(journal)]
    with subprocess.Popen(arguments) as process:
        twilio = TwilioStandIn(port=port)
        deadline = time.monotonic() + 60
        while True:
            try:
                sid = ask(twilio, "POST", data=ONE).json()["sid"]
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        process.kill()
    with TwilioStandIn(journal=journal) as again:
        assert [message.sid for message in again.accepted] == [sid]
