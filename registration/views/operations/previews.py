"""Every message as it goes out, with made-up values: for those who write the texts."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from csp.constants import NONE, SELF
from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin

from notifications.api import Channel, Language, MessageKind, Preview, previews
from registration import texts
from registration.message_texts import CHANNELS, MESSAGES
from registration.views.base import OperatorPage

OWN_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class PreviewsPage(OperatorPage):
    """All of them in one language: how much of its room each takes, and what keeps it from being sent."""

    template_name = "registration/operations_messages.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the list."""
        language = language_in(request.GET.get("texts", Language.DA.value)) or Language.DA
        shown = previews(language=language)
        kinds = [
            {
                "name": MESSAGES[kind],
                "url": url_of(kind, language),
                "sms": _of(shown, kind, Channel.SMS),
                "email": _of(shown, kind, Channel.EMAIL),
            }
            for kind in MessageKind
        ]
        faults = [one for one in shown if one.fault]
        here = reverse("registration:operations-messages")
        context = self.get_context_data(
            kinds=kinds, faults=faults, languages=_languages(language, lambda other: f"{here}?texts={other.value}")
        )
        return self.render_to_response(context)


@method_decorator(csp_update({"frame-src": [SELF]}), name="dispatch")
class PreviewPage(OperatorPage):
    """One message in one language, in every channel."""

    template_name = "registration/operations_message.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show its words."""
        kind, language = _kind_and_language(self.kwargs)
        shown = [
            {"channel": CHANNELS[one.channel], "preview": one, "is_sms": one.channel is Channel.SMS}
            for one in previews(kind=kind, language=language)
        ]
        context = self.get_context_data(
            name=MESSAGES[kind],
            text_language=language.value,
            shown=shown,
            languages=_languages(language, lambda other: url_of(kind, other)),
            frame_url=reverse(
                "registration:operations-message-html", kwargs={"kind": kind.value, "language": language.value}
            ),
        )
        return self.render_to_response(context)


@method_decorator(xframe_options_sameorigin, name="dispatch")
class PreviewFrame(OperatorPage):
    """The HTML of an e-mail by itself, as a mail program would show it; only the page above may frame it."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the HTML under a policy by which it can do nothing but look as it does."""
        kind, language = _kind_and_language(self.kwargs)
        html = next((one.html for one in previews(kind=kind, language=language) if one.html), None)
        if html is None:
            raise Http404
        hashes = " ".join(f"'sha256-{_digest(style)}'" for style in OWN_STYLE.findall(html))
        policy = f"default-src 'none'; style-src {hashes or NONE}; frame-ancestors 'self'; sandbox"
        # Set here, where the middleware for the whole site leaves it as it is.
        return HttpResponse(html, headers={"Content-Security-Policy": policy})


def url_of(kind: MessageKind, language: Language) -> str:
    """Give the address of a message's page."""
    return reverse("registration:operations-message", kwargs={"kind": kind.value, "language": language.value})


def language_in(text: str) -> Language | None:
    """Read a language of messages; None for anything else."""
    return Language(text) if text in set(Language) else None


def _kind_and_language(kwargs: dict[str, Any]) -> tuple[MessageKind, Language]:
    language = language_in(str(kwargs["language"]))
    if language is None or kwargs["kind"] not in set(MessageKind):
        raise Http404
    return MessageKind(kwargs["kind"]), language


def _of(shown: list[Preview], kind: MessageKind, channel: Channel) -> Preview:
    return next(one for one in shown if (one.kind, one.channel) == (kind, channel))


def _languages(chosen: Language, url_for: Callable[[Language], str]) -> list[dict[str, object]]:
    return [
        {"name": texts.LANGUAGES[one], "code": one.value, "url": url_for(one), "is_chosen": one is chosen}
        for one in Language
    ]


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
