"""What the pages of self-service take: parsed and cleaned, no rules."""

import json
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from identities.api import AuthenticatorBlockReason, BlockReason
from notifications.api import normal_email, normal_phone
from selfservice.authenticator_texts import REASONS

LONGEST_TYPED: Final = 200  # characters; the rules say what is too long, this only bounds what they look at
LONGEST_ANSWER: Final = 65_536  # characters of a chip's answer; its maker's certificates are in it
CODE_LENGTH: Final = 6
NOT_PLAIN: Final = _("This holds characters that cannot be used here. Type it again by hand.")


class PlainText(forms.CharField):
    """A line of text without null bytes, in our own words."""

    default_error_messages = {
        "required": _("This must be filled in."),
        "null_characters_not_allowed": NOT_PLAIN,
    }

    def clean(self, value: object) -> str:
        """Refuse what cannot be stored before anything else looks at it."""
        if isinstance(value, str) and "\x00" in value:
            raise forms.ValidationError(NOT_PLAIN, code="null_characters_not_allowed")
        cleaned: str = super().clean(value)
        return cleaned


def clean_six_digits(typed: str) -> str:
    """Drop the gaps people type, and refuse what is no code of ours."""
    code = "".join(typed.split())
    if len(code) != CODE_LENGTH or not (code.isascii() and code.isdigit()):
        raise forms.ValidationError(_("The code is six digits, for example 123 456."), code="form")
    return code


def a_user_id() -> PlainText:
    """Make the field for somebody's own user ID."""
    return PlainText(
        label=_("User ID"),
        max_length=LONGEST_TYPED,
        error_messages={"required": _("Type your user ID.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


def an_activation_code() -> PlainText:
    """Make the field for an activation code, however it came."""
    return PlainText(
        label=_("Activation code"),
        help_text=_("Fourteen letters and digits. On paper it is valid for 48 hours, by text message for 30 minutes."),
        max_length=LONGEST_TYPED,
        error_messages={"required": _("Type the activation code.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "input-width-m",
            }
        ),
    )


class NewPassword(PlainText):
    """A password that is being chosen."""

    def __init__(self, **kwargs: Any) -> None:
        as_ever: dict[str, Any] = {
            "label": _("Choose a password"),
            "help_text": _("8 to 64 characters. Not your user ID, ten digits in a row or a row of the keyboard."),
            "max_length": LONGEST_TYPED,
            "strip": False,
            "error_messages": {"required": _("Choose a password.")},
            "widget": forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        }
        super().__init__(**(as_ever | kwargs))


class ActivateForm(forms.Form):
    """All that the activation of a code device asks."""

    user_id = a_user_id()
    activation_code = an_activation_code()
    device_code = PlainText(
        label=_("Code from your device"),
        help_text=_("Press the button on it, and type the six digits that it shows or speaks."),
        max_length=LONGEST_TYPED,
        error_messages={"required": _("Type the six digits that your device shows or speaks.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "input-char-8"}
        ),
    )
    password = NewPassword()
    password_again = PlainText(
        label=_("Type the password again"),
        max_length=LONGEST_TYPED,
        strip=False,
        error_messages={"required": _("Type the password once more.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_device_code(self) -> str:
        """Give six digits."""
        return clean_six_digits(self.cleaned_data["device_code"])

    def clean_password_again(self) -> str:
        """Refuse a slip of the finger."""
        again: str = self.cleaned_data["password_again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("The two passwords are not the same."), code="differs")
        return again


class DeviceCode(PlainText):
    """One of two codes in a row."""

    def __init__(self, **kwargs: Any) -> None:
        as_ever: dict[str, Any] = {
            "max_length": LONGEST_TYPED,
            "widget": forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "input-char-8"}),
        }
        super().__init__(**(as_ever | kwargs))


class TwoCodesForm(forms.Form):
    """Two codes in a row of one device."""

    first_code = DeviceCode(
        label=_("First code"),
        help_text=_("Six digits"),
        error_messages={"required": _("Type the first code.")},
    )
    second_code = DeviceCode(
        label=_("The code after it"),
        help_text=_("Six digits. Wait until the device gives a new code."),
        error_messages={"required": _("Type the code after it.")},
    )

    def clean_first_code(self) -> str:
        """Give six digits."""
        return clean_six_digits(self.cleaned_data["first_code"])

    def clean_second_code(self) -> str:
        """Give six digits."""
        return clean_six_digits(self.cleaned_data["second_code"])


class ChipAnswerForm(forms.Form):
    """What a chip answered, as the script wrote it."""

    response = forms.CharField(required=False, max_length=LONGEST_ANSWER, widget=forms.HiddenInput())

    def clean(self) -> dict[str, Any]:
        """Give the answer as an object. Said of the whole form: nobody can go to a field they do not see."""
        typed = super().clean() or self.cleaned_data
        try:
            answer = json.loads(typed.get("response") or "null")
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise forms.ValidationError(
                _("Your chip did not answer. Put it in or hold it to the reader, and try again."), code="form"
            )
        return {**typed, "response": answer}


class ActivateChipForm(ChipAnswerForm):
    """What the activation of a chip asks."""

    user_id = a_user_id()
    activation_code = an_activation_code()
    field_order = ("user_id", "activation_code", "response")


class ChipUserForm(forms.Form):
    """For whom a chip is to make a key."""

    user_id = PlainText(max_length=LONGEST_TYPED)


class ActivatePasswordForm(forms.Form):
    """What a new password with a code asks."""

    user_id = a_user_id()
    activation_code = an_activation_code()
    password = NewPassword()


class NewPasswordForm(forms.Form):
    """A new password, once: the page can show it."""

    password = NewPassword(label=_("New password"))


class PasswordRatingForm(forms.Form):
    """A password while it is typed, and whose it is to be."""

    password = PlainText(max_length=LONGEST_TYPED, strip=False)
    user_id = PlainText(max_length=LONGEST_TYPED, required=False)


class StopAuthenticatorForm(forms.Form):
    """Why a citizen suspends or blocks one of their authenticators."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=[(reason.value, text) for reason, text in REASONS.items()],
        initial=AuthenticatorBlockReason.OWN_WISH.value,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one of the reasons.")},
        widget=forms.RadioSelect,
    )


class PhoneForm(forms.Form):
    """A new phone number."""

    contact = PlainText(
        label=_("New phone number"),
        help_text=_("A number that can receive text messages. With a country code if it is not Danish."),
        max_length=LONGEST_TYPED,
        error_messages={"required": _("Type the new phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "input-width-m"}),
    )

    def clean_contact(self) -> str:
        """Give the number as E.164."""
        phone = normal_phone(self.cleaned_data["contact"])
        if phone is None:
            raise forms.ValidationError(
                _("This is not a phone number that can receive text messages. Write it like 12 34 56 78."), code="form"
            )
        return phone


class EmailForm(forms.Form):
    """A new e-mail address."""

    contact = PlainText(
        label=_("New e-mail address"),
        max_length=320,
        error_messages={"required": _("Type the new e-mail address.")},
        widget=forms.TextInput(
            attrs={"type": "email", "autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_contact(self) -> str:
        """Give the address as it is stored."""
        email = normal_email(self.cleaned_data["contact"])
        if email is None:
            raise forms.ValidationError(
                _("This is not an e-mail address. Write it like name@example.com."), code="form"
            )
        return email


class ContactCodeForm(forms.Form):
    """The code that was sent to a new contact."""

    code = PlainText(
        label=_("Code"),
        help_text=_("Six digits."),
        max_length=LONGEST_TYPED,
        error_messages={"required": _("Type the code we sent.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "input-char-8"}
        ),
    )

    def clean_code(self) -> str:
        """Give six digits."""
        return clean_six_digits(self.cleaned_data["code"])


class UserIdForm(forms.Form):
    """A new user ID, taken as typed: what may be in it, spaces at its ends too, is the rules' to say."""

    user_id = PlainText(
        label=_("New user ID"),
        help_text=_(
            "5 to 48 characters: letters, digits, space and {}!#$^,*()_+-=:;?.@ Not your name, birth date, "
            "CPR number, phone or e-mail."
        ),
        max_length=LONGEST_TYPED,
        strip=False,
        error_messages={"required": _("Type the new user ID.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class BlockForm(forms.Form):
    """Why a citizen blocks their own identity."""

    reason = forms.ChoiceField(
        label=_("Why do you want to block?"),
        choices=[
            (BlockReason.SUSPECTED_MISUSE.value, _("I think that somebody else uses it")),
            (BlockReason.LOST_DEVICE.value, _("I have lost my code display")),
            (BlockReason.OWN_WISH.value, _("Another reason")),
        ],
        initial=BlockReason.OWN_WISH.value,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one of the reasons.")},
        widget=forms.RadioSelect,
    )


class PagePositionForm(forms.Form):
    """Where in the activity list a reader stands: as the address has it."""

    group = forms.CharField(required=False, max_length=32)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
