"""Which provider of text messages is asked, by how each did lately."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Delivery, ProviderMinute
from notifications.rules.choice import LATELY, WINDOW, Answers, bad_share, is_well
from notifications.rules.senders import sender_for
from notifications.states import Channel, DeliveryState
from notifications.transports import choice
from notifications.transports.choice import chosen_sms
from notifications.usecases.deliver import deliver
from tests.notifications.conftest import put, sms_address
from tests.notifications.http_sms_stand_in import HttpSmsStandIn
from tests.notifications.provider_faults import Refuse

TWILIO = "notifications.transports.twilio_sms.TwilioSms"
HTTP = "notifications.transports.http_sms.HttpSms"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nothing_known():
    choice.reading.forget()
    cache.clear()
    yield
    choice.reading.forget()
    cache.clear()


def answers(now, *minutes):
    """Minutes from their age and their count, failed and slow answers."""
    return [
        Answers(minute=now - age * MINUTE, count=count, failed=failed, slow=slow)
        for age, count, failed, slow in minutes
    ]


@pytest.mark.parametrize(
    ("minutes", "well"),
    [
        ([], True),
        ([(1, 9, 9, 9)], True),  # too few to tell
        ([(1, 10, 5, 0)], False),
        ([(1, 10, 4, 0)], False),  # below a half lately, but above a quarter in all
        ([(1, 10, 2, 0)], True),
        ([(1, 10, 0, 5)], False),
        ([(1, 100, 15, 15)], True),  # what failed slowly is bad once
        ([(1, 100, 15, 26)], False),
        ([(10, 10_000, 0, 0), (1, 20, 10, 0)], False),  # an outage shows before it weighs in the window
        ([(10, 100, 100, 0), (1, 3, 0, 0)], True),  # back, after three probes
        ([(10, 100, 100, 0), (1, 2, 0, 0)], False),
        ([(10, 100, 100, 0), (1, 3, 1, 0)], False),
        ([(16, 100, 100, 0)], True),  # long ago
    ],
)
def test_a_provider_is_well_or_not(now, minutes, well):
    assert is_well(answers(now, *minutes), now=now) is well


@pytest.mark.parametrize(
    ("taken", "delivered", "undelivered", "ago", "well"),
    [
        (100, 0, 0, 6, False),  # it takes everything, and nothing is ever heard of it
        (100, 0, 0, 1, True),  # too soon to tell
        (19, 0, 0, 6, True),
        (100, 1, 0, 6, True),
        (100, 50, 50, 1, False),
        (100, 50, 49, 1, True),
        (100, 0, 9, 1, True),  # too few to tell
        (100, 0, 100, 16, True),  # long ago
    ],
)
def test_a_provider_that_takes_what_does_not_arrive_is_unwell(now, taken, delivered, undelivered, ago, well):
    """ALR-4: a yes alone reaches nobody."""
    seen = Answers(now - ago * MINUTE, taken, 0, 0, taken=taken, delivered=delivered, undelivered=undelivered)
    good_lately = Answers(now - MINUTE, 5, 0, 0)
    assert is_well([seen, good_lately], now=now) is well


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))))
def test_a_share_is_a_share_and_good_answers_never_make_a_provider_unwell(minutes):
    from datetime import UTC, datetime

    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    seen = answers(now, *((age, count, min(failed, count), min(slow, count)) for age, count, failed, slow in minutes))
    assert 0 <= bad_share(seen, since=now - WINDOW) <= 1
    good = [Answers(minute=one.minute, count=one.count, failed=0, slow=0) for one in seen]
    assert is_well(good, now=now)
    assert LATELY < WINDOW


@pytest.mark.parametrize(
    ("number", "sender"),
    [("+4520123456", "a"), ("+4670123456", "b"), ("+4612345678", "c"), ("+12025550123", "else"), ("", "else")],
)
def test_the_sender_whose_beginning_fits_best_is_taken(number, sender):
    assert sender_for(number, senders={"+45": "a", "+46": "c", "+467": "b", "": "never"}, otherwise="else") == sender


@pytest.fixture
def two(settings):
    settings.SMS_TRANSPORTS = [TWILIO, HTTP]


def minute(now, provider, *, yes=0, failed=0, slow=0, ago=1):
    ProviderMinute.objects.create(
        provider=provider,
        channel=Channel.SMS,
        minute=now - ago * MINUTE,
        slot=0,
        answered_yes=yes,
        failed=failed,
        slow=slow,
    )


def names(now, count, **arguments):
    return [chosen_sms(now=now, **arguments).name for _ in range(count)]


@pytest.mark.django_db
class TestChoice:
    """The first of the settings that is well."""

    def test_the_first_is_preferred(self, now, two):
        assert names(now, 3) == ["twilio"] * 3

    def test_who_just_failed_is_not_asked_again_where_there_is_another(self, now, two, settings):
        assert chosen_sms(now=now, not_by="twilio").name == "http"
        settings.SMS_TRANSPORTS = [TWILIO]
        assert chosen_sms(now=now, not_by="twilio").name == "twilio"

    def test_one_that_is_unwell_is_left_but_for_a_message_now_and_then(self, now, two):
        minute(now, "twilio", yes=5, failed=5)
        assert names(now, 5) == ["twilio"] + ["http"] * 4

    def test_one_probe_goes_out_over_all_processes(self, now, two):
        minute(now, "twilio", failed=20)
        assert names(now, 2) == ["twilio", "http"]
        choice.reading.forget()  # as another process that has seen nothing yet
        assert names(now, 2) == ["http", "http"]

    def test_a_slow_one_is_left_too(self, now, two):
        minute(now, "twilio", yes=10, slow=10)
        assert names(now, 3)[1:] == ["http", "http"]

    def test_of_two_that_are_unwell_the_less_unwell_is_asked(self, now, two):
        minute(now, "twilio", yes=1, failed=19)
        minute(now, "http", yes=5, failed=15)
        assert names(now, 4)[2:] == ["http", "http"]

    def test_how_another_channel_does_is_no_matter(self, now, two):
        ProviderMinute.objects.create(provider="twilio", channel=Channel.EMAIL, minute=now, slot=0, failed=99)
        assert names(now, 1) == ["twilio"]

    def test_a_reading_serves_all_messages_for_some_seconds(self, now, two, django_assert_num_queries):
        with django_assert_num_queries(1):
            names(now, 20)

    def test_one_provider_alone_costs_no_query(self, now, settings, django_assert_num_queries):
        settings.SMS_TRANSPORTS = [TWILIO]
        with django_assert_num_queries(0):
            names(now, 5)

    def test_with_the_cache_gone_a_process_probes_by_itself(self, now, two, settings):
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
                "OPTIONS": {"socket_connect_timeout": 0.2},
            }
        }
        minute(now, "twilio", failed=20)
        assert names(now, 3) == ["twilio", "http", "http"]


@pytest.mark.django_db(transaction=True)
def test_what_one_provider_does_not_serve_goes_out_by_the_other(now, twilio, settings):
    """ALR-5: Twilio's country is closed; nobody has to wait until it is opened."""
    with HttpSmsStandIn() as http:
        settings.SMS_TRANSPORTS = [TWILIO, HTTP]
        settings.HTTP_SMS_URL, settings.HTTP_SMS_KEY, settings.HTTP_SMS_FROM = f"{http.address}/v1", http.key, "MitID"
        twilio.closed_countries.add("+45")
        (id_,) = put(now, sms_address())
        deliver(delivery_id=id_, now=now)
        deliver(delivery_id=id_, now=now + MINUTE)
        row = Delivery.objects.get(id=id_)
        assert (row.state, row.provider, row.attempts) == (DeliveryState.SENT, "http", 2)
        assert (len(twilio.accepted), len(http.accepted)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_an_outage_of_one_provider_moves_everything_to_the_other(now, twilio, settings):
    with HttpSmsStandIn() as http:
        settings.SMS_TRANSPORTS = [TWILIO, HTTP]
        settings.HTTP_SMS_URL, settings.HTTP_SMS_KEY, settings.HTTP_SMS_FROM = f"{http.address}/v1", http.key, "MitID"
        twilio.faults.extend([Refuse(429, 20429)] * 50)
        ids = [put(now, sms_address(f"+45201234{number:02}"))[0] for number in range(30)]
        for id_ in ids:
            choice.reading.good_until = 0.0
            deliver(delivery_id=id_, now=now)
        for id_ in ids:
            deliver(delivery_id=id_, now=now + MINUTE)
        assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.SENT}
        assert len(http.accepted) == 30
        assert len(twilio.requests) < 15


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("asked", "waits"), [("90", 90), ("86400", 300), ("soon", 5), ("1", 5)])
def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks(now, twilio, asked, waits):
    twilio.faults.append(Refuse(429, 20429, (("Retry-After", asked),)))
    (id_,) = put(now, sms_address())
    deliver(delivery_id=id_, now=now)
    row = Delivery.objects.get(id=id_)
    assert row.failure == "twilio_20429"
    assert timedelta(seconds=waits / 2) <= row.next_attempt_at - now <= timedelta(seconds=waits + 30)
