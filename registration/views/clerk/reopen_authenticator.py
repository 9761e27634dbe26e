"""A clerk reopens one suspended authenticator."""

from typing import Any, assert_never
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from registration.texts import STEP_REFUSALS
from registration.usecases.reopen_authenticator_in_case import ReopenedInCase, reopen_authenticator_in_case
from registration.usecases.results import StepRefused
from registration.views.authenticators import line_in
from registration.views.base import CasePage


class CaseAuthenticatorReopenPage(CasePage):
    """By a button in the list of the case."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Reopen, and go back to the case."""
        pk = UUID(str(self.kwargs["authenticator_id"]))
        line = line_in(self.case.authenticators, kind=self.kwargs["kind"], pk=pk)
        if line is None:
            raise Http404
        outcome = reopen_authenticator_in_case(
            officer_id=self.officer.id, case_id=self.case_id, kind=line.kind, authenticator_id=line.id, now=self.now
        )
        match outcome:
            case ReopenedInCase():
                messages.success(request, _("It works again. The citizen has been told."))
            case StepRefused(reason=reason):
                messages.error(request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:case", case_id=self.case_id)
