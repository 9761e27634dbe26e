"""Second step of a log-in: the code of the code display."""

from typing import Any, assert_never

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import CodeForm
from authentication.pages import PublicPage
from authentication.states import LoginRefusal
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_CODE
from authentication.throttle import note_wrong_try, source_may_try, source_of
from authentication.usecases.give_code import give_code
from authentication.usecases.outcomes import CodeAccepted, LoginRefused
from authentication.views.flow import LOGIN_PAGES, STEPS, kept_door, kept_request_id, start_over

ACT = "login"


class CodePage(PublicPage, FormMixin[CodeForm], ProcessFormView):
    """What the device shows."""

    template_name = "authentication/code.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Turn away who has not said who they are."""
        request_id = kept_request_id(request)
        if request_id is None:
            return redirect("authentication:log-in")
        self.request_id = request_id
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which door it is."""
        door = kept_door(self.request)
        back_url = reverse(LOGIN_PAGES[door])
        return super().get_context_data(door=door.value, back_url=back_url, steps=STEPS, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """Go on to the password, stay, or start over."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = give_code(
            request_id=self.request_id,
            code=form.cleaned_data["code"],
            source=source_of(self.request),
            now=self.now,
        )
        match outcome:
            case CodeAccepted():
                return redirect("authentication:password")
            case LoginRefused(reason=LoginRefusal.NOT_ACCEPTED):
                note_wrong_try(self.request, ACT)
                form.add_error("code", NOT_ACCEPTED_CODE)
                return self.form_invalid(form)
            case LoginRefused(reason=reason):
                note_wrong_try(self.request, ACT)
                return start_over(self.request, reason)
            case _:
                assert_never(outcome)
