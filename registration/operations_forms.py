"""What the operators' pages take: parsed and cleaned, no rules."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.api import Channel, ResendReason
from registration.forms import PLAIN
from registration.message_texts import CHANNELS, RESEND_REASONS


class DeadLetterFilterForm(forms.Form):
    """Which of the given-up messages are listed; all of it may be left out."""

    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[("", _("All")), *((channel.value, CHANNELS[channel]) for channel in (Channel.SMS, Channel.EMAIL))],
        required=False,
    )
    failure = forms.CharField(
        label=_("Failure"),
        help_text=_("The code as the list has it"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs=PLAIN | {"class": "input-width-m"}),
    )

    def clean_failure(self) -> str:
        """Give the code, or refuse what is none."""
        failure: str = self.cleaned_data["failure"]
        if not re.fullmatch(r"[A-Za-z0-9_.:+-]{0,64}", failure, re.ASCII):
            raise forms.ValidationError(_("A failure is a code such as twilio_30005."), code="form")
        return failure


class ResendForm(forms.Form):
    """Why a message is sent again."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[(reason.value, text) for reason, text in RESEND_REASONS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the reason.")},
    )

    def clean_reason(self) -> ResendReason:
        """Give the reason itself."""
        return ResendReason(self.cleaned_data["reason"])
