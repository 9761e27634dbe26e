"""Recording an event."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.api import Actor, ActorKind, EventKind, events_about, record
from audit.models import AuditEvent
from audit.rules import clean_facts, objection_to_actor, row_message
from audit.sealer import sealer

SUBJECT = UUID(int=1)
OFFICER = Actor(ActorKind.OFFICER, UUID(int=2), office_id=UUID(int=3), organisation_id=UUID(int=4))
CITIZEN = Actor(ActorKind.CITIZEN, SUBJECT)
SYSTEM = Actor(ActorKind.SYSTEM)


def record_one(now: datetime, **changes: Any) -> int:
    values: dict[str, Any] = {"kind": EventKind.IDENTITY_BLOCKED, "actor": OFFICER, "subject_id": SUBJECT, "at": now}
    return record(**(values | changes))


@pytest.mark.django_db
def test_an_event_is_read_as_it_was_recorded(now):
    facts = {"by": "support", "tries": 3, "is_first": True, "change_id": UUID(int=9), "office": None}
    row_id = record_one(now, facts=facts)
    (line,) = events_about(subject_id=SUBJECT, limit=10)
    assert line.id == row_id
    assert (line.at, line.kind, line.actor, line.subject_id) == (
        *(now, EventKind.IDENTITY_BLOCKED, OFFICER),
        SUBJECT,
    )
    assert line.facts == facts | {"change_id": str(UUID(int=9))}


@pytest.mark.django_db
def test_an_event_costs_two_statements(now, django_assert_num_queries):
    record_one(now)
    with django_assert_num_queries(2):
        record_one(now)


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_a_fault(now):
    with pytest.raises(RuntimeError, match="transaction"):
        record_one(now)
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_goes_with_the_transaction_it_tells_of(now):
    with transaction.atomic():
        record_one(now)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()
    with transaction.atomic():
        record_one(now)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fact",
    [
        *("Åse Sørensen", "two words", "", "x" * 65, "a@b.dk", "0101901234", "010190-1234", "+4512345678", "a\n"),
        *(1.5, b"a", 2**53, -(2**53), ["a"], {"a": 1}, datetime(2026, 1, 1, tzinfo=UTC), object()),
    ],
)
def test_a_fact_that_could_be_personal_is_refused_and_not_repeated(now, fact):
    """LOG-2."""
    with pytest.raises(ValueError, match="name_of_fact") as refused:
        record_one(now, facts={"name_of_fact": fact})
    assert str(fact) == "" or str(fact) not in str(refused.value)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", ["", "Name", "a b", "a-b", "å", "1a", "a\n", "x" * 65])
def test_the_name_of_a_fact_is_a_short_lower_case_word(name):
    with pytest.raises(ValueError, match="name of a fact"):
        clean_facts({name: "a"})


@given(st.text(max_size=70))
def test_text_is_a_fact_only_if_it_is_a_short_code(text):
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:+-")
    try:
        clean_facts({"a": text})
    except ValueError:
        return
    assert 1 <= len(text) <= 64
    assert set(text) <= allowed


@given(day=st.dates(), number=st.integers(0, 9999), hyphen=st.sampled_from(["", "-"]))
def test_no_cpr_number_is_a_fact(day, number, hyphen):
    """LOG-2."""
    with pytest.raises(ValueError, match="fact"):
        clean_facts({"a": f"{day:%d%m%y}{hyphen}{number:04}"})


@pytest.mark.django_db
def test_a_naive_instant_is_a_fault(now):
    with pytest.raises(ValueError, match="aware"):
        record_one(now.replace(tzinfo=None))


@pytest.mark.parametrize(
    "actor",
    [
        Actor(ActorKind.CITIZEN),
        Actor(ActorKind.OFFICER, office_id=UUID(int=3)),
        Actor(ActorKind.SYSTEM, UUID(int=2)),
        Actor(ActorKind.CITIZEN, UUID(int=2), office_id=UUID(int=3)),
        Actor(ActorKind.CUSTODIAN),
        Actor(ActorKind.CUSTODIAN, UUID(int=2), organisation_id=UUID(int=3)),
        Actor(ActorKind.VISITOR, organisation_id=UUID(int=3)),
    ],
)
@pytest.mark.django_db
def test_an_actor_that_cannot_be_is_a_fault(now, actor):
    assert objection_to_actor(actor)
    with pytest.raises(ValueError, match=r"id|office"):
        record_one(now, actor=actor)


@pytest.mark.parametrize(
    "actor",
    [
        CITIZEN,
        OFFICER,
        SYSTEM,
        Actor(ActorKind.VISITOR),
        Actor(ActorKind.ALERT_HOLDER, UUID(int=5)),
        Actor.custodian(UUID(int=6)),
    ],
)
@pytest.mark.django_db
def test_every_kind_of_actor_can_be_recorded(now, actor):
    record_one(now, actor=actor)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_of_event_can_be_recorded(now, kind):
    record_one(now, kind=kind)


def test_event_kinds_name_their_app_and_what_happened():
    apps = {"audit", "hsm", "notifications", "identities", "authentication", "selfservice", "registration", "portal"}
    for kind in EventKind:
        app, _, act = kind.value.partition(".")
        assert app in apps
        assert act.upper() == kind.name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("at", timedelta(microseconds=1)), ("kind", "identities.identity_reopened"), ("actor_id", uuid4())),
        *(("office_id", None), ("organisation_id", None), ("subject_id", None), ("facts", {"tries": 4})),
        *(("id", 10), ("actor_kind", "visitor")),
    ],
)
def test_a_row_with_any_column_changed_does_not_match_its_keyed_hash(now, column, value):
    """LOG-1."""
    record_one(now, facts={"tries": 3})
    row = AuditEvent.objects.get()

    def matches() -> bool:
        actor = Actor(ActorKind(row.actor_kind), row.actor_id, row.office_id, row.organisation_id)
        message = row_message(
            row_id=row.id, at=row.at, kind=row.kind, actor=actor, subject_id=row.subject_id, facts=row.facts
        )
        return sealer().row_mac_matches(message, bytes(row.mac))

    assert matches()
    old = getattr(row, column)
    setattr(row, column, old + value if column in {"at", "id"} else value)
    assert not matches()


@pytest.mark.parametrize("mac", [b"", bytes(34), b"\x00\x63" + bytes(32), bytes(35)])
@pytest.mark.django_db
def test_what_is_no_keyed_hash_of_ours_does_not_match(mac):
    assert not sealer().row_mac_matches(b"row", mac)


def test_the_same_instant_in_two_time_zones_is_the_same_row(now):
    there = now.astimezone(timezone(timedelta(hours=1)))
    first, second = (
        row_message(row_id=1, at=at, kind="a.b", actor=SYSTEM, subject_id=None, facts={}) for at in (now, there)
    )
    assert first == second


def test_a_row_is_written_for_its_keyed_hash_as_it_always_was(now):
    """Rows outlive programs: another encoding would make every old row look changed."""
    message = row_message(
        row_id=5, at=now, kind="a.b", actor=OFFICER, subject_id=SUBJECT, facts={"b": "x", "a": 1, "c": None}
    )
    assert message == (
        b"5|1795435200000000|a.b|officer|00000000-0000-0000-0000-000000000002|"
        b"00000000-0000-0000-0000-000000000003|00000000-0000-0000-0000-000000000004|"
        b'00000000-0000-0000-0000-000000000001|{"a": 1, "b": "x", "c": null}'
    )


ROW = {
    "id": 2**40,
    "kind": "identities.identity_blocked",
    "actor_kind": "officer",
    "actor_id": UUID(int=2),
    "office_id": UUID(int=3),
    "organisation_id": UUID(int=4),
    "facts": {},
    "mac": bytes(34),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("event_kind_names_app_and_act", {"kind": "blocked"}),
        ("event_kind_names_app_and_act", {"kind": "Identities.blocked"}),
        ("event_kind_names_app_and_act", {"kind": ""}),
        ("event_actor_kind_is_known", {"actor_kind": "nobody"}),
        ("event_person_has_an_id", {"actor_id": None}),
        (
            "event_person_has_an_id",
            {"actor_kind": "citizen", "actor_id": None, "office_id": None, "organisation_id": None},
        ),
        (
            "event_person_has_an_id",
            {"actor_kind": "custodian", "actor_id": None, "office_id": None, "organisation_id": None},
        ),
        ("event_office_is_an_officers", {"actor_kind": "custodian", "office_id": None}),
        ("event_system_has_no_id", {"actor_kind": "system", "office_id": None, "organisation_id": None}),
        ("event_office_is_an_officers", {"actor_kind": "citizen", "office_id": None}),
        ("event_office_is_an_officers", {"actor_kind": "citizen", "organisation_id": None}),
        ("event_facts_are_an_object", {"facts": []}),
        ("event_facts_are_an_object", {"facts": "a"}),
        ("event_facts_are_an_object", {"facts": 1}),
        ("event_mac_is_whole", {"mac": b""}),
        ("event_mac_is_whole", {"mac": bytes(35)}),
    ],
)
def test_the_database_refuses_what_the_rules_forbid(now, name, broken):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        AuditEvent.objects.create(at=now, **(ROW | broken))
    AuditEvent.objects.create(at=now, **ROW)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["id", "at", "kind", "actor_kind", "facts", "mac"])
def test_the_database_refuses_a_row_without_what_every_row_has(now, column):
    with pytest.raises(IntegrityError, match="not-null"), transaction.atomic():
        AuditEvent.objects.create(**({"at": now} | ROW | {column: None}))
