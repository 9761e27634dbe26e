"""No column of bytes is forgotten: each is registered as protected, or stands here with the reason why not."""

from django.apps import apps
from django.db.models import BinaryField, UUIDField

from hsm.columns import (
    IndexColumn,
    LogColumn,
    PasswordColumn,
    PurposeOf,
    SealedColumn,
    columns_of_tables,
    described,
    protected_columns,
)
from tests.architecture.source import PACKAGES

NOT_PROTECTED = {
    "audit.AuditSeal.rows_digest": "a hash of what the log's own keys made",
    "audit.AuditSeal.previous": "a hash",
    "audit.AuditSeal.hash": "a hash",
    "authentication.ApprovalRequest.nonce": "sent to app and chip; what binds the browser is made from it under a key",
    "hsm.Ceremony.first_signature": "a custodian's signature; their key is their own",
    "hsm.Ceremony.second_signature": "as above",
    "hsm.Custodian.public_key": "public",
    "hsm.KeyVersion.public_key": "public",
    "hsm.KeyVersion.wrapped_private": "a key of ours: hsm.wrapped_keys",
    "identities.App.device_key": "public",
    "identities.AppEnrolment.device_key": "public",
    "identities.Chip.credential_id": "a name that the chip gave its key, sent in the clear with every log-in",
    "identities.Chip.public_key": "public",
    "hsm.DataKey.wrapped": "a key of ours: hsm.wrapped_keys",
}


def columns_of_bytes() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in PACKAGES
        for field in model._meta.local_concrete_fields
        if isinstance(field, BinaryField)
    }


def test_every_column_of_bytes_is_protected_or_stands_here_with_a_reason() -> None:
    registered = {column.name for column in protected_columns()}

    assert len(registered) >= 24
    assert columns_of_bytes() - registered == set(NOT_PROTECTED)
    assert registered.isdisjoint(NOT_PROTECTED)


def test_what_is_registered_is_there_and_of_its_kind() -> None:
    for column in protected_columns():
        names = {field.attname: field for field in described(column.table).concrete_fields}
        assert column.reads() <= set(names), column.name
        is_text = isinstance(column, PasswordColumn)
        assert isinstance(names[column.column], BinaryField) != is_text, column.name
        if isinstance(column, SealedColumn):
            assert isinstance(names[column.bound_to], UUIDField) or names[column.bound_to].is_relation, column.name


def test_every_purpose_that_a_row_tells_is_known_for_all_that_the_row_may_say() -> None:
    told = 0
    for column in protected_columns():
        purpose = getattr(column, "purpose", "")
        if isinstance(purpose, PurposeOf):
            field = described(column.table).get_field(purpose.column)
            purposes = {purpose.give(value) for value, _ in field.flatchoices}  # type: ignore[union-attr]
            assert len(purposes) == len(field.flatchoices) > 1, column.name  # type: ignore[union-attr]
            told += 1
    assert told >= 5


def test_an_index_that_can_be_remade_has_its_value_beside_it() -> None:
    tables = columns_of_tables()
    indexes = [column for column in protected_columns() if isinstance(column, IndexColumn)]

    for column in indexes:
        sealed = {other.column for other in tables[column.model] if isinstance(other, SealedColumn)}
        assert not column.value or column.value in sealed, column.name
    assert {column.name for column in indexes if not column.value} == {
        "identities.CopyTicket.token_index",
        "identities.PendingChange.stop_token_index",
        "registration.Evidence.number_index",
    }


def test_names_tell_what_a_column_holds() -> None:
    endings = {"_sealed": SealedColumn, "_index": IndexColumn, "mac": LogColumn}
    for column in protected_columns():
        for ending, kind in endings.items():
            if column.column.endswith(ending):
                assert isinstance(column, kind), column.name
