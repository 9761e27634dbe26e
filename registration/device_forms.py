"""What the pages about authenticators take: parsed and cleaned, no rules."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from identities.api import AuthenticatorKind
from registration import texts
from registration.forms import PLAIN

CODE = {"inputmode": "numeric", "autocomplete": "off", "class": "input-char-8"}


def cleaned_device_code(typed: str) -> str:
    """Give the six digits of a code device, or refuse."""
    code = "".join(typed.split())
    if not re.fullmatch(r"[0-9]{6}", code):
        raise forms.ValidationError(_("The code is six digits."), code="form")
    return code


class DeviceForm(forms.Form):
    """Which code display or audio code reader is handed out."""

    serial = forms.CharField(
        label=_("Serial number"),
        max_length=64,
        help_text=_("On the back of the device"),
        error_messages={"required": _("Type the serial number.")},
        widget=forms.TextInput(attrs=PLAIN),
    )

    def clean_serial(self) -> str:
        """Give the number as it is in the stock."""
        serial = "".join(self.cleaned_data["serial"].split()).upper()
        if not re.fullmatch(r"[A-Z0-9][A-Z0-9._/-]{0,31}", serial):
            raise forms.ValidationError(
                _("A serial number has letters, digits and the signs - . _ / only."), code="form"
            )
        return serial


class AuthenticatorBlockForm(forms.Form):
    """Why one authenticator is blocked."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=list(texts.AUTHENTICATOR_BLOCK_REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the reason.")},
    )


class SendCodeForm(forms.Form):
    """What a code by SMS is for."""

    kind = forms.ChoiceField(
        label=_("What shall the code activate?"),
        choices=list(texts.SENT_KINDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the code shall activate.")},
    )

    def clean_kind(self) -> AuthenticatorKind:
        """Give the kind itself."""
        return AuthenticatorKind(self.cleaned_data["kind"])


class TwoCodesForm(forms.Form):
    """Two codes in a row of one device."""

    first_code = forms.CharField(
        label=_("First code"),
        max_length=20,
        help_text=_("Six digits"),
        error_messages={"required": _("Type the first code.")},
        widget=forms.TextInput(attrs=CODE),
    )
    second_code = forms.CharField(
        label=_("The code after it"),
        max_length=20,
        help_text=_("Six digits. Wait until the device gives a new code."),
        error_messages={"required": _("Type the code after it.")},
        widget=forms.TextInput(attrs=CODE),
    )

    def clean_first_code(self) -> str:
        """Drop the gaps people type."""
        return cleaned_device_code(self.cleaned_data["first_code"])

    def clean_second_code(self) -> str:
        """Drop the gaps people type."""
        return cleaned_device_code(self.cleaned_data["second_code"])
