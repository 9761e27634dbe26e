"""A new password, and how easily it is guessed."""

import re
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import PublicPage, login_of, note_wrong_try, source_may_try
from identities.api import (
    ChangeField,
    IdentityView,
    encoded_password,
    guessability_of,
    identity_by_id,
    owner_of_user_id,
    refusal_of_password,
)
from selfservice.forms import NewPasswordForm, PasswordRatingForm
from selfservice.texts import GUESSABILITIES, PASSWORD_REFUSALS
from selfservice.views.ask import AskingPage

UNPROCESSABLE = 422
TOO_MANY_REQUESTS = 429
ACT = "password-rating"
RATINGS_PER_SOURCE = 600  # in ten minutes: somebody types about three characters a second, and each rating costs time


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ChangePasswordPage(AskingPage, FormMixin[NewPasswordForm], ProcessFormView):
    """The new password, once; the old one is not asked for, as the login has just shown it or an app (SEC-2)."""

    template_name = "selfservice/change_password.html"
    form_class = NewPasswordForm
    field = ChangeField.PASSWORD

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what waits already in the form's place."""
        return super().get_context_data(
            pending=self.pending, ratings=rating_texts(), user_id=self._identity().user_id, **kwargs
        )

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        """Judge it, and ask for it; what waits is its hash."""
        password = form.cleaned_data["password"]
        refusal = refusal_of_password(password, user_id=self._identity().user_id)
        if refusal is not None:
            form.add_error("password", str(PASSWORD_REFUSALS[refusal]))
            return self.form_invalid(form)
        return self.ask_for(encoded_password(password, identity_id=self.identity_id), form)

    def _identity(self) -> IdentityView:
        identity = identity_by_id(self.identity_id)
        if identity is None:
            raise Http404
        return identity


@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordRatingPage(PublicPage, FormMixin[PasswordRatingForm]):
    """How guessable a password is, for the script that asks while it is typed.

    Open to everybody, for one is chosen at an activation too: it answers about what was sent and nothing else, and to
    who is logged in with their own names in mind.
    """

    form_class = PasswordRatingForm
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Rate what was sent, and say what is wrong with it."""
        form = self.get_form()
        if not form.is_valid():
            return JsonResponse({"score": None, "refusal": ""}, status=UNPROCESSABLE)
        if not source_may_try(request, ACT, most=RATINGS_PER_SOURCE):
            return JsonResponse({"score": None, "refusal": ""}, status=TOO_MANY_REQUESTS)
        note_wrong_try(request, ACT)
        password = form.cleaned_data["password"]
        login = login_of(request, now=self.now)
        own = identity_by_id(login.identity_id) if login else None
        user_id = form.cleaned_data["user_id"] or (own.user_id if own else "")
        known = (user_id, *(_names_of(own.id) if own else ()))
        refusal = refusal_of_password(password, user_id=user_id) if user_id else None
        return JsonResponse(
            {
                "score": int(guessability_of(password, known=known)),
                "refusal": str(PASSWORD_REFUSALS[refusal]) if refusal else "",
            }
        )


def rating_texts() -> list[dict[str, object]]:
    """Give the words for each score, for the script."""
    return [{"score": int(score), "text": text} for score, text in GUESSABILITIES.items()]


def _names_of(identity_id: UUID) -> list[str]:
    owner = owner_of_user_id(identity_id)
    return [*re.split(r"[\s\-]+", owner.name), *(email.partition("@")[0] for email in owner.emails)]
