"""Pages that show everybody the same but for a few values: made once a process, and the values put in.

To make such a page anew took half of the web's time in a log-in with the code display (docs/benchmarks.md). Nothing of
anybody is kept: a page is made of values that its key names, and of holes (docs/decisions/0135).
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.translation import get_language

from authentication.pages import PublicPage

_HOLE: Final = re.compile("\ue000([a-z_]+)\ue001")
_OF_EVERY_PAGE: Final = ("csrf_token", "full_path")

_made: Final[dict[Hashable, list[str]]] = {}
"""Text and names of holes by turns. There are as many as languages, doors, ways and yes-or-no's have combinations."""


class AlikeResponse(HttpResponse):
    """A page that was filled in; ``context_data`` is what of, as with Django's own."""

    def __init__(self, text: str, context: dict[str, Any]) -> None:
        super().__init__(text)
        self.context_data = context


class AlikePage(PublicPage):
    """A page that differs for its visitors in nothing but ``holes``, as long as nothing was sent and nothing happened.

    ``alike`` names what else of the context the template is given: texts, yes-or-no's and lists of them, few in all.
    """

    alike: ClassVar[tuple[str, ...]]
    holes: ClassVar[tuple[str, ...]] = ()

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # no template response
        """Put the values in; a page with words for this visitor is made for them."""
        form = context.get("form")
        is_own = context["login"] is not None or len(get_messages(self.request)) or (form is not None and form.is_bound)
        if is_own or kwargs or settings.DEBUG:
            return super().render_to_response(context, **kwargs)
        return AlikeResponse(self._filled(context), context)

    def _filled(self, context: Mapping[str, Any]) -> str:
        template = self.get_template_names()[0]
        shown = {name: _plain(context[name]) for name in self.alike}
        frame = (settings.BRAND_NAME, settings.DEMO, settings.SUPPORT_PHONE, settings.ROOT_URLCONF)
        key = (type(self), template, get_language(), frame, *shown.values())
        pieces = _made.get(key)
        if pieces is None:
            pieces = _made[key] = self._mould(template, shown | {"form": context.get("form")})
        values = {"csrf_token": get_token(self.request), "full_path": self.request.get_full_path()}
        values |= {name: context[name] for name in self.holes}
        return "".join(conditional_escape(values[piece]) if at % 2 else piece for at, piece in enumerate(pieces))

    def _mould(self, template: str, shown: dict[str, Any]) -> list[str]:
        holes = {name: f"\ue000{name}\ue001" for name in (*_OF_EVERY_PAGE, *self.holes)}
        asking = _Anybody(holes.pop("full_path"))
        # Given by name, they stand before what the context processors say of the visitor who happens to be the first.
        text = get_template(template).render(shown | holes | {"request": asking, "messages": ()}, self.request)
        return _HOLE.split(text)


class _Anybody(HttpRequest):
    """What a template may ask of the request: the address, as a hole."""

    def __init__(self, full_path: str) -> None:
        super().__init__()
        self._full_path = full_path

    def get_full_path(self, force_append_slash: bool = False) -> str:  # noqa: FBT001, FBT002 - Django's own
        """Give the hole."""
        return self._full_path


def _plain(value: Any) -> Any:
    """Give a value that a key may hold, in the visitor's language."""
    if isinstance(value, list | tuple):
        return tuple(_plain(each) for each in value)
    return str(value) if isinstance(value, Promise) else value
