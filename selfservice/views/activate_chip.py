"""A chip with an activation code."""

from typing import Any, assert_never

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import PublicPage, note_wrong_try, source_may_try
from identities.api import (
    Activated,
    ActivationRefused,
    ChipNotEnrolled,
    ChipRefusal,
    PasswordNeeded,
    chip_registration_options,
)
from selfservice.authenticator_texts import CHIP_REFUSALS
from selfservice.forms import ActivateChipForm, ChipUserForm
from selfservice.texts import CODE_ALONE_REFUSED, PASSWORD_NEEDED, TOO_MANY_TRIES_FROM_HERE
from selfservice.usecases.activate_chip import activate_chip
from selfservice.views.flow import keep_challenge, spent_challenge

ACT = "activate"
UNPROCESSABLE = 422


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ActivateChipPage(PublicPage, FormMixin[ActivateChipForm], ProcessFormView):
    """User ID, code and what the chip answers (SEC-4)."""

    template_name = "selfservice/activate_chip.html"
    form_class = ActivateChipForm

    def form_valid(self, form: ActivateChipForm) -> HttpResponse:
        """Activate; a refusal says what to do, not which part was wrong (TRY-2)."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, str(TOO_MANY_TRIES_FROM_HERE))
            return self.form_invalid(form)
        challenge = spent_challenge(self.request, now=self.now)
        if challenge is None:
            form.add_error(None, str(CHIP_REFUSALS[ChipRefusal.NOT_VERIFIED]))
            return self.form_invalid(form)
        outcome = activate_chip(**form.cleaned_data, challenge=challenge, now=self.now)
        match outcome:
            case Activated():
                return redirect("selfservice:activated", what="chip")
            case PasswordNeeded():
                form.add_error(None, str(PASSWORD_NEEDED))
            case ChipNotEnrolled(reason=reason):
                form.add_error(None, str(CHIP_REFUSALS[reason]))
            case ActivationRefused():
                note_wrong_try(self.request, ACT)
                form.add_error(None, str(CODE_ALONE_REFUSED))
            case _:
                assert_never(outcome)
        return self.form_invalid(form)


class ChipOptionsPage(PublicPage, FormMixin[ChipUserForm]):
    """What the browser asks a chip for a user ID that was typed; alike for known and unknown ones (TRY-2)."""

    form_class = ChipUserForm
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the options, and keep the challenge."""
        form = self.get_form()
        if not form.is_valid():
            return JsonResponse({"options": None}, status=UNPROCESSABLE)
        options, challenge = chip_registration_options(identity_id=None, user_id=form.cleaned_data["user_id"])
        keep_challenge(request, challenge, now=self.now)
        return JsonResponse({"options": options})
