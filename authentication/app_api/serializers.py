"""What the app may ask, as the payload of a signed request."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from authentication.app_api.fields import Asked, IdField, NumberField, TextField, YesOrNoField
from authentication.binding import Binding
from authentication.states import BoundBy
from identities.api import AppPlatform

LONGEST_TYPED: Final = 64  # of codes: with the gaps that people type
LONGEST_TOKEN: Final = 128
LONGEST_APPROVAL: Final = 4_096
MOST_OF_INBOX: Final = 50
BINDINGS: Final = {
    "qr_token": BoundBy.SCANNED,
    "button_token": BoundBy.PRESSED,
    "short_code": BoundBy.TYPED,
}


class PinField(TextField):
    """Six digits (SEC-1)."""

    default_error_messages = {"digits": _("A PIN has six digits.")}

    def __init__(self, **kwargs: Any) -> None:
        """Describe the field; nothing else is long enough to be looked at."""
        super().__init__(max_length=6, min_length=6, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Take six ASCII digits."""
        pin = super().to_internal_value(data)
        if not (pin.isascii() and pin.isdigit()):
            self.fail("digits")
        return pin


class NothingAsked(Asked):
    """An empty object: the signature says all there is to say."""


class WithSession(Asked):
    """What only somebody who gave the PIN a short while ago may ask."""

    session = IdField(help_text="The session that `sessions` gave.")


class EnrolmentAsked(Asked):
    """The first code of two (SEC-5): the activation code, or the ticket that the old phone shows."""

    user_id = TextField(max_length=48)
    activation_code = TextField(max_length=LONGEST_TYPED, required=False)
    copy_token = TextField(max_length=LONGEST_TOKEN, required=False)
    installation_id = IdField(help_text="Stands for this phone's browser; the same for everybody who uses it (AUT-3).")
    platform = serializers.ChoiceField(choices=AppPlatform.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take one first code, not two."""
        return _exactly_one(attrs, "activation_code", "copy_token")


class CompletionAsked(Asked):
    """The second code, and the PIN that the citizen has chosen (SEC-1)."""

    temporary_pin = TextField(max_length=LONGEST_TYPED)
    pin = PinField()


class SessionAsked(Asked):
    """The PIN."""

    pin = PinField()


class BindingAsked(Asked):
    """What binds the app to the browser (APR-4), by where the app has it from."""

    qr_token = TextField(max_length=LONGEST_TOKEN, required=False, help_text="Scanned by the app's own camera.")
    button_token = TextField(
        max_length=LONGEST_TOKEN, required=False, help_text="Of a button that was pressed in the app's own browser."
    )
    short_code = TextField(max_length=LONGEST_TYPED, required=False, help_text="Typed.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take one of them."""
        return _exactly_one(attrs, *BINDINGS)


class DecisionAsked(Asked):
    """Yes or no (APR-3). Yes needs the PIN and what binds app and browser; no needs neither."""

    is_approved = YesOrNoField()
    pin = PinField(required=False)
    qr_token = TextField(max_length=LONGEST_TOKEN, required=False)
    button_token = TextField(max_length=LONGEST_TOKEN, required=False)
    short_code = TextField(max_length=LONGEST_TYPED, required=False)
    approval = TextField(
        max_length=LONGEST_APPROVAL,
        trim_whitespace=False,
        help_text="A compact JWS of type `approval+jws` over what the app showed (APR-6).",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold a yes to what it needs."""
        if attrs["is_approved"]:
            if "pin" not in attrs:
                raise serializers.ValidationError({"pin": [_("Give your PIN.")]})
            return _exactly_one(attrs, *BINDINGS)
        return _exactly_one(attrs, *BINDINGS) if attrs.keys() & BINDINGS.keys() else attrs


class InboxAsked(WithSession):
    """A page of the inbox, newest first."""

    before = IdField(required=False, help_text="The last id of the page before.")
    limit = NumberField(required=False, default=20, min_value=1, max_value=MOST_OF_INBOX)


class ApprovalText(Asked):
    """What the app signs under an approval: the payload of that JWS (APR-6)."""

    request_id = IdField()
    reference_text = TextField(trim_whitespace=False, allow_blank=True)
    asks = TextField(trim_whitespace=False)
    level = TextField()
    decision = serializers.ChoiceField(choices=["approve", "reject"])
    at = serializers.DateTimeField(help_text="By the phone's clock, however wrong.")
    nonce = TextField(trim_whitespace=False)


def binding_in(asked: dict[str, Any]) -> Binding | None:
    """Give what an app named to be bound to a browser, where it named anything."""
    return next((Binding(by=by, word=asked[name]) for name, by in BINDINGS.items() if name in asked), None)


def _exactly_one(attrs: dict[str, Any], *names: str) -> dict[str, Any]:
    if len(attrs.keys() & set(names)) != 1:
        raise serializers.ValidationError({"non_field_errors": [_("Give exactly one of them.")]})
    return attrs
