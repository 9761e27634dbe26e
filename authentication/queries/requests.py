"""Reads: requests as an app and a waiting browser may see them, and what the log-in shows first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet

from audit.api import FixedQuery
from authentication.binding import browser_index, button_token_of, qr_token_of, short_code_of, stable_choice
from authentication.models import ApprovalRequest, KnownBrowser
from authentication.models.approval_request import SIGNED_OUT_AT
from authentication.outcomes import AppAsked
from authentication.rules import browser_is_known, progress_of, request_is_alive, ways_to_reach
from authentication.states import Progress, Purpose, RequestState
from identities.api import AssuranceLevel, AuthenticatorKind, kind_used_last


@dataclass(frozen=True, kw_only=True)
class RequestView:
    """A request as its owner's app shows it: what the app signs over (APR-6)."""

    id: UUID
    purpose: Purpose
    asks: str
    reference_text: str
    level: AssuranceLevel
    opened_at: datetime
    expires_at: datetime
    nonce: bytes


def with_its_dead_since() -> QuerySet[ApprovalRequest]:
    """Give the requests, and as ``dead_since`` of each when its identity was last signed out: all it needs of that.

    To read the identity itself would take time that a user ID of nobody does not (TRY-2).
    """
    return ApprovalRequest.objects.annotate(**{SIGNED_OUT_AT: F("identity__signed_out_at")})


_BY_ID: Final = FixedQuery(lambda pk: with_its_dead_since().filter(pk=pk), UUID)
_OPEN_TO_THE_APP: Final = FixedQuery(
    lambda subject: with_its_dead_since().filter(subject=subject, state=RequestState.OPEN, app_opened_at__isnull=False),
    UUID,
)
_KNOWN_BROWSER: Final = FixedQuery(
    lambda identity_id, index: KnownBrowser.objects.filter(identity_id=identity_id, token_index=index), UUID, str
)


def requests_for_app(*, identity_id: UUID, now: datetime) -> list[RequestView]:
    """List the open requests to an identity's app: none or one (APR-1, APR-5)."""
    return [request_view(row) for row in living_app_requests(identity_id, now=now)]


def request_progress(request_id: UUID, *, now: datetime) -> Progress:
    """Say how far a waiting browser's request has come; one that is gone is over."""
    row = _BY_ID.first(request_id)
    if row is None:
        return Progress.OVER
    return progress_of(RequestState(row.state), is_alive=_is_alive(row, now=now))


def app_asked(request_id: UUID, *, now: datetime) -> AppAsked | None:
    """Give what binds the app to the browser of a request that stands open in the app."""
    row = _BY_ID.first(request_id)
    if row is None or row.app_opened_at is None:
        return None
    if row.state not in {RequestState.OPEN, RequestState.CONFIRMED} or not _is_alive(row, now=now):
        return None
    return words_of(row)


def words_of(row: ApprovalRequest) -> AppAsked:
    """Give the words that bind the app to a request's browser (APR-4)."""
    nonce = bytes(row.nonce)
    return AppAsked(
        qr_token=qr_token_of(row.id, nonce),
        button_token=button_token_of(row.id, nonce),
        short_code=short_code_of(row.id, nonce),
        expires_at=row.expires_at,
    )


def is_known_browser(request: ApprovalRequest, browser_token: str | None, *, now: datetime) -> bool:
    """Tell whether the subject of a request logged in with this browser before (APR-5, TRY-2)."""
    if not browser_token:
        return False
    row = _KNOWN_BROWSER.first(request.subject, browser_index(browser_token))
    return row is not None and browser_is_known(last_used_at=row.last_used_at, dead_since=request.dead_since, now=now)


def suggested_way(subject: UUID, *, level_wanted: AssuranceLevel, now: datetime) -> AuthenticatorKind:
    """Give the kind that a log-in shows first: the one used last, else the newest.

    For a user ID that nobody has, one drawn by a keyed hash of it as people use them, always the same (TRY-2). It is
    drawn for everybody, so that it takes as long.
    """
    ways = ways_to_reach(level_wanted)
    drawn = stable_choice(subject, {way: settings.WAYS_IN_USE[way.value] for way in ways})
    return kind_used_last(subject, kinds=ways, now=now) or drawn


def alerts_due(*, limit: int) -> list[UUID]:
    """List the requests whose owners are to be told of them, those that wait longest first (APR-5)."""
    due = ApprovalRequest.objects.filter(alert_due_at__isnull=False, alert_made_at__isnull=True)
    return list(due.order_by("alert_due_at").values_list("pk", flat=True)[:limit])


def living_app_requests(identity_id: UUID, *, now: datetime) -> list[ApprovalRequest]:
    """Give the rows of the open requests to an identity's app."""
    return [row for row in _OPEN_TO_THE_APP.rows(identity_id) if _is_alive(row, now=now)]


def _is_alive(row: ApprovalRequest, *, now: datetime) -> bool:
    return request_is_alive(
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        dead_since=row.dead_since,
        now=now,
    )


def request_view(row: ApprovalRequest) -> RequestView:
    """Give a request's row as its owner's app shows it."""
    return RequestView(
        id=row.id,
        purpose=Purpose(row.purpose),
        asks=row.asks,
        reference_text=row.reference_text,
        level=AssuranceLevel(row.level_wanted),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        nonce=bytes(row.nonce),
    )
