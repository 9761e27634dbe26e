"""What support sees of a caller's identity."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from registration.texts import CHANGE_FIELDS
from registration.views.authenticators import entries
from registration.views.support.pages import CallPage, citizen_rows


class CitizenPage(CallPage):
    """The identity's state, and what can be done now."""

    template_name = "registration/citizen.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the identity."""
        changes = [
            {"id": change.id, "field": CHANGE_FIELDS[change.field], "opens_at": change.opens_at}
            for change in self.call.changes
        ]
        listed = entries(
            self.call.authenticators, block_at="registration:support-block-authenticator", call_id=self.call_id
        )
        return self.render_to_response(
            self.get_context_data(rows=citizen_rows(self.call), changes=changes, authenticators=listed)
        )
