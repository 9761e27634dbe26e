"""Support blocks an identity."""

from typing import assert_never

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import BlockReason
from registration.forms import BlockForm
from registration.texts import NOTED, SUPPORT_REFUSALS
from registration.usecases.block_for_caller import Blocked, Noted, block_for_caller
from registration.usecases.results import SupportRefused
from registration.views.support.pages import CallPage


class BlockPage(CallPage, FormMixin[BlockForm], ProcessFormView):
    """With a reason, at once."""

    template_name = "registration/block.html"
    form_class = BlockForm

    def form_valid(self, form: BlockForm) -> HttpResponse:
        """Block, and go back to the citizen."""
        outcome = block_for_caller(
            officer_id=self.officer.id,
            call_id=self.call_id,
            reason=BlockReason(form.cleaned_data["reason"]),
            now=self.now,
        )
        match outcome:
            case Blocked():
                messages.success(self.request, _("The identity is blocked. The citizen has been told."))
                return redirect("registration:support-citizen", call_id=self.call_id)
            case Noted():
                messages.success(self.request, NOTED)
                return redirect("registration:support-citizen", call_id=self.call_id)
            case SupportRefused(reason=reason):
                form.add_error(None, SUPPORT_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)
