"""What the demo's addresses for programs take and give."""

from typing import Any, Final

from rest_framework import serializers

from notifications.api import LocalMessage

LONGEST_SKIP_HOURS: Final = 24 * 14
LONGEST_SMS: Final = 1600


class ClockSerializer(serializers.Serializer[dict[str, int]]):
    """How far the demo's clock is to be moved ahead."""

    hours = serializers.IntegerField(min_value=0, max_value=LONGEST_SKIP_HOURS, default=0)
    minutes = serializers.IntegerField(min_value=0, max_value=59, default=0)

    def validate(self, attrs: dict[str, int]) -> dict[str, int]:
        """Refuse a move by nothing."""
        if not attrs["hours"] and not attrs["minutes"]:
            raise serializers.ValidationError("Say how many hours or minutes.")
        return attrs


class SmsReplySerializer(serializers.Serializer[dict[str, str]]):
    """A text message that somebody sends us from a phone of the demo."""

    text = serializers.CharField(max_length=LONGEST_SMS)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name Python keeps for itself."""
        return {"from": serializers.CharField(max_length=32)} | super().get_fields()


class MessageSerializer(serializers.Serializer[LocalMessage]):
    """One message on a phone or in a mailbox of the demo."""

    at = serializers.DateTimeField()
    channel = serializers.CharField()
    to = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField()
