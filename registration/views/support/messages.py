"""What was sent to a caller."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from notifications.api import deliveries_of
from registration.message_texts import CHANNELS, MESSAGES, STATES
from registration.texts import Text
from registration.views.support.pages import CallPage

LINES: Final = 20


@dataclass(frozen=True)
class MessageLine:
    """One message in words: no address, no text (SUP-2)."""

    what: Text
    channel: Text
    state: Text
    at: datetime


class MessagesPage(CallPage):
    """Each message about the identity, the newest first: on which channel, whether it arrived, and when."""

    template_name = "registration/messages.html"

    def instead(self) -> HttpResponse | None:
        """Lead whoever has not identified the caller back (SUP-1)."""
        is_over = super().instead()
        if is_over is not None or self.call.is_identified:
            return is_over
        return redirect("registration:support-citizen", call_id=self.call_id)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a page of them."""
        before = _cursor(request.GET.get("before", ""))
        found = deliveries_of(reference=self.call.identity_id, limit=LINES + 1, before=before)
        lines = found[:LINES]
        here = reverse("registration:support-messages", kwargs={"call_id": self.call_id})
        context = self.get_context_data(
            lines=[
                MessageLine(
                    what=MESSAGES[line.kind], channel=CHANNELS[line.channel], state=STATES[line.state], at=line.at
                )
                for line in lines
            ],
            older_url=f"{here}?before={lines[-1].id}" if len(found) > LINES else "",
            newest_url=here if before else "",
        )
        return self.render_to_response(context)


def _cursor(text: str) -> UUID | None:
    # A mangled address shows the newest.
    return UUID(text) if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text, re.ASCII) else None
