"""A citizen who has an identity may be handed out something more."""

from typing import assert_never

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from registration.texts import STEP_REFUSALS
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_authenticator import approve_authenticator
from registration.usecases.results import StepRefused
from registration.views.clerk.reopen import ApprovalPage


class ApproveAuthenticatorPage(ApprovalPage):
    """The clerk approves that the identity is proven."""

    template_name = "registration/approve.html"

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Approve, and go on to what is handed out."""
        outcome = approve_authenticator(officer_id=self.officer.id, case_id=self.case_id, now=self.now)
        match outcome:
            case Approved():
                messages.success(request, _("The identity is proven."))
                return redirect("registration:case-device", case_id=self.case_id)
            case StepRefused(reason=reason):
                messages.error(request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:case", case_id=self.case_id)
