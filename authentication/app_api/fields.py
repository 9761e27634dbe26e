"""Fields that take a value of their own JSON type and no other: ``"1"``, ``1`` and ``true`` are three things."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from authentication.app_api.jws import canonical_uuid


class TextField(serializers.CharField):
    """A string; numbers are not turned into one."""

    def to_internal_value(self, data: Any) -> str:
        """Take a string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesOrNoField(serializers.BooleanField):
    """``true`` or ``false``."""

    def to_internal_value(self, data: Any) -> bool:
        """Take a boolean."""
        if not isinstance(data, bool):
            self.fail("invalid", input=type(data).__name__)
        return data


class NumberField(serializers.IntegerField):
    """A whole number."""

    def to_internal_value(self, data: Any) -> int:
        """Take a number, no text, no boolean."""
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(serializers.UUIDField):
    """A UUID in the spelling in which we hand them out."""

    def to_internal_value(self, data: Any) -> UUID:
        """Take the canonical text."""
        found = canonical_uuid(data)
        if found is None:
            self.fail("invalid", value="")
        return found


class Asked(serializers.Serializer[dict[str, Any]]):
    """What an app asks: members that are not named here are refused, so that a misspelt one is found at once."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Take the members that there are, and no others."""
        unknown = data.keys() - self.fields.keys() if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({"non_field_errors": ["There is no such member."]})
        found: dict[str, Any] = super().to_internal_value(data)
        return found
