"""A chip, registered at the first login and enrolled at the second."""

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import (
    AuthenticatorKind,
    ChangeField,
    ChipRefusal,
    chip_registration_options,
    identity_by_id,
    verify_chip_registration,
)
from selfservice.authenticator_texts import CHIP_REFUSALS
from selfservice.forms import ChipAnswerForm
from selfservice.views.ask import AskingPage
from selfservice.views.flow import keep_challenge, spent_challenge


class AddChipPage(AskingPage, FormMixin[ChipAnswerForm], ProcessFormView):
    """The chip makes its key here and now; it opens nothing before the second login (CHG-1, CHG-4)."""

    template_name = "selfservice/add_chip.html"
    form_class = ChipAnswerForm
    field = ChangeField.AUTHENTICATOR

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the script what to ask the chip, unless something waits already."""
        pending = self.pending
        return super().get_context_data(pending=pending, options="" if pending else self._options(), **kwargs)

    def form_valid(self, form: ChipAnswerForm) -> HttpResponse:
        """Judge what the chip made, and ask for it to be enrolled."""
        challenge = spent_challenge(self.request, now=self.now)
        response = form.cleaned_data["response"]
        credential = (
            ChipRefusal.NOT_VERIFIED if challenge is None else verify_chip_registration(response, challenge=challenge)
        )
        if isinstance(credential, ChipRefusal):
            form.add_error(None, str(CHIP_REFUSALS[credential]))
            return self.form_invalid(form)
        return self.ask_for(json.dumps({"kind": AuthenticatorKind.CHIP.value} | credential.as_json()), form)

    def _options(self) -> str:
        identity = identity_by_id(self.identity_id)
        if identity is None:
            raise Http404
        options, challenge = chip_registration_options(identity_id=identity.id, user_id=identity.user_id)
        keep_challenge(self.request, challenge, now=self.now)
        return json.dumps(options)
