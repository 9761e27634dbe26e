"""What the app is told: the shape of every answer."""

from base64 import urlsafe_b64encode
from datetime import UTC
from typing import Any

from rest_framework import serializers

from authentication.app_api.problems import ProblemCode
from identities.api import AppPlatform, AssuranceLevel, AuthenticatorState, ChangeState, IdentityState
from notifications.api import MessageKind


class LevelField(serializers.ChoiceField):
    """A level by its name."""

    def __init__(self, **kwargs: Any) -> None:
        """Name the levels."""
        super().__init__(choices=[level.name for level in AssuranceLevel], **kwargs)

    def to_representation(self, value: Any) -> str:
        """Give the name."""
        return AssuranceLevel(value).name


class BytesField(serializers.CharField):
    """Bytes as base64url without padding."""

    def to_representation(self, value: Any) -> str:
        """Give the text."""
        return urlsafe_b64encode(bytes(value)).rstrip(b"=").decode("ascii")


class InstantField(serializers.DateTimeField):
    """An instant in UTC; the phone knows where it is."""

    def __init__(self, **kwargs: Any) -> None:
        """Take the time zone."""
        super().__init__(default_timezone=UTC, **kwargs)


class ProblemAnswer(serializers.Serializer[Any]):
    """RFC 9457, with a code that stays."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=[code.value for code in ProblemCode])
    detail = serializers.CharField(help_text="For the person who holds the phone, in the language asked for.")
    reason = serializers.CharField(required=False, help_text="Which of a code's cases it is.")
    paused_until = InstantField(required=False)
    invalid = serializers.DictField(
        required=False, child=serializers.ListField(child=serializers.CharField()), help_text="By member, in words."
    )


class EnrolmentAnswer(serializers.Serializer[Any]):
    """The first code was taken, or was not: the answer is the same (TRY-2). A right one is followed by an SMS."""

    enrolment_id = serializers.UUIDField()
    expires_at = InstantField()


class AppAnswer(serializers.Serializer[Any]):
    """The app is ready; its id is the `kid` of everything that it signs from now on."""

    app_id = serializers.UUIDField()
    user_id = serializers.CharField()
    level = LevelField()


class SessionAnswer(serializers.Serializer[Any]):
    """The app is logged in."""

    session = serializers.UUIDField()
    idle_seconds = serializers.IntegerField(help_text="How long it stays so without being used.")
    lasts_seconds = serializers.IntegerField(help_text="How long it stays so at most.")


class RequestAnswer(serializers.Serializer[Any]):
    """Something that waits to be approved or rejected (APR-3); shown as it stands here, and signed so (APR-6)."""

    id = serializers.UUIDField()
    asks = serializers.CharField(help_text="Who asks.")
    reference_text = serializers.CharField()
    level = LevelField()
    nonce = BytesField()
    opened_at = InstantField()
    expires_at = InstantField()


class RequestsAnswer(serializers.Serializer[Any]):
    """What waits for this citizen."""

    requests = RequestAnswer(many=True)


class DecisionAnswer(serializers.Serializer[Any]):
    """What was decided."""

    decision = serializers.ChoiceField(choices=["approve", "reject"])


class OpeningCodeAnswer(serializers.Serializer[Any]):
    """A code that lets its owner's browser take the place of somebody else's request (APR-5, TRY-2)."""

    code = serializers.CharField()
    expires_at = InstantField()


class InboxMessageAnswer(serializers.Serializer[Any]):
    """One alert."""

    id = serializers.UUIDField()
    at = InstantField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in MessageKind])
    title = serializers.CharField()
    text = serializers.CharField()
    is_read = serializers.BooleanField()


class InboxAnswer(serializers.Serializer[Any]):
    """A page of the inbox."""

    messages = InboxMessageAnswer(many=True)
    unread = serializers.IntegerField(help_text="How many are unread, counted up to 100.")
    is_last = serializers.BooleanField()


class CopyAnswer(serializers.Serializer[Any]):
    """A copy to a new phone that was asked for. From `opens_at` to `closes_at` a ticket can be had."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ChangeState.values)
    requested_at = InstantField()
    opens_at = InstantField()
    closes_at = InstantField()


class CopyStateAnswer(serializers.Serializer[Any]):
    """The copy that is under way, where there is one."""

    copy = CopyAnswer(allow_null=True)


class TicketAnswer(serializers.Serializer[Any]):
    """What the old phone shows as a QR code, for three minutes."""

    token = serializers.CharField()
    expires_at = InstantField()


class MeAnswer(serializers.Serializer[Any]):
    """What this app is."""

    app_id = serializers.UUIDField()
    user_id = serializers.CharField()
    language = serializers.ChoiceField(choices=["da", "en"])
    level = LevelField()
    platform = serializers.ChoiceField(choices=AppPlatform.values)
    state = serializers.ChoiceField(choices=AuthenticatorState.values)
    identity_state = serializers.ChoiceField(choices=IdentityState.values)
    paused_until = InstantField(allow_null=True)
