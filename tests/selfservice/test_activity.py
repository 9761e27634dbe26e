"""The activity list, and what each page costs in queries (SLF-1)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from audit.api import Actor, EventKind, EventLine, record
from identities.api import BlockReason, BlockSource, ChangeField, block_identity
from selfservice.activity import ALL_SHOWN, DETAILS, SHOWN, TITLES, line_of
from selfservice.states import EventGroup
from tests.factories.identities import Resident, a_resident, an_officer
from tests.factories.selfservice import a_login, a_requested_change, log_in

Travel = Callable[..., datetime]
NOT_THE_CITIZENS_TO_SEE = frozenset(
    kind for kind in EventKind if kind.partition(".")[0] in {"registration", "notifications", "hsm", "audit", "portal"}
)


def record_logins(resident: Resident, count: int, at: datetime) -> None:
    with transaction.atomic():
        for _ in range(count):
            record(
                kind=EventKind.LOGIN_SUCCEEDED,
                actor=Actor.citizen(resident.identity_id),
                subject_id=resident.identity_id,
                at=at,
            )


def test_every_kind_is_shown_or_withheld_on_purpose() -> None:
    assert set(EventKind) == ALL_SHOWN | NOT_THE_CITIZENS_TO_SEE
    assert sum(len(kinds) for kinds in SHOWN.values()) == len(ALL_SHOWN)


def test_every_title_and_detail_has_words() -> None:
    with translation.override("en"):
        assert all(str(title) for title in TITLES.values())
        assert all(str(text) for texts in DETAILS.values() for text in texts.values())


@pytest.mark.parametrize(("source", "house"), [("support", "Support"), ("ra", "Citizen Service or a bank")])
def test_an_officer_is_named_by_the_house_and_never_as_a_person(now: datetime, source: str, house: str) -> None:
    officer = an_officer()
    event = EventLine(1, now, EventKind.IDENTITY_BLOCKED, officer, None, {"source": source, "reason": "lost_device"})
    with translation.override("en"):
        line = line_of(event)
    assert line.by == house
    assert str(officer.id) not in repr(line)


def test_an_unknown_fact_is_left_out(now: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {"reason": "of_tomorrow", "novel": 7}
    event = EventLine(1, now, EventKind.CHANGE_CONFIRM_REFUSED, Actor.visitor(), None, facts)
    assert line_of(event).details == ()


def test_the_newest_comes_first_and_pages_go_on_where_they_ended(citizen: Resident, travel: Travel) -> None:
    browser = Client(headers={"accept-language": "en"})
    record_logins(citizen, 60, travel())
    log_in(browser, citizen.identity_id, at=travel())
    address, seen, pages = f"{reverse('selfservice:activity')}?group=logins", 0, 0
    while address:
        context = browser.get(address).context
        seen, pages, address = seen + len(context["lines"]), pages + 1, context["older_url"]
    assert (seen, pages) == (60, 3)


@pytest.mark.parametrize("group", list(EventGroup))
def test_the_list_is_searched_by_group(citizen: Resident, travel: Travel, group: EventGroup) -> None:
    browser = Client(headers={"accept-language": "en"})
    now = travel()
    login = log_in(browser, citizen.identity_id, at=now)
    a_requested_change(login, ChangeField.PHONE, now=now)
    record_logins(citizen, 1, now)
    page = browser.get(reverse("selfservice:activity"), {"group": group.value})
    titles = {line.title for line in page.context["lines"]}
    with translation.override("en"):
        assert titles <= {str(title) for title in SHOWN[group].values()}
    assert bool(titles) == (group is not EventGroup.OFFICERS)


def test_somebody_elses_events_are_not_in_the_list(citizen: Resident, travel: Travel) -> None:
    browser = Client(headers={"accept-language": "en"})
    log_in(browser, citizen.identity_id, at=travel())
    other = a_resident(now=travel())
    with transaction.atomic():
        block_identity(
            identity_id=other.identity_id,
            source=BlockSource.SUPPORT,
            reason=BlockReason.FRAUD,
            actor=an_officer(),
            now=travel(),
        )
    page = browser.get(reverse("selfservice:activity")).content.decode()
    assert "The identity was blocked" not in page
    assert "The identity was issued" in page


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_list_reads_in_both_languages(citizen: Resident, travel: Travel, language: str) -> None:
    browser = Client(headers={"accept-language": language})
    log_in(browser, citizen.identity_id, at=travel())
    page = browser.get(reverse("selfservice:activity"))
    assert page.status_code == 200
    assert len(page.context["lines"]) >= 5


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("home", 3),
        ("profile", 12),
        ("authenticators", 8),
        ("change-phone", 5),
        ("change-email", 5),
        ("change-user-id", 5),
        ("activity", 4),
        ("block-start", 3),
        ("block-confirm", 3),
        ("activate", 3),
    ],
)
def test_a_page_costs_as_many_queries_whatever_happened(
    citizen: Resident, travel: Travel, name: str, most: int
) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    address = reverse(f"selfservice:{name}")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    before = cost()
    record_logins(citizen, 80, travel())
    for hours in (60, 30):
        past = travel() - timedelta(hours=hours)
        a_requested_change(a_login(citizen.identity_id, at=past), ChangeField.USER_ID, now=past)
    assert cost() == before
    assert before <= most


def test_the_page_of_a_change_costs_few_queries(citizen: Resident, travel: Travel) -> None:
    browser = Client()
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.PHONE, now=now)
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("selfservice:change", kwargs={"change_id": change.change_id}))
    assert len(queries) <= 4
