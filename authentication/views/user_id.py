"""First step of a log-in: the user ID."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import UserIdForm
from authentication.pages import PublicPage
from authentication.states import Door, Purpose
from authentication.texts import FROM_HERE_TOO_MANY
from authentication.throttle import note_wrong_try, source_may_try, source_of
from authentication.usecases.open_request import open_request
from authentication.views.flow import STEPS, keep_request

ACT = "open-login"


class UserIdPage(PublicPage, FormMixin[UserIdForm], ProcessFormView):
    """Who wants in; what is typed is taken as it is, whether somebody has it or nobody (TRY-2)."""

    template_name = "authentication/user_id.html"
    form_class = UserIdForm
    door: ClassVar[Door] = Door.PORTAL

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which door it is, and whether an earlier login ended."""
        return super().get_context_data(
            door=self.door.value, has_ended="ended" in self.request.GET, steps=STEPS, **kwargs
        )

    def form_valid(self, form: UserIdForm) -> HttpResponse:
        """Go on to the code."""
        if not source_may_try(self.request, ACT, most=settings.LOG_INS_PER_SOURCE):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        note_wrong_try(self.request, ACT)
        opened = open_request(
            purpose={Door.PORTAL: Purpose.PORTAL_LOGIN, Door.BACKOFFICE: Purpose.BACKOFFICE_LOGIN}[self.door],
            user_id=form.cleaned_data["user_id"],
            source=source_of(self.request),
            now=self.now,
        )
        keep_request(
            self.request,
            request_id=opened.id,
            door=self.door,
            next_address=self.request.GET.get("next", ""),
        )
        return redirect("authentication:code")


class OfficerUserIdPage(UserIdPage):
    """The same, at the backoffice's door."""

    door = Door.BACKOFFICE
