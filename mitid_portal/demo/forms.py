"""What the demo's pages take."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mitid_portal.demo.serializers import LONGEST_SMS
from notifications.api import normal_phone


class SmsReplyForm(forms.Form):
    """An answer sent from a phone of the demo."""

    sender = forms.CharField(
        label=_("From the phone"),
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "class": "input-width-s", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_SMS,
        help_text=_("For example NO 1234, with the code of the alert."),
        widget=forms.TextInput(attrs={"class": "input-width-m", "autocomplete": "off"}),
    )

    def clean_sender(self) -> str:
        """Take the number as the provider would tell it."""
        number = normal_phone(self.cleaned_data["sender"])
        if number is None:
            raise forms.ValidationError(_("This is not a phone number."), code="phone")
        return number
