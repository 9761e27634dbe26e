"""First step of a log-in: the user ID."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import UserIdForm
from authentication.rules import LEAST_LEVEL
from authentication.states import Door, Purpose
from authentication.texts import FROM_HERE_TOO_MANY
from authentication.throttle import note_wrong_try, source_may_try, source_of
from authentication.usecases.open_request import open_request
from authentication.views.alike import AlikePage
from authentication.views.flow import FIRST_STEPS, keep_request, kept_request_id
from authentication.views.way import go
from identities.api import AssuranceLevel

ACT = "open-login"
PURPOSES = {Door.PORTAL: Purpose.PORTAL_LOGIN, Door.BACKOFFICE: Purpose.BACKOFFICE_LOGIN}


class UserIdPage(AlikePage, FormMixin[UserIdForm], ProcessFormView):
    """Who wants in; what is typed is taken as it is, whether somebody has it or nobody (TRY-2)."""

    template_name = "authentication/user_id.html"
    form_class = UserIdForm
    alike = ("door", "has_ended", "is_step_up", "steps")
    door: ClassVar[Door] = Door.PORTAL

    @property
    def level(self) -> AssuranceLevel:
        """What the log-in is to reach: more than usual where a page that needs it sent the visitor here."""
        is_high = self.request.GET.get("level") == AssuranceLevel.HIGH.name.lower()
        return AssuranceLevel.HIGH if is_high else LEAST_LEVEL

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which door it is, whether an earlier login ended, and whether more is asked for than it had."""
        return super().get_context_data(
            door=self.door.value,
            has_ended="ended" in self.request.GET,
            is_step_up=self.level > LEAST_LEVEL,
            steps=FIRST_STEPS,
            **kwargs,
        )

    def form_valid(self, form: UserIdForm) -> HttpResponse:
        """Go on with what was used last."""
        if not source_may_try(self.request, ACT, most=settings.LOG_INS_PER_SOURCE):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        note_wrong_try(self.request, ACT)
        opened = open_request(
            purpose=PURPOSES[self.door],
            user_id=form.cleaned_data["user_id"],
            source=source_of(self.request),
            level_wanted=self.level,
            replaces=kept_request_id(self.request),
            now=self.now,
        )
        keep_request(
            self.request,
            request_id=opened.id,
            door=self.door,
            level=self.level,
            next_address=self.request.GET.get("next", ""),
        )
        return go(self.request, request_id=opened.id, way=opened.suggested)


class OfficerUserIdPage(UserIdPage):
    """The same, at the backoffice's door."""

    door = Door.BACKOFFICE
