"""What a rule forbids of custodians, ceremonies and versions the database refuses, column by column."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from hsm.models import Ceremony, Custodian, KeyVersion
from tests.hsm.rotation import unguarded

pytestmark = pytest.mark.django_db

PUBLIC_KEY = bytes(range(32))
SIGNATURE = bytes(64)


def custodian_row(now) -> dict[str, object]:
    """A custodian that may be."""
    return {"label": "k1", "public_key": PUBLIC_KEY, "state": "active", "enrolled_at": now, "dismissed_at": None}


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("custodian_has_a_short_label", {"label": ""}),
        ("custodian_has_a_short_label", {"label": "K1"}),
        ("custodian_has_a_short_label", {"label": "k 1"}),
        ("custodian_has_a_short_label", {"label": "k1\n"}),
        ("custodian_public_key_is_whole", {"public_key": PUBLIC_KEY[:-1]}),
        ("custodian_public_key_is_whole", {"public_key": PUBLIC_KEY + b"\x00"}),
        ("custodian_has_known_state|custodian_dismissal_has_its_time", {"state": "away"}),
        ("custodian_dismissal_has_its_time", {"state": "dismissed"}),
        ("custodian_dismissal_has_its_time", {"dismissed_in": timedelta(0)}),
        ("custodian_dismissal_has_its_time", {"state": "dismissed", "dismissed_in": timedelta(seconds=-1)}),
    ],
)
def test_the_database_refuses_a_custodian_that_cannot_be(now, name, broken):
    row = custodian_row(now) | broken
    if "dismissed_in" in row:
        row["dismissed_at"] = now + row.pop("dismissed_in")
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Custodian.objects.create(**row)


@pytest.mark.parametrize("column", ["label", "public_key", "state", "enrolled_at"])
def test_the_database_refuses_a_custodian_without_what_each_has(now, column):
    with pytest.raises(IntegrityError, match="not-null"):
        Custodian.objects.create(**custodian_row(now) | {column: None})


@pytest.mark.parametrize("same", ["label", "public_key"])
def test_a_label_and_a_public_key_are_used_once(now, same):
    Custodian.objects.create(**custodian_row(now) | {"state": "dismissed", "dismissed_at": now})
    other = {"label": "k2", "public_key": PUBLIC_KEY[::-1]}
    with pytest.raises(IntegrityError, match=same), transaction.atomic():
        Custodian.objects.create(**custodian_row(now) | {key: value for key, value in other.items() if key != same})
    Custodian.objects.create(**custodian_row(now) | other)


@pytest.fixture
def ceremony_row(now) -> dict[str, object]:
    """A ceremony on a key that may be."""
    first = Custodian.objects.create(**custodian_row(now))
    second = Custodian.objects.create(**custodian_row(now) | {"label": "k2", "public_key": PUBLIC_KEY[::-1]})
    return {
        "at": now,
        "act": "create",
        "key": "lookup",
        "version": 2,
        "about": None,
        "order": "order",
        "first": first,
        "first_signature": SIGNATURE,
        "second": second,
        "second_signature": SIGNATURE,
    }


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("ceremony_has_known_act|ceremony_names_what_it_is_about", {"act": "open"}),
        ("ceremony_signatures_are_whole", {"first_signature": SIGNATURE[:-1]}),
        ("ceremony_signatures_are_whole", {"second_signature": SIGNATURE + b"\x00"}),
        ("ceremony_signatures_are_whole", {"second_signature": b""}),
        ("ceremony_has_its_order", {"order": ""}),
        ("ceremony_names_what_it_is_about", {"key": None}),
        ("ceremony_names_what_it_is_about", {"version": None}),
        ("ceremony_names_what_it_is_about", {"about": "first"}),
        ("ceremony_names_what_it_is_about", {"act": "found"}),
        ("ceremony_names_what_it_is_about", {"act": "found", "key": None}),
        ("ceremony_names_what_it_is_about", {"act": "enrol-custodian", "key": None, "version": None}),
        ("ceremony_names_what_it_is_about", {"act": "dismiss-custodian", "about": "first"}),
        ("ceremony_has_two_custodians", {"second": "first"}),
    ],
)
def test_the_database_refuses_a_ceremony_that_cannot_be(ceremony_row, name, broken):
    broken = {column: ceremony_row["first"] if value == "first" else value for column, value in broken.items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Ceremony.objects.create(**ceremony_row | broken)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"act": "found", "key": None, "version": None},
        {"act": "enrol-custodian", "key": None, "version": None, "about": "first"},
    ],
)
def test_an_order_is_carried_out_once(ceremony_row, changed):
    changed = {column: ceremony_row["first"] if value == "first" else value for column, value in changed.items()}
    Ceremony.objects.create(**ceremony_row | changed)
    with pytest.raises(IntegrityError, match="order"), transaction.atomic():
        Ceremony.objects.create(**ceremony_row)


@pytest.mark.parametrize("column", ["at", "act", "order", "first", "first_signature", "second", "second_signature"])
def test_the_database_refuses_a_ceremony_without_what_each_has(ceremony_row, column):
    with pytest.raises(IntegrityError, match="not-null"):
        Ceremony.objects.create(**ceremony_row | {column: None})


@pytest.mark.parametrize("who", ["first", "second"])
def test_who_signed_a_ceremony_is_not_deleted(ceremony_row, who):
    Ceremony.objects.create(**ceremony_row)
    with pytest.raises(IntegrityError), transaction.atomic():
        ceremony_row[who].delete()


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("key_version_names_its_algorithm", {"algorithm": ""}),
        ("key_version_names_its_algorithm", {"algorithm": "-"}),
        ("key_version_names_its_algorithm", {"algorithm": "ML DSA"}),
        ("key_version_private_half_is_wrapped", {"wrapped_private": None}),
        ("key_version_private_half_is_wrapped", {"wrapped_by": None}),
        ("key_version_private_half_is_wrapped", {"state": "destroyed"}),
        ("key_version_private_half_is_wrapped", {"name": "lookup", "public_key": None}),
    ],
)
def test_the_database_refuses_a_pair_that_cannot_be(name, broken):
    row = {
        "name": "log-seal-pq",
        "version": 2,
        "algorithm": "ML-DSA-65",
        "state": "next",
        "public_key": b"key",
        "wrapped_private": bytes(60),
        "wrapped_by": KeyVersion.objects.get(name="data-wrap"),
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        KeyVersion.objects.create(**row | broken)
    KeyVersion.objects.create(**row)
    KeyVersion.objects.create(**row | {"version": 3, "state": "destroyed", "wrapped_private": None, "wrapped_by": None})


@pytest.mark.parametrize("column", ["algorithm", "since"])
def test_the_database_refuses_a_version_without_its_algorithm_or_time(column):
    with pytest.raises(IntegrityError, match="not-null"), unguarded(), transaction.atomic():
        KeyVersion.objects.filter(name="lookup").update(**{column: None})
