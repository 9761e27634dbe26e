"""What the backoffice's pages take: parsed and cleaned, no rules."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.api import EventKind
from mitid_portal.times import COPENHAGEN
from notifications.api import Language, normal_email, normal_phone
from registration import log_texts, texts
from registration.rules.cpr import normal_cpr_number
from registration.rules.log import LogFilters
from registration.rules.mrz import normal_line
from registration.states import CasePurpose, FoundBy

LONGEST_TYPED = 200
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
DATE_AND_TIME = {"type": "datetime-local", "class": "input-width-m"}
YEARS_OF_THE_LOG = range(2000, 2200)
WRONG_REFERENCE = _(
    "A reference has 32 digits and letters from a to f, for example 01890a5d-ac96-774b-bcce-b302099a8057."
)
WRONG_CPR_NUMBER = _("A CPR number is a date and four digits, for example 010180-1234.")


def cleaned_cpr_number(typed: str) -> str:
    """Give ten digits, or refuse."""
    digits = normal_cpr_number(typed)
    if digits is None:
        raise forms.ValidationError(WRONG_CPR_NUMBER, code="form")
    return digits


def cleaned_reference(typed: str) -> UUID | None:
    """Give the opaque id of an identity, an officer or a case, nothing for nothing, or refuse."""
    if not typed:
        return None
    if not re.fullmatch(r"[0-9a-f]{8}(-?)([0-9a-f]{4}\1){3}[0-9a-f]{12}", typed.lower()):
        raise forms.ValidationError(WRONG_REFERENCE, code="form")
    return UUID(typed)


def cleaned_danish_time(typed: str, *, fold: int) -> datetime | None:
    """Give the instant of a date and clock time in Denmark, nothing for nothing, or refuse.

    Times: aware UTC; of an hour that comes twice in autumn, ``fold`` 0 takes the first and 1 the second.
    """
    if not typed:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ]\d{2}[:.]\d{2}(:\d{2})?)?", typed, re.ASCII):
        raise forms.ValidationError(_("Type a date and a time, for example 2026-11-23 13:00."), code="form")
    try:
        local = datetime.fromisoformat(typed.replace(".", ":"))
    except ValueError as wrong:
        raise forms.ValidationError(_("There is no such date or time."), code="form") from wrong
    if local.year not in YEARS_OF_THE_LOG:
        raise forms.ValidationError(_("The log has no such year."), code="form")
    instant = local.replace(tzinfo=COPENHAGEN, fold=fold).astimezone(UTC)
    if instant.astimezone(COPENHAGEN).replace(tzinfo=None) != local:
        raise forms.ValidationError(_("That hour is left out: the clocks are put forward."), code="form")
    return instant


class OpenCaseForm(forms.Form):
    """What a citizen has come for."""

    purpose = forms.ChoiceField(
        label=_("What has the person come for?"),
        choices=list(texts.PURPOSES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the person has come for.")},
    )
    language = forms.ChoiceField(
        label=_("In which language shall we write to the person?"),
        choices=list(texts.LANGUAGES.items()),
        initial=Language.DA.value,
        widget=forms.RadioSelect,
    )

    def clean_purpose(self) -> CasePurpose:
        """Give the purpose itself."""
        return CasePurpose(self.cleaned_data["purpose"])

    def clean_language(self) -> Language:
        """Give the language itself."""
        return Language(self.cleaned_data["language"])


class PersonForm(forms.Form):
    """Who it is."""

    cpr_number = forms.CharField(
        label=_("CPR number"),
        max_length=LONGEST_TYPED,
        help_text=_("Ten digits"),
        error_messages={"required": _("Type the CPR number.")},
        widget=forms.TextInput(attrs=PLAIN | {"inputmode": "numeric", "class": "input-char-11"}),
    )

    def clean_cpr_number(self) -> str:
        """Give ten digits."""
        return cleaned_cpr_number(self.cleaned_data["cpr_number"])


class PassportForm(forms.Form):
    """The two lines at the foot of the passport's page with the photo."""

    line_1 = forms.CharField(
        label=_("First line"),
        max_length=LONGEST_TYPED,
        help_text=_("44 characters, begins with P"),
        error_messages={"required": _("Type the first line.")},
        widget=forms.TextInput(attrs=PLAIN | {"class": "machine-readable"}),
    )
    line_2 = forms.CharField(
        label=_("Second line"),
        max_length=LONGEST_TYPED,
        help_text=_("44 characters, begins with the passport number"),
        error_messages={"required": _("Type the second line.")},
        widget=forms.TextInput(attrs=PLAIN | {"class": "machine-readable"}),
    )
    is_photo_compared = forms.BooleanField(
        label=_("I have compared the photo with the person in front of me"),
        error_messages={"required": _("Compare the photo with the person, or refuse the case.")},
    )

    def clean_line_1(self) -> str:
        """Take out the gaps that people type."""
        return normal_line(self.cleaned_data["line_1"])

    def clean_line_2(self) -> str:
        """Take out the gaps that people type."""
        return normal_line(self.cleaned_data["line_2"])


class AnswerForm(forms.Form):
    """How the citizen answered one question."""

    was_right = forms.ChoiceField(
        label=_("Is the answer right?"),
        choices=[("yes", _("Yes")), ("no", _("No, or no answer"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the answer is right.")},
    )

    def clean_was_right(self) -> bool:
        """Give the truth of it."""
        return bool(self.cleaned_data["was_right"] == "yes")


class PhoneForm(forms.Form):
    """The citizen's first phone."""

    value = forms.CharField(
        label=_("Phone number"),
        max_length=LONGEST_TYPED,
        help_text=_("It must be able to receive SMS. For a foreign number begin with + and the country's code."),
        error_messages={"required": _("Type the phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )

    def clean_value(self) -> str:
        """Give the number in its international form."""
        number = normal_phone(self.cleaned_data["value"])
        if number is None:
            raise forms.ValidationError(_("This is not a phone number that can receive SMS."), code="form")
        return number


class EmailForm(forms.Form):
    """The citizen's first e-mail address."""

    value = forms.CharField(
        label=_("E-mail address"),
        max_length=320,
        help_text=_("For example name@example.dk"),
        error_messages={"required": _("Type the e-mail address.")},
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off"}),
    )

    def clean_value(self) -> str:
        """Give the address in its plain form."""
        address = normal_email(self.cleaned_data["value"])
        if address is None:
            raise forms.ValidationError(_("This is not an e-mail address."), code="form")
        return address


class ContactCodeForm(forms.Form):
    """The code that the citizen types at the desk: nobody asks them to say it."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits. Let the person type the code."),
        error_messages={"required": _("Type the code.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "input-char-8"}),
    )

    def clean_code(self) -> str:
        """Drop the gaps people type."""
        code = "".join(self.cleaned_data["code"].split())
        if not re.fullmatch(r"[0-9]{6}", code):
            raise forms.ValidationError(_("The code is six digits."), code="form")
        return code


class IssueForm(forms.Form):
    """The user ID that the citizen chose."""

    user_id = forms.CharField(
        label=_("User ID"),
        max_length=LONGEST_TYPED,
        strip=False,
        help_text=_("5 to 48 characters. The person chooses it; it must not tell who they are."),
        error_messages={"required": _("Type the user ID that the person chose.")},
        widget=forms.TextInput(attrs=PLAIN),
    )


class RefuseForm(forms.Form):
    """Why a case is refused."""

    reason = forms.ChoiceField(
        label=_("Reason, as the person is told"),
        choices=list(texts.REFUSAL_REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the reason.")},
    )


class SearchForm(forms.Form):
    """Whom a support agent looks for, and why."""

    found_by = forms.ChoiceField(
        label=_("Search with"),
        choices=list(texts.FOUND_BY.items()),
        initial=FoundBy.USER_ID.value,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("User ID or CPR number"),
        max_length=LONGEST_TYPED,
        error_messages={"required": _("Type what to search for.")},
        widget=forms.TextInput(attrs=PLAIN),
    )
    reason = forms.ChoiceField(
        label=_("Why do you look?"),
        help_text=_("The reason is written down, and the citizen is told that you looked."),
        choices=[("", _("Choose")), *texts.LOOK_REASONS.items()],
        error_messages={"required": _("Choose the reason.")},
    )

    def clean(self) -> dict[str, Any]:
        """Give a CPR number as ten digits."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("found_by") == FoundBy.CPR_NUMBER and cleaned.get("text"):
            digits = normal_cpr_number(cleaned["text"])
            if digits is None:
                self.add_error("text", forms.ValidationError(WRONG_CPR_NUMBER, code="form"))
            else:
                cleaned["text"] = digits
        return cleaned


class DocumentNumberForm(forms.Form):
    """The number that a caller reads out from a passport or licence."""

    number = forms.CharField(
        label=_("Number of the passport or driving licence"),
        max_length=64,
        help_text=_("Ask the caller to read it out. Do not say it yourself."),
        error_messages={"required": _("Type the number.")},
        widget=forms.TextInput(attrs=PLAIN),
    )

    def clean_number(self) -> str:
        """Give the number as documents print it."""
        number = "".join(self.cleaned_data["number"].split()).upper()
        if not re.fullmatch(r"[A-Z0-9]{5,20}", number):
            raise forms.ValidationError(_("A document number has letters and digits only."), code="form")
        return number


class BlockForm(forms.Form):
    """Why an identity is blocked."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=list(texts.BLOCK_REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the reason.")},
    )


class LogSearchForm(forms.Form):
    """What an auditor looks for; all of it may be left out."""

    subject = forms.CharField(
        label=_("About"),
        help_text=_("The unique ID of an identity, or the reference of a case"),
        max_length=LONGEST_TYPED,
        required=False,
        widget=forms.TextInput(attrs=PLAIN | {"class": "reference"}),
    )
    actor = forms.CharField(
        label=_("Done by"),
        help_text=_("The reference of an officer, or the unique ID of an identity"),
        max_length=LONGEST_TYPED,
        required=False,
        widget=forms.TextInput(attrs=PLAIN | {"class": "reference"}),
    )
    kind = forms.ChoiceField(
        label=_("What happened"), choices=[("", _("Everything")), *log_texts.kinds_by_app()], required=False
    )
    since = forms.CharField(
        label=_("From"),
        help_text=_("Danish time"),
        max_length=LONGEST_TYPED,
        required=False,
        widget=forms.TextInput(attrs=DATE_AND_TIME),
    )
    until = forms.CharField(
        label=_("Until"),
        help_text=_("Danish time. What happened at that very minute is not in the list."),
        max_length=LONGEST_TYPED,
        required=False,
        widget=forms.TextInput(attrs=DATE_AND_TIME),
    )

    def clean_subject(self) -> UUID | None:
        """Give the id."""
        return cleaned_reference(self.cleaned_data["subject"])

    def clean_actor(self) -> UUID | None:
        """Give the id."""
        return cleaned_reference(self.cleaned_data["actor"])

    def clean_since(self) -> datetime | None:
        """Give the instant; of an hour that comes twice the first."""
        return cleaned_danish_time(self.cleaned_data["since"], fold=0)

    def clean_until(self) -> datetime | None:
        """Give the instant; of an hour that comes twice the second."""
        return cleaned_danish_time(self.cleaned_data["until"], fold=1)

    def clean(self) -> dict[str, Any]:
        """Refuse a time that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is not None and until is not None and until <= since:
            self.add_error("until", forms.ValidationError(_("The end must lie after the beginning."), code="order"))
        return cleaned

    def filters(self) -> LogFilters:
        """Give what was asked, once it is valid."""
        asked = self.cleaned_data
        return LogFilters(
            subject_id=asked["subject"],
            actor_id=asked["actor"],
            kind=EventKind(asked["kind"]) if asked["kind"] else None,
            since=asked["since"],
            until=asked["until"],
        )
