"""Support finds who is on the phone."""

from typing import assert_never

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import SearchForm
from registration.states import FoundBy, LookReason
from registration.usecases.find_citizen import Found, NotFound, find_citizen
from registration.views.base import SupportPage


class SearchPage(SupportPage, FormMixin[SearchForm], ProcessFormView):
    """By user ID or CPR number, with a reason."""

    template_name = "registration/search.html"
    form_class = SearchForm

    def form_valid(self, form: SearchForm) -> HttpResponse:
        """Open a call on the citizen who was found."""
        outcome = find_citizen(
            officer_id=self.officer.id,
            found_by=FoundBy(form.cleaned_data["found_by"]),
            text=form.cleaned_data["text"],
            reason=LookReason(form.cleaned_data["reason"]),
            now=self.now,
        )
        match outcome:
            case Found(call_id=call_id):
                return redirect("registration:support-citizen", call_id=call_id)
            case NotFound():
                form.add_error("text", _("Nobody whom you may look at has this user ID or CPR number."))
                return self.form_invalid(form)
            case _:
                assert_never(outcome)
