"""Statements whose text is made once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import FieldError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q, Value
from django.db.transaction import TransactionManagementError
from uuid_utils.compat import uuid7

from audit.fixed import FixedQuery, FixedValues, put_back, put_in
from authentication.models import ApprovalRequest, KnownBrowser
from authentication.models import Login as LoginRow
from authentication.rules import REQUEST_LASTS
from authentication.states import Purpose, RequestState
from identities.api import AssuranceLevel
from identities.models import Identity
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 11, 59, 59, 123456, tzinfo=UTC)


def a_request(**changes):
    given = {
        "purpose": Purpose.PORTAL_LOGIN,
        "subject": uuid4(),
        "asks": "The portal, 100 % æøå",
        "reference_text": "Log in",
        "level_wanted": AssuranceLevel.SUBSTANTIAL,
        "nonce": bytes(range(32)),
        "source": "somewhere",
        "opened_at": AT,
        "expires_at": AT + REQUEST_LASTS,
    }
    return ApprovalRequest(**(given | changes))


def columns(row):
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


def test_a_row_that_is_put_in_is_what_django_reads():
    row = a_request()
    put_in(row)
    assert not row._state.adding
    assert columns(ApprovalRequest.objects.get(pk=row.pk)) == columns(row)


def test_a_row_is_read_as_django_reads_it():
    row = a_request(app_opened_at=AT)
    row.save()
    fixed = FixedQuery(lambda pk: ApprovalRequest.objects.annotate(later=F("app_opened_at")).filter(pk=pk), UUID)
    for _ in range(3):
        [found] = fixed.rows(row.pk)
        assert columns(found) == columns(ApprovalRequest.objects.get(pk=row.pk))
        assert found.later == AT
        assert not found._state.adding
    assert fixed.rows(uuid7()) == []
    assert fixed.first(uuid7()) is None


def test_each_value_goes_where_it_belongs_however_often():
    subject = uuid4()
    before, after = a_request(subject=subject, source="a"), a_request(subject=subject, source="b", opened_at=AT)
    after.expires_at = AT + timedelta(hours=1)
    for row in (before, after):
        row.save()
    fixed = FixedQuery(
        lambda subject, at, source: ApprovalRequest.objects.filter(
            Q(subject=subject, expires_at__gt=at) | Q(subject=subject, source=source)
        ).order_by("source"),
        UUID,
        datetime,
        str,
    )
    assert fixed.rows(subject, AT + REQUEST_LASTS, "none") == [after]
    assert fixed.rows(subject, AT + REQUEST_LASTS, "a") == [before, after]
    assert fixed.rows(uuid4(), AT, "a") == []
    with pytest.raises(TypeError, match="takes 3 values"):
        fixed.rows(subject)


def test_an_owner_is_read_with_its_row():
    someone = a_resident(now=AT)
    put_in(KnownBrowser(identity_id=someone.identity_id, token_index="index", last_used_at=AT))
    fixed = FixedQuery(lambda word: KnownBrowser.objects.select_related("identity").filter(token_index=word), str)
    [found] = fixed.rows("index")
    owner = columns(Identity.objects.get(pk=someone.identity_id))
    with connection.execute_wrapper(_nothing_is_asked):
        assert columns(found.identity) == owner


def test_values_are_tuples_of_a_union_too():
    row = a_request(subject=uuid4())
    row.save()
    both = FixedValues(
        lambda pk: (
            ApprovalRequest.objects.filter(pk=pk)
            .annotate(way=Value("one"))
            .values_list("way", "opened_at")
            .union(ApprovalRequest.objects.filter(pk=pk).annotate(way=F("source")).values_list("way", "opened_at"))
        ),
        UUID,
    )
    assert sorted(both.rows(row.pk)) == [("one", AT), ("somewhere", AT)]


def test_rows_are_locked_in_a_transaction_only():
    row = a_request()
    row.save()
    fixed = FixedQuery(lambda pk: ApprovalRequest.objects.select_for_update(nowait=True).filter(pk=pk), UUID)
    with pytest.raises(TransactionManagementError):
        fixed.rows(row.pk)
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            assert fixed.rows(row.pk) == [row]
            with pytest.raises(DatabaseError, match="could not obtain lock"):
                cursor.execute("SELECT 1 FROM authentication_approvalrequest WHERE id = %s FOR UPDATE NOWAIT", [row.pk])
    finally:
        other.close()
    with pytest.raises(TransactionManagementError):
        fixed.rows(row.pk)


def test_a_value_that_the_query_swallows_is_told_when_it_is_made():
    with pytest.raises(FieldError, match="not among its parameters"):
        FixedQuery(lambda _pk: ApprovalRequest.objects.all(), UUID).rows(uuid7())


def test_named_columns_are_saved_and_no_others():
    row = a_request()
    put_in(row)
    row.state, row.wrong_tries, row.source = RequestState.EXPIRED, 2, "elsewhere"
    put_back(row, "state", "wrong_tries")
    found = ApprovalRequest.objects.get(pk=row.pk)
    assert (found.state, found.wrong_tries, found.source) == (RequestState.EXPIRED, 2, "somewhere")


def test_a_row_that_is_gone_is_not_saved():
    row = a_request()
    with pytest.raises(DatabaseError, match="not there"):
        put_back(row, "state")


def test_what_the_table_forbids_is_refused_as_ever():
    with pytest.raises(IntegrityError, match="request_expires_later"):
        put_in(a_request(expires_at=AT))
    with pytest.raises(IntegrityError, match="login"):
        put_in(LoginRow(identity_id=uuid7(), door="nowhere", authenticator="app", level=2, at=AT, last_seen_at=AT))


def test_they_are_counted_where_queries_are_logged(django_assert_num_queries):
    row = a_request()
    fixed = FixedQuery(lambda pk: ApprovalRequest.objects.filter(pk=pk), UUID)
    with django_assert_num_queries(3):
        put_in(row)
        put_back(row, "state")
        assert columns(fixed.rows(row.pk)[0]) == columns(row)


def _nothing_is_asked(*_arguments):
    raise AssertionError("The database was asked.")


def test_what_never_changes_stands_in_the_text_so_that_a_partial_index_is_used():
    fixed = FixedQuery(
        lambda subject: ApprovalRequest.objects.filter(
            subject=subject, state=RequestState.OPEN, app_opened_at__isnull=False
        ),
        UUID,
    )
    subject = uuid4()
    row = a_request(subject=subject, app_opened_at=AT)
    row.save()
    told = []

    def listen(execute, sql, params, many, context):
        told.append((sql, list(params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        assert fixed.rows(subject) == [row]
    assert told[0][1] == [subject]
    assert "'open'" in told[0][0]
