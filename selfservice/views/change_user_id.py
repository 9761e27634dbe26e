"""A new user ID, and how easily it is guessed."""

import re
from typing import Any, assert_never
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import CitizenPage
from identities.api import (
    ChangeField,
    ChangeNotTaken,
    ChangeWaits,
    ContactCodeRefused,
    Guessability,
    guessability_of,
    identity_by_id,
    owner_of_user_id,
)
from selfservice.forms import UserIdForm
from selfservice.texts import GUESSABILITIES, text_for_request
from selfservice.usecases.outcomes import LoginEnded, NewUserId
from selfservice.usecases.request_change import request_change
from selfservice.views.flow import pending_link

UNPROCESSABLE = 422


class ChangeUserIdPage(CitizenPage, FormMixin[UserIdForm], ProcessFormView):
    """What stands now, and what shall stand (UID-1 to UID-5)."""

    template_name = "selfservice/change_user_id.html"
    form_class = UserIdForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what stands now; after a refusal also how guessable what was typed is."""
        identity = identity_by_id(self.identity_id)
        context = super().get_context_data(
            stands_now=identity.user_id if identity else "",
            pending=pending_link(self.identity_id, ChangeField.USER_ID, now=self.now),
            guessabilities=[{"score": int(score), "text": text} for score, text in GUESSABILITIES.items()],
            **kwargs,
        )
        typed = context["form"].data.get("user_id", "")
        context["guessability"] = GUESSABILITIES[_guessability(typed, self.identity_id)] if typed else ""
        return context

    def form_valid(self, form: UserIdForm) -> HttpResponse:
        """Ask for the change."""
        wanted = NewUserId(user_id=form.cleaned_data["user_id"])
        outcome = request_change(login=self.login, field=ChangeField.USER_ID, wanted=wanted, now=self.now)
        match outcome:
            case ChangeWaits(change_id=change_id):
                return redirect("selfservice:change", change_id=change_id)
            case ChangeNotTaken(reason=reason):
                form.add_error("user_id", text_for_request(reason))
            case LoginEnded() | ContactCodeRefused():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)
        return self.form_invalid(form)


class UserIdRatingPage(CitizenPage, FormMixin[UserIdForm]):
    """How guessable a user ID is, for the script that asks while it is typed. Answers with a number, nothing else."""

    form_class = UserIdForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Rate what was sent."""
        form = self.get_form()
        if not form.is_valid():
            return JsonResponse({"score": None}, status=UNPROCESSABLE)
        return JsonResponse({"score": int(_guessability(form.cleaned_data["user_id"], self.identity_id))})


def _guessability(typed: str, identity_id: UUID) -> Guessability:
    """Rate ``typed`` for a guesser who knows the citizen's name and mailbox."""
    owner = owner_of_user_id(identity_id)
    known = [*re.split(r"[\s\-]+", owner.name), *(email.partition("@")[0] for email in owner.emails)]
    return guessability_of(typed, known=tuple(known))
