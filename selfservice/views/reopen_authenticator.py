"""Reopening what the citizen has suspended, through the double login (BLK-3)."""

import json
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import AuthenticatorView, ChangeField, may_reopen_alone
from selfservice.authenticator_texts import name_of
from selfservice.views.ask import AskingPage
from selfservice.views.flow import own_authenticator


class ReopenAuthenticatorPage(AskingPage, FormMixin[forms.Form], ProcessFormView):
    """What it takes, and the button that asks."""

    template_name = "selfservice/reopen_authenticator.html"
    form_class = forms.Form
    field = ChangeField.REOPENING

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name it, and say whether it is the citizen's to reopen."""
        view = self._authenticator()
        return super().get_context_data(
            name=name_of(view),
            may_reopen=may_reopen_alone(state=view.state, suspended_by=view.suspended_by),
            pending=self.pending,
            **kwargs,
        )

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Ask for the reopening."""
        view = self._authenticator()
        return self.ask_for(json.dumps({"kind": view.kind.value, "id": str(view.id)}), form)

    def _authenticator(self) -> AuthenticatorView:
        view = own_authenticator(self.identity_id, self.kwargs)
        if view is None:
            raise Http404
        return view
