"""Base classes of the backoffice's pages: who may see them, and the frame they show."""

from typing import Any, ClassVar
from uuid import UUID

from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from authentication.api import Login, OfficerPage, Page
from registration.models import ControlQuestion, ProofingCase, SupportCall
from registration.queries import ActingOfficer, CaseView, case_of, name_of_officer, rights_of
from registration.states import OfficerRole
from registration.steps import MayNotAct
from registration.texts import REGISTER_AWAY

UNAVAILABLE = 503
_NOT_THERE = (MayNotAct, ProofingCase.DoesNotExist, SupportCall.DoesNotExist, ControlQuestion.DoesNotExist)


class _Guarded(Page):
    """Comes after the log-in check. Wrong role, another office, not there: all the same 404."""

    login: Login
    needed: ClassVar[OfficerRole | None] = None
    rights: list[ActingOfficer]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in who has the right today (REG-11), then find what the page is about."""
        self.rights = rights_of(self.login.identity_id, now=self.now)
        if not any(self.needed in {None, right.role} for right in self.rights):
            raise Http404
        try:
            self.load()
            return self.instead() or super().dispatch(request, *args, **kwargs)
        except _NOT_THERE as nothing:
            raise Http404 from nothing

    def load(self) -> None:
        """Find what the page is about; a page with nothing to find leaves this out."""

    def instead(self) -> HttpResponse | None:
        """Give what is shown in place of the page; mostly nothing."""
        return None

    @property
    def officer(self) -> ActingOfficer:
        """The right that the page acts by."""
        return next(right for right in self.rights if self.needed in {None, right.role})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show who acts, and for whom."""
        officer = {
            "name": name_of_officer(self.login.identity_id),
            "office": f"{self.officer.organisation_name}, {self.officer.office_name}",
            "is_clerk": any(right.role is OfficerRole.CLERK for right in self.rights),
            "is_support": any(right.role is OfficerRole.SUPPORT for right in self.rights),
            "is_auditor": any(right.role is OfficerRole.AUDITOR for right in self.rights),
            "is_operator": any(right.role is OfficerRole.OPERATOR for right in self.rights),
        }
        return super().get_context_data(officer=officer, **kwargs)

    def register_away(self, form: BaseForm) -> HttpResponse:
        """Say that a register does not answer; what was typed stays."""
        form.add_error(None, REGISTER_AWAY)
        return self.render_to_response(self.get_context_data(form=form), status=UNAVAILABLE)


class BackofficePage(OfficerPage, _Guarded):
    """For any officer with a right today."""


class ClerkPage(OfficerPage, _Guarded):
    """For clerks of the registration authority."""

    needed = OfficerRole.CLERK


class SupportPage(OfficerPage, _Guarded):
    """For support agents."""

    needed = OfficerRole.SUPPORT


class AuditorPage(OfficerPage, _Guarded):
    """For auditors: they read the log and nothing else."""

    needed = OfficerRole.AUDITOR


class OperatorPage(OfficerPage, _Guarded):
    """For operators: they see that messages go out, and never to whom or what they say."""

    needed = OfficerRole.OPERATOR


class CasePage(ClerkPage):
    """About one case of the clerk's own office."""

    case: CaseView

    def load(self) -> None:
        """Find the case in the clerk's office."""
        case = case_of(self.case_id, office_id=self.officer.office_id, now=self.now)
        if case is None:
            raise Http404
        self.case = case

    @property
    def case_id(self) -> UUID:
        """The case in the address."""
        return UUID(str(self.kwargs["case_id"]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the case."""
        return super().get_context_data(case=self.case, **kwargs)
