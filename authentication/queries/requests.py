"""Reads: requests as an app and a waiting browser may see them, and what the log-in shows first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from authentication.binding import browser_index, short_code_of, stable_choice, token_of
from authentication.models import ApprovalRequest, KnownBrowser
from authentication.outcomes import AppAsked
from authentication.rules import browser_is_known, progress_of, request_is_alive, ways_to_reach
from authentication.states import Progress, Purpose, RequestState
from identities.api import AssuranceLevel, AuthenticatorKind, live_authenticators_of


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
    """Give the requests, and beside each when its identity was last signed out: all that a request needs of it.

    To read the rest would take time that a user ID of nobody does not (TRY-2).
    """
    own = [column.name for column in ApprovalRequest._meta.concrete_fields]  # noqa: SLF001 - Django documents it
    return ApprovalRequest.objects.select_related("identity").only(*own, "identity__signed_out_at")


def requests_for_app(*, identity_id: UUID, now: datetime) -> list[RequestView]:
    """List the open requests to an identity's app: none or one (APR-1, APR-5)."""
    return [request_view(row) for row in living_app_requests(identity_id, now=now)]


def request_progress(request_id: UUID, *, now: datetime) -> Progress:
    """Say how far a waiting browser's request has come; one that is gone is over."""
    row = with_its_dead_since().filter(pk=request_id).first()
    if row is None:
        return Progress.OVER
    return progress_of(RequestState(row.state), is_alive=_is_alive(row, now=now))


def app_asked(request_id: UUID, *, now: datetime) -> AppAsked | None:
    """Give what binds the app to the browser of a request that stands open in the app."""
    row = with_its_dead_since().filter(pk=request_id, app_opened_at__isnull=False).first()
    if row is None or row.state not in {RequestState.OPEN, RequestState.CONFIRMED} or not _is_alive(row, now=now):
        return None
    return words_of(row)


def words_of(row: ApprovalRequest) -> AppAsked:
    """Give the words that bind the app to a request's browser (APR-4)."""
    nonce = bytes(row.nonce)
    return AppAsked(token=token_of(row.id, nonce), short_code=short_code_of(row.id, nonce), expires_at=row.expires_at)


def is_known_browser(request: ApprovalRequest, browser_token: str | None, *, now: datetime) -> bool:
    """Tell whether the subject of a request logged in with this browser before (APR-5, TRY-2)."""
    if not browser_token:
        return False
    rows = KnownBrowser.objects.filter(identity_id=request.subject, token_index=browser_index(browser_token))
    last_used_at = rows.values_list("last_used_at", flat=True).first()
    dead_since = request.identity.signed_out_at if request.identity else None
    return last_used_at is not None and browser_is_known(last_used_at=last_used_at, dead_since=dead_since, now=now)


def suggested_way(subject: UUID, *, level_wanted: AssuranceLevel, now: datetime) -> AuthenticatorKind:
    """Give the kind that a log-in shows first: the one used last, else the newest.

    For a user ID that nobody has, one chosen by a keyed hash of it, always the same (TRY-2).
    """
    ways = ways_to_reach(level_wanted)
    live = live_authenticators_of(subject, kinds=ways, now=now)
    if not live:
        return stable_choice(subject, ways)
    return max(live, key=lambda row: row.last_used_at or row.activated_at).kind


def living_app_requests(identity_id: UUID, *, now: datetime) -> list[ApprovalRequest]:
    """Give the rows of the open requests to an identity's app."""
    rows = with_its_dead_since().filter(subject=identity_id, state=RequestState.OPEN, app_opened_at__isnull=False)
    return [row for row in rows if _is_alive(row, now=now)]


def _is_alive(row: ApprovalRequest, *, now: datetime) -> bool:
    return request_is_alive(
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        dead_since=row.identity.signed_out_at if row.identity else None,
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
