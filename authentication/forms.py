"""What the log-in pages take: parsed and cleaned, no rules."""

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_TYPED = 200


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
    """The second step: six digits from the code display."""

    code = forms.CharField(
        label=_("Code from your code display"),
        max_length=12,
        help_text=_("Press the button on your code display and type the six digits it shows."),
        error_messages={"required": _("Type the six digits your code display shows.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"},
        ),
    )

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
