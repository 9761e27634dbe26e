"""How the tests of pages find and read one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse

Travel = Callable[..., datetime]


def url(name: str, **kwargs: Any) -> str:
    return reverse(f"selfservice:{name}", kwargs=kwargs)


def text_of(response: Any) -> str:
    return str(response.content.decode())
