"""What a rule forbids the database refuses as well: every column of a closed set of values has its CHECK."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import CASCADE, CheckConstraint, Field, ForeignKey, Model, Q

from tests.architecture.source import PACKAGES


def models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in PACKAGES]


def closed_sets() -> Iterator[tuple[type[Model], Field[Any, Any]]]:
    for model in models():
        for field in model._meta.local_concrete_fields:
            if field.choices or field.name in {"state", "status"}:
                yield model, field


def values_named(condition: object, name: str) -> set[object]:
    """Collect the values that a condition compares one column with."""
    found: set[object] = set()
    if isinstance(condition, Q):
        for child in condition.children:
            found |= values_named(child, name)
    elif isinstance(condition, tuple):
        lookup, value = condition
        if lookup in {name, f"{name}__exact"}:
            found.add(value)
        elif lookup == f"{name}__in":
            found |= set(value)
    return found


def holds(condition: object, name: str, allowed: set[object]) -> bool:
    """Whether a condition lets nothing through but values of the set: listed outright, or case by case, all of them."""
    if isinstance(condition, Q) and condition.connector == Q.AND and not condition.negated:
        listed = {child[0] for child in condition.children if isinstance(child, tuple)}
        return f"{name}__in" in listed or (bool(allowed) and values_named(condition, name) >= allowed)
    return bool(allowed) and values_named(condition, name) >= allowed


def test_there_are_columns_to_hold() -> None:
    assert len(list(closed_sets())) >= 5


def test_every_closed_set_of_values_has_a_check() -> None:
    unchecked = []
    for model, field in closed_sets():
        allowed = {value for value, _ in field.flatchoices}
        checks = [c for c in model._meta.constraints if isinstance(c, CheckConstraint)]
        if not any(holds(check.condition, field.name, allowed) for check in checks):
            unchecked.append(f"{model._meta.label}.{field.name}")

    assert unchecked == []


def test_history_is_never_deleted_along() -> None:
    cascading = [
        f"{model._meta.label}.{field.name}"
        for model in models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, ForeignKey) and field.remote_field.on_delete is CASCADE
    ]

    assert cascading == []


def test_every_constraint_has_a_name_that_reads() -> None:
    names = [constraint.name for model in models() for constraint in model._meta.constraints]

    assert len(names) == len(set(names))
    assert all(len(name.split("_")) >= 3 for name in names), names
