"""The app's inbox of alerts (ALR-1)."""

from typing import Any, Final

from rest_framework.response import Response

from authentication.app_api.answers import InboxAnswer
from authentication.app_api.schema import IN_A_SESSION, described
from authentication.app_api.serializers import InboxAsked, WithSession
from authentication.app_api.usecases.read_message import read_message
from authentication.app_api.views.base import SessionApi
from identities.api import AppView
from notifications.api import inbox_of, unread_in_inbox

MOST_COUNTED: Final = 100


@described(operation="inbox", answer=InboxAnswer, problems=IN_A_SESSION)
class InboxApi(SessionApi):
    """A page of alerts, newest first; the last id of a page leads to the next."""

    asked = InboxAsked

    def act_in_session(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Open a page."""
        limit: int = asked["limit"]
        found = inbox_of(reference=app.identity_id, limit=limit + 1, before=asked.get("before"))
        page = {
            "messages": found[:limit],
            "unread": unread_in_inbox(reference=app.identity_id, at_most=MOST_COUNTED),
            "is_last": len(found) <= limit,
        }
        return Response(InboxAnswer(page).data)


@described(operation="mark_as_read", answer=None, status=204, problems=IN_A_SESSION)
class InboxReadApi(SessionApi):
    """Marks an alert as read."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Mark it; one that was read before stays so, and one that there is not is not told from that."""
        read_message(identity_id=app.identity_id, message_id=kwargs["message_id"], now=self.now)
        return Response(status=204)
