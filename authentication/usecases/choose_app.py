"""A browser asks the app: its request takes the app's one place, or is refused."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.api import prepared_cursor, put_back
from authentication import events
from authentication.binding import opening_code_index
from authentication.models import ApprovalRequest, OpeningCode
from authentication.outcomes import AppAsked, LoginRefused, RefusedParallel
from authentication.queries import is_known_browser, words_of
from authentication.rules import ONE_ALERT_EVERY
from authentication.states import RequestState
from authentication.steps.requests import is_alive, locked_with_others, move, refusal_of, refused

_SUBJECT_IN_ITS_PLACE: Final = f"""
    SELECT subject, pg_advisory_xact_lock(('x' || right(translate(subject::text, '-', ''), 16))::bit(64)::bigint)
    FROM {ApprovalRequest._meta.db_table} WHERE id = %s
"""  # noqa: S608, SLF001 - the name of our own table
"""A lock by the last 64 bits of the subject, and the subject itself, which no request ever changes."""


@transaction.atomic(durable=True)
def choose_app(
    *, request_id: UUID, browser_token: str | None, opening_code: str | None, now: datetime
) -> AppAsked | RefusedParallel | LoginRefused:
    """Show the request in its owner's app, unless another one stands there.

    A browser in which the identity logged in before, and whoever types the code that the app itself shows, take the
    place of the one that stands; so nobody who knows only a user ID can keep its owner from the app. A thief may have
    logged in once too: so the owner is told, and a place that was taken by a code is kept from browsers.

    Rule:    APR-5, TRY-2. For a user ID that nobody has the same places are kept.
    Raises:  ApprovalRequest.DoesNotExist when there is no such request.
    Locks:   the subject's place (an advisory lock), then the rows of its requests.
    Writes:  ApprovalRequest, OpeningCode, AuditEvent; of two at once, once an hour: that an alert is due.
    """
    subject = _subject_in_its_place(request_id)
    rows = locked_with_others(request_id, subject=subject)
    request = rows.pop(request_id)
    refusal = refusal_of(request, expected=RequestState.OPEN, now=now)
    if refusal is not None:
        return refused(request, step="app", reason=refusal, now=now)
    if request.app_opened_at is None:
        standing = [row for row in rows.values() if is_alive(row, now=now)]
        may_supersede = _may_supersede(request, standing, browser_token, opening_code, now)
        if standing and not may_supersede:
            return _refused_parallel(request, now)
        for row in rows.values():
            move(row, RequestState.SUPERSEDED if row in standing else RequestState.EXPIRED)
        if standing:
            events.request_superseded(request=request, superseded_id=standing[0].id, now=now)
            _note_alert(request, now)
        request.app_opened_at = now
        put_back(request, "app_opened_at")
    return words_of(request)


def _subject_in_its_place(request_id: UUID) -> UUID:
    cursor = prepared_cursor(transaction.get_connection())
    cursor.execute(_SUBJECT_IN_ITS_PLACE, [request_id])
    rows = cursor.fetchall()
    if not rows:
        raise ApprovalRequest.DoesNotExist
    subject: UUID = rows[0][0]
    return subject


def _may_supersede(
    request: ApprovalRequest,
    standing: list[ApprovalRequest],
    browser_token: str | None,
    opening_code: str | None,
    now: datetime,
) -> bool:
    if opening_code and _takes_code(request, opening_code, now):
        return True
    return is_known_browser(request, browser_token, now=now) and not _is_held_by_code(standing)


def _takes_code(request: ApprovalRequest, opening_code: str, now: datetime) -> bool:
    index = opening_code_index(request.subject, opening_code)
    codes = OpeningCode.objects.filter(identity_id=request.subject, code_index=index)
    return bool(codes.filter(used_at__isnull=True, issued_at__lte=now, expires_at__gt=now).update(used_at=now))


def _is_held_by_code(standing: list[ApprovalRequest]) -> bool:
    """Tell whether a standing request took its place by a code: that was used at the instant when it did."""
    return any(
        OpeningCode.objects.filter(identity_id=row.subject, used_at=row.app_opened_at).exists() for row in standing
    )


def _refused_parallel(request: ApprovalRequest, now: datetime) -> RefusedParallel:
    events.parallel_request_refused(request=request, now=now)
    _note_alert(request, now)
    return RefusedParallel()


def _note_alert(request: ApprovalRequest, now: datetime) -> None:
    """Have the owner told by ``alert_of_parallel``: here it would take time, and for somebody only (TRY-2)."""
    alerted = ApprovalRequest.objects.filter(subject=request.subject, alert_due_at__gt=now - ONE_ALERT_EVERY)
    if not alerted.exists():
        request.alert_due_at = now
        request.save(update_fields=["alert_due_at"])
