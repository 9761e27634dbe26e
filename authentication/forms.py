"""What the log-in pages take: parsed and cleaned, no rules."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from authentication.texts import CODE_HELP, CODE_LABELS, CODE_MISSING
from identities.api import AuthenticatorKind

LONGEST_TYPED = 200
LONGEST_ANSWER = 16_384  # of a chip, as JSON


class UserIdForm(forms.Form):
    """The first step of a log-in."""

    user_id = forms.CharField(
        label=_("User ID"),
        max_length=48,
        help_text=_("The user ID you chose when you got your identity. It is not your CPR number."),
        error_messages={"required": _("Type your user ID.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class CodeForm(forms.Form):
    """The second step: six digits from a code device."""

    code = forms.CharField(
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"},
        ),
    )

    def __init__(self, *args: Any, kind: AuthenticatorKind = AuthenticatorKind.CODE_DISPLAY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label, field.help_text = str(CODE_LABELS[kind]), str(CODE_HELP[kind])
        field.error_messages["required"] = str(CODE_MISSING[kind])

    def clean_code(self) -> str:
        """Drop the gaps people type, and refuse what no device can show."""
        code = "".join(self.cleaned_data["code"].split())
        if len(code) != 6 or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError(_("The code is six digits, for example 123 456."), code="form")
        return code


class PasswordForm(forms.Form):
    """The last step."""

    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_TYPED,
        strip=False,
        error_messages={"required": _("Type your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class OpeningCodeForm(forms.Form):
    """What puts a request into an app where another one stands; left out, the app is asked as it is."""

    opening_code = forms.CharField(
        label=_("Opening code from your app"),
        max_length=20,
        required=False,
        help_text=_("Eight characters. In the app, choose “Somebody else keeps asking”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class ChipForm(forms.Form):
    """What the chip answered, as the script wrote it."""

    response = forms.CharField(
        max_length=LONGEST_ANSWER,
        widget=forms.HiddenInput(),
        error_messages={
            "required": _("Your chip did not answer. Put it in or hold it to the reader, and try again."),
            "max_length": _("Your chip's answer could not be read. Try again."),
        },
    )

    def clean_response(self) -> dict[str, Any]:
        """Give the answer as an object."""
        try:
            answer = json.loads(self.cleaned_data["response"])
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise forms.ValidationError(_("Your chip's answer could not be read. Try again."), code="form")
        return answer
