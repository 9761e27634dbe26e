"""Blocking one's own identity."""

from typing import Any, assert_never

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import CitizenPage, PublicPage
from identities.api import BlockReason
from selfservice.forms import BlockForm
from selfservice.usecases.block_own_identity import block_own_identity
from selfservice.usecases.outcomes import LoginEnded


class BlockStartPage(PublicPage):
    """How to block, for everybody: logged in, from an alert, or by phone."""

    template_name = "selfservice/block_start.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        return self.render_to_response(self.get_context_data(support_phone=settings.SUPPORT_PHONE))


class BlockConfirmPage(CitizenPage, FormMixin[BlockForm], ProcessFormView):
    """One press, and the identity is blocked (BLK-1)."""

    template_name = "selfservice/block_confirm.html"
    form_class = BlockForm

    def form_valid(self, form: BlockForm) -> HttpResponse:
        """Block, and leave nothing of the login in this browser."""
        reason = BlockReason(form.cleaned_data["reason"])
        outcome = block_own_identity(login=self.login, reason=reason, now=self.now)
        match outcome:
            case True | False:
                self.request.session.flush()
                return redirect("selfservice:blocked")
            case LoginEnded():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)


class BlockedPage(PublicPage):
    """What a block means, and who alone can undo it (BLK-2)."""

    template_name = "selfservice/blocked.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        return self.render_to_response(self.get_context_data())
