"""Who keys the rows: reached by its dotted path, as Django reaches its e-mail backend."""

from functools import cache
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class Sealer(Protocol):
    """What ``settings.AUDIT_SEALER`` names."""

    def row_mac(self, message: bytes) -> bytes:
        """Give the keyed hash of a row, with the version of its key in front."""

    def row_mac_matches(self, message: bytes, mac: bytes) -> bool:
        """Tell whether a row is as it was written."""


def sealer() -> Sealer:
    """Give the sealer that the settings name."""
    return _sealer(settings.AUDIT_SEALER)


@cache
def _sealer(path: str) -> Sealer:
    return cast("Sealer", import_string(path)())
