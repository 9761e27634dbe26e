"""Base classes and rows of support's pages."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from mitid_portal.times import danish_time
from registration import texts
from registration.queries import CallOver, CallView, call_of
from registration.rules.cpr import masked
from registration.views.base import SupportPage
from registration.views.rows import Row


class CallPage(SupportPage):
    """About one call of the agent's own. Once that is over there is one page for all of them: search again."""

    call: CallView
    _is_over = False

    def load(self) -> None:
        """Find the call among the agent's own."""
        call = call_of(self.call_id, officer_id=self.officer.id, now=self.now)
        if call is None:
            raise Http404
        if isinstance(call, CallOver):
            self._is_over = True
        else:
            self.call = call

    def instead(self) -> HttpResponse | None:
        """Show nothing of a citizen in a call that is over (SUP-3)."""
        if not self._is_over:
            return None
        context = super().get_context_data()
        status = HTTPStatus.OK if self.request.method in {"GET", "HEAD"} else HTTPStatus.UNPROCESSABLE_ENTITY
        return self.response_class(self.request, ["registration/call_over.html"], context, status=status)

    @property
    def call_id(self) -> UUID:
        """The call in the address."""
        return UUID(str(self.kwargs["call_id"]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the call."""
        return super().get_context_data(call=self.call, **kwargs)


def citizen_rows(call: CallView) -> list[Row]:
    """Show what support may see: never a whole CPR number, never a contact (SUP-2)."""
    blocks = [
        _("%(source)s, %(time)s") % {"source": texts.BLOCK_SOURCES[block.source], "time": danish_time(block.blocked_at)}
        for block in call.blocks
    ]
    rows = [
        Row(_("Name"), call.name),
        Row(_("CPR number"), masked(call.cpr_number) if call.cpr_number else ""),
        Row(_("Identity"), texts.IDENTITY_STATES[call.state]),
        *(Row(_("Blocked by"), block) for block in blocks),
        Row(_("Reason for this look"), texts.LOOK_REASONS[call.reason]),
    ]
    if call.is_name_protected:
        rows.append(Row(_("Protection"), _("Name and address are protected. Do not say them aloud.")))
    return rows
