"""Asking for a change whose new value is no contact and no user ID: what its pages share."""

from typing import ClassVar, assert_never

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect

from authentication.api import CitizenPage
from identities.api import ChangeField, ChangeNotTaken, ChangeWaits, ContactCodeRefused
from selfservice.texts import text_for_request
from selfservice.usecases.outcomes import LoginEnded, NewValue
from selfservice.usecases.request_change import request_change
from selfservice.views.flow import pending_link


class AskingPage(CitizenPage):
    """A page whose form asks for a change of ``field`` (CHG-1)."""

    field: ClassVar[ChangeField]

    @property
    def pending(self) -> str:
        """The address of the field's change that waits already, which takes the form's place (CHG-7)."""
        return pending_link(self.identity_id, self.field, now=self.now)

    def ask_for(self, value: str, form: BaseForm) -> HttpResponse:
        """Ask, and go to the change's page; a refusal is shown on the form."""
        outcome = request_change(login=self.login, field=self.field, wanted=NewValue(value=value), now=self.now)
        match outcome:
            case ChangeWaits(change_id=change_id):
                return redirect("selfservice:change", change_id=change_id)
            case ChangeNotTaken(reason=reason):
                form.add_error(None, text_for_request(reason))
                return self.form_invalid(form)
            case LoginEnded() | ContactCodeRefused():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)
