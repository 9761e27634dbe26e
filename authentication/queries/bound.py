"""The request that a token or a short code stands for."""

from datetime import datetime
from uuid import UUID

from authentication.binding import Binding, binds
from authentication.queries.requests import RequestView, living_app_requests, request_view


def bind_request(*, identity_id: UUID, binding: Binding, now: datetime) -> RequestView | None:
    """Find the open request whose token or short code this is, if it is one of the app's own identity.

    Rule: APR-4. Somebody else's request is as good as none.
    """
    for row in living_app_requests(identity_id, now=now):
        if binds(binding, request_id=row.id, nonce=bytes(row.nonce)):
            return request_view(row)
    return None
