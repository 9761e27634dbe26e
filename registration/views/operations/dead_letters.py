"""What was given up, and sending it again."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from mitid_portal.times import danish_time
from notifications.api import Channel, DeadLetter, ResendRefusal, Resent, dead_letters
from registration.message_texts import CHANNELS, MESSAGES, RESEND_REFUSALS
from registration.operations_forms import DeadLetterFilterForm, ResendForm
from registration.texts import Text
from registration.usecases.resend_dead_letter import resend_dead_letter
from registration.views.base import OperatorPage
from registration.views.rows import Row

LINES: Final = 25


@dataclass(frozen=True)
class DeadLine:
    """A given-up message in words: not to whom, and not what it says."""

    id: UUID
    what: Text
    channel: Text
    failure: str
    provider: str
    attempts: int
    given_up_at: datetime


class DeadLettersPage(OperatorPage):
    """A list, the newest first, by channel and failure."""

    template_name = "registration/operations_dead_letters.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, and what was found."""
        form = DeadLetterFilterForm(request.GET)
        if not form.is_valid():
            return self.form_invalid(form)
        channel, failure = form.cleaned_data["channel"], form.cleaned_data["failure"]
        before = _cursor(request.GET.get("before", ""))
        found = dead_letters(
            limit=LINES + 1, before=before, channel=Channel(channel) if channel else None, failure=failure
        )
        lines = found[:LINES]
        older = lines[-1].id if len(found) > LINES else None
        context = self.get_context_data(
            form=form,
            lines=[_line(letter) for letter in lines],
            older_url=_url(channel=channel, failure=failure, before=older) if older else "",
            newest_url=_url(channel=channel, failure=failure) if before else "",
        )
        return self.render_to_response(context)


class ResendPage(OperatorPage, FormMixin[ResendForm], ProcessFormView):
    """One message, and why it shall go out again."""

    template_name = "registration/operations_resend.html"
    form_class = ResendForm
    letter: DeadLetter

    def load(self) -> None:
        """Find the message among those given up."""
        found = dead_letters(limit=1, delivery_id=UUID(str(self.kwargs["delivery_id"])))
        if not found:
            raise Http404
        (self.letter,) = found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what is known of it."""
        return super().get_context_data(rows=_rows(self.letter), **kwargs)

    def form_valid(self, form: ResendForm) -> HttpResponse:
        """Send it again, and go back to the list."""
        outcome = resend_dead_letter(
            officer_id=self.officer.id, delivery_id=self.letter.id, reason=form.cleaned_data["reason"], now=self.now
        )
        match outcome:
            case Resent():
                messages.success(self.request, _("The message is on its way again."))
                return redirect("registration:operations-dead-letters")
            case ResendRefusal():
                form.add_error(None, RESEND_REFUSALS[outcome])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)


def _line(letter: DeadLetter) -> DeadLine:
    return DeadLine(
        id=letter.id,
        what=MESSAGES[letter.kind],
        channel=CHANNELS[letter.channel],
        failure=letter.failure,
        provider=letter.provider,
        attempts=letter.attempts,
        given_up_at=letter.given_up_at,
    )


def _rows(letter: DeadLetter) -> list[Row]:
    return [
        Row(_("Message"), MESSAGES[letter.kind]),
        Row(_("Channel"), CHANNELS[letter.channel]),
        Row(_("Provider"), letter.provider),
        Row(_("Failure"), letter.failure),
        Row(_("Tries"), str(letter.attempts)),
        Row(_("Written"), danish_time(letter.created_at)),
        Row(_("Given up"), danish_time(letter.given_up_at)),
        Row(_("Of use until"), danish_time(letter.useful_until)),
        Row(_("Reference"), str(letter.id)),
    ]


def _url(**fields: object) -> str:
    chosen = {name: value for name, value in fields.items() if value}
    return f"{reverse('registration:operations-dead-letters')}?{urlencode(chosen)}"


def _cursor(text: str) -> UUID | None:
    # A mangled address shows the newest.
    return UUID(text) if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text, re.ASCII) else None
