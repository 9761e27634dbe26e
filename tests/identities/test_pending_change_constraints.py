"""What the rules of pending changes and contacts forbid the database refuses as well, column by column."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction
from uuid_utils.compat import uuid7

from identities.models import ContactPoint, ContactProof, PendingChange
from tests.factories.identities import an_issued_identity

HOUR = timedelta(hours=1)
AT = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
Columns = dict[str, Any]

CANCELLED: Columns = {"state": "cancelled", "cancelled_by": "citizen", "ended_at": AT}
CONFIRMED: Columns = {
    "state": "confirmed",
    "second_login_id": uuid4(),
    "second_login_at": AT + HOUR,
    "ended_at": AT + HOUR,
}
FIRST_LOGIN = uuid4()


def a_proof(**columns: Any) -> ContactProof:
    values: Columns = {
        "owner_id": uuid7(),
        "kind": "phone",
        "value_sealed": b"s",
        "value_index": b"i",
        "code_verifier": b"v",
        "sent_at": AT,
        "expires_at": AT + HOUR,
    }
    return ContactProof.objects.create(**(values | columns))


@pytest.fixture
def put_change(db: None, now: datetime) -> Callable[..., PendingChange]:
    """Store a change of one identity that breaks nothing but what the test says."""
    identity_id = an_issued_identity(now=now)[0]

    def put(**columns: Any) -> PendingChange:
        values: Columns = {
            "identity_id": identity_id,
            "field": "user_id",
            "new_value_sealed": b"s",
            "requested_at": AT,
            "opens_at": AT + HOUR,
            "closes_at": AT + 25 * HOUR,
            "first_login_id": FIRST_LOGIN,
            "first_login_level": 2,
            "stop_code_verifier": b"v",
            "stop_token_index": uuid4().bytes,
        }
        return PendingChange.objects.create(**(values | columns))

    return put


@pytest.fixture
def put_contact(db: None, now: datetime) -> Callable[..., ContactPoint]:
    """Store a replaced phone of one identity that breaks nothing but what the test says."""
    identity_id = an_issued_identity(now=now)[0]

    def put(**columns: Any) -> ContactPoint:
        values: Columns = {
            "identity_id": identity_id,
            "kind": "phone",
            "value_sealed": b"s",
            "value_index": b"i",
            "state": "replaced",
            "is_first": True,
            "registered_at": AT,
            "replaced_at": AT + HOUR,
        }
        return ContactPoint.objects.create(**(values | columns))

    return put


def refused(constraint: str, act: Callable[..., models.Model], **columns: Any) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act(**columns)
    assert constraint in str(caught.value)


@pytest.mark.parametrize("columns", [{}, CANCELLED, CONFIRMED, {"state": "expired", "ended_at": AT + 25 * HOUR}])
def test_every_rightful_change_is_stored(put_change, columns: Columns) -> None:
    assert put_change(**columns).pk


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("change_field_is_known", {"field": "name"}),
        ("change_field_is_known", {"field": ""}),
        ("change_first_login_level_is_known", {"first_login_level": 4}),
        ("change_state_is_known", {"state": "lost", "ended_at": AT}),
        ("change_waits_at_least_one_hour", {"opens_at": AT + HOUR - timedelta(microseconds=1)}),
        ("change_waits_at_least_one_hour", {"requested_at": AT + timedelta(microseconds=1)}),
        ("change_closes_after_it_opens", {"closes_at": AT + HOUR}),
        ("change_of_a_contact_is_proven", {"field": "phone"}),
        ("change_of_a_contact_is_proven", {"field": "email"}),
        ("change_confirmed_by_a_later_login", CONFIRMED | {"second_login_at": None}),
        ("change_confirmed_by_a_later_login", CONFIRMED | {"second_login_id": None}),
        ("change_confirmed_by_a_later_login", CONFIRMED | {"second_login_id": FIRST_LOGIN}),
        ("change_confirmed_by_a_later_login", CONFIRMED | {"second_login_at": AT + HOUR - timedelta(microseconds=1)}),
        ("change_confirmed_by_a_later_login", CONFIRMED | {"second_login_at": AT + 25 * HOUR}),
        ("change_confirmed_by_a_later_login", CONFIRMED | {"ended_at": AT + 25 * HOUR}),
        ("change_confirmed_by_a_later_login", {"second_login_id": uuid4()}),
        ("change_confirmed_by_a_later_login", {"second_login_at": AT + HOUR}),
        ("change_confirmed_by_a_later_login", CANCELLED | {"second_login_id": uuid4()}),
        ("change_ended_at_is_set_when_ended", {"ended_at": AT}),
        ("change_ended_at_is_set_when_ended", CANCELLED | {"ended_at": None}),
        ("change_ended_at_is_set_when_ended", {"state": "expired"}),
        ("change_cancelled_by_someone", CANCELLED | {"cancelled_by": None}),
        ("change_cancelled_by_someone", CANCELLED | {"cancelled_by": "neighbour"}),
        ("change_cancelled_by_someone", {"cancelled_by": "citizen"}),
        ("change_cancelled_by_someone", CONFIRMED | {"cancelled_by": "citizen"}),
        ("change_wrong_stop_codes_are_few", {"wrong_stop_codes": 6}),
        ("wrong_stop_codes", {"wrong_stop_codes": -1}),
    ],
)
def test_a_change_against_the_rules_is_refused(put_change, constraint: str, columns: Columns) -> None:
    refused(constraint, put_change, **columns)


def test_a_confirmed_change_without_an_end_is_refused(put_change) -> None:
    refused("change_", put_change, **(CONFIRMED | {"ended_at": None}))


def test_a_user_id_comes_without_a_proof(put_change) -> None:
    refused("change_of_a_contact_is_proven", put_change, proof_id=a_proof(state="used", proven_at=AT).pk)


def test_one_change_waits_per_field(put_change) -> None:
    put_change()
    put_change(**CANCELLED)
    refused("change_one_pending_per_field", put_change)


def test_a_stop_token_and_a_proof_serve_one_change(put_change) -> None:
    token = put_change(**CANCELLED).stop_token_index
    refused("stop_token_index", put_change, stop_token_index=token)
    proof = a_proof(state="used", proven_at=AT)
    put_change(field="phone", proof=proof)
    refused("proof_id", put_change, **CANCELLED, field="phone", proof=proof)


@pytest.mark.parametrize(
    "column",
    [
        "identity_id",
        "field",
        "new_value_sealed",
        "state",
        "requested_at",
        "opens_at",
        "closes_at",
        "first_login_id",
        "first_login_level",
        "stop_code_verifier",
        "stop_token_index",
        "wrong_stop_codes",
    ],
)
def test_a_change_has_all_its_columns(put_change, column: str) -> None:
    refused(f'"{column}"', put_change, **{column: None})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("proof_kind_is_known", {"kind": "pigeon"}),
        ("proof_wrong_tries_are_few", {"wrong_tries": 4, "state": "dead"}),
        ("proof_open_has_tries_left", {"wrong_tries": 3}),
        ("wrong_tries", {"wrong_tries": -1}),
        ("proof_expires_later", {"expires_at": AT}),
        ("proof_proven_at_is_set_when_proven", {"state": "proven"}),
        ("proof_proven_at_is_set_when_proven", {"state": "used"}),
        ("proof_proven_at_is_set_when_proven", {"proven_at": AT}),
        ("proof_proven_at_is_set_when_proven", {"state": "dead", "proven_at": AT}),
    ],
)
def test_a_proof_against_the_rules_is_refused(constraint: str, columns: Columns) -> None:
    refused(constraint, a_proof, **columns)


@pytest.mark.django_db
def test_one_proof_is_open_per_owner_and_kind() -> None:
    owner_id = uuid7()
    a_proof(owner_id=owner_id)
    a_proof(owner_id=owner_id, kind="email")
    a_proof(owner_id=owner_id, state="dead")
    refused("proof_one_open_per_owner_and_kind", a_proof, owner_id=owner_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "column",
    [
        "owner_id",
        "kind",
        "value_sealed",
        "value_index",
        "code_verifier",
        "state",
        "sent_at",
        "expires_at",
        "wrong_tries",
    ],
)
def test_a_proof_has_all_its_columns(column: str) -> None:
    refused(f'"{column}"', a_proof, **{column: None})


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("contact_kind_is_known", {"kind": "pigeon"}),
        ("contact_replaced_at_is_set_when_replaced", {"replaced_at": None}),
        ("contact_replaced_at_is_set_when_replaced", {"state": "active"}),
        ("contact_one_active_per_kind", {"state": "active", "replaced_at": None}),
        *(
            (f'"{column}"', {column: None})
            for column in (
                "identity_id",
                "kind",
                "value_sealed",
                "value_index",
                "state",
                "is_first",
                "registered_at",
            )
        ),
    ],
)
def test_a_contact_against_the_rules_is_refused(put_contact, constraint: str, columns: Columns) -> None:
    assert put_contact().pk
    refused(constraint, put_contact, **columns)


@pytest.mark.django_db
def test_an_unknown_state_is_refused_for_itself(put_contact) -> None:
    """Another constraint hides it, so that one is set aside; the test's transaction brings it back."""
    for table, hiding in (
        ("identities_contactproof", "proof_proven_at_is_set_when_proven"),
        ("identities_contactpoint", "contact_replaced_at_is_set_when_replaced"),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {hiding}")
    refused("proof_state_is_known", a_proof, state="lost")
    refused("contact_state_is_known", put_contact, state="lost")


@pytest.mark.django_db
@pytest.mark.parametrize("model", [PendingChange, ContactProof, ContactPoint])
def test_every_constraint_is_broken_here(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
            [model._meta.db_table],
        )
        in_database = {name for (name,) in cursor.fetchall()}
    text = Path(__file__).read_text(encoding="utf-8")
    declared = {constraint.name for constraint in model._meta.constraints}
    generated = {name for name in in_database - declared if name.endswith("_check")}
    assert in_database <= declared | generated
    assert all(f'"{name}"' in text for name in declared)
