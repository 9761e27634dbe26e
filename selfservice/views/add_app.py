"""The app, asked for at home: a code on the screen after the second login."""

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import AuthenticatorKind, ChangeField
from selfservice.views.ask import AskingPage


class AddAppPage(AskingPage, FormMixin[forms.Form], ProcessFormView):
    """What it takes, and the button that asks (SEC-5)."""

    template_name = "selfservice/add_app.html"
    form_class = forms.Form
    field = ChangeField.AUTHENTICATOR

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what waits already in the form's place."""
        return super().get_context_data(pending=self.pending, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Ask for the app."""
        return self.ask_for(json.dumps({"kind": AuthenticatorKind.APP.value}), form)
