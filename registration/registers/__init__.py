"""The registers outside: asked through a protocol, reached by the dotted paths in the settings."""

from functools import lru_cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from registration.registers.base import CivilRegister, DocumentRegister


@lru_cache(maxsize=4)
def _made(path: str) -> object:
    return import_string(path)()


def civil_register() -> CivilRegister:
    """Give the civil register that the settings name, made once a process."""
    return cast("CivilRegister", _made(settings.CIVIL_REGISTER))


def document_register() -> DocumentRegister:
    """Give the register of lost and stolen documents that the settings name, made once a process."""
    return cast("DocumentRegister", _made(settings.DOCUMENT_REGISTER))
