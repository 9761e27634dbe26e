"""A clerk blocks for the citizen who is there."""

from typing import Any, assert_never
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import AuthenticatorBlockReason, BlockReason
from registration.authenticator_lines import AuthenticatorLine
from registration.device_forms import AuthenticatorBlockForm
from registration.forms import BlockForm
from registration.texts import NOTED, STEP_REFUSALS
from registration.usecases.block_in_case import (
    BlockedInCase,
    NotedInCase,
    block_authenticator_in_case,
    block_identity_in_case,
)
from registration.usecases.results import StepRefused
from registration.views.authenticators import line_in, name_of
from registration.views.base import CasePage


class CaseBlockPage(CasePage, FormMixin[BlockForm], ProcessFormView):
    """The whole identity, at once."""

    template_name = "registration/case_block.html"
    form_class = BlockForm

    def load(self) -> None:
        """Find the case; one that shows nobody with an identity has nothing to block."""
        super().load()
        if self.case.identity_id is None or self.case.is_shut:
            raise Http404

    def form_valid(self, form: BlockForm) -> HttpResponse:
        """Block, and go back to the case."""
        outcome = block_identity_in_case(
            officer_id=self.officer.id,
            case_id=self.case_id,
            reason=BlockReason(form.cleaned_data["reason"]),
            now=self.now,
        )
        match outcome:
            case BlockedInCase():
                messages.success(self.request, _("The identity is blocked. The citizen has been told."))
                return redirect("registration:case", case_id=self.case_id)
            case NotedInCase():
                messages.success(self.request, NOTED)
                return redirect("registration:case", case_id=self.case_id)
            case StepRefused(reason=reason):
                form.add_error(None, STEP_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)


class CaseAuthenticatorBlockPage(CasePage, FormMixin[AuthenticatorBlockForm], ProcessFormView):
    """One authenticator, at once and for good."""

    template_name = "registration/case_block_one.html"
    form_class = AuthenticatorBlockForm
    line: AuthenticatorLine

    def load(self) -> None:
        """Find the case, and the authenticator among what it shows."""
        super().load()
        line = line_in(self.case.authenticators, kind=self.kwargs["kind"], pk=self.authenticator_id)
        if line is None:
            raise Http404
        self.line = line

    @property
    def authenticator_id(self) -> UUID:
        """The authenticator in the address."""
        return UUID(str(self.kwargs["authenticator_id"]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name what is about to be blocked."""
        return super().get_context_data(authenticator=name_of(self.line), **kwargs)

    def form_valid(self, form: AuthenticatorBlockForm) -> HttpResponse:
        """Block, and go back to the case."""
        outcome = block_authenticator_in_case(
            officer_id=self.officer.id,
            case_id=self.case_id,
            kind=self.line.kind,
            authenticator_id=self.line.id,
            reason=AuthenticatorBlockReason(form.cleaned_data["reason"]),
            now=self.now,
        )
        match outcome:
            case BlockedInCase():
                messages.success(self.request, _("It is blocked for good. The citizen has been told."))
                return redirect("registration:case", case_id=self.case_id)
            case StepRefused(reason=reason):
                form.add_error(None, STEP_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)
