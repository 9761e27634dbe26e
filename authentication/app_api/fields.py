"""Fields that take a value of their own JSON type and no other: ``"1"``, ``1`` and ``true`` are three things."""

from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import get_language
from rest_framework import serializers

from authentication.app_api.jws import canonical_uuid

Shape = TypeVar("Shape", bound=serializers.Serializer[Any])


def shape(kind: type[Shape]) -> Shape:
    """Give the one serializer of its kind, for ``run_validation`` and ``to_representation``, which keep nothing in it.

    Each new one would copy its fields, which takes longer than what they then do. There is one a language: a limit's
    words stay in the language in which they were said first.
    """
    found: Shape = _shape(kind, get_language())
    return found


@cache
def _shape(kind: type[Shape], _language: str | None) -> Shape:
    return kind()


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
