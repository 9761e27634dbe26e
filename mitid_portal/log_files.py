"""What the log files say of a request: for which page it was, never its address, which may hold a token (LOG-2)."""

import logging
from http.client import responses
from typing import Final
from urllib.parse import parse_qsl

from django.http import HttpRequest

NO_ROUTE: Final = "no route"
LEFT_OUT: Final = "..."
SHORTEST_LEFT_OUT: Final = 6  # characters: shorter ones are words of ours ("da", "sms") and stand in many a line


class WithoutAddress(logging.Filter):
    """Lines about a request say its status and the name of its route instead of what Django wrote.

    A stop link's token stands in its path, and whoever reads it can block an identity. Django writes paths when a
    page fails or is refused, so an outage would put living tokens into the log file.

    Rule: LOG-2.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the line, and what of the address stands in the text of its exception; all lines pass."""
        request = getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            return True
        match = request.resolver_match
        record.msg = "%s: %s"
        record.args = (
            responses.get(getattr(record, "status_code", 0), "About a request"),
            match.view_name if match else NO_ROUTE,
        )
        if record.exc_info:  # formatters take the text from here once it is made
            record.exc_text = _without(_parts_of(request), logging.Formatter().formatException(record.exc_info))
        record.request = None
        return True


def _parts_of(request: HttpRequest) -> set[str]:
    match = request.resolver_match
    path = [*match.args, *match.kwargs.values()] if match else request.path.split("/")
    query = request.META.get("QUERY_STRING", "")
    asked = [word for pair in parse_qsl(query, keep_blank_values=True) for word in pair]  # request.GET may refuse it
    parts = {request.get_full_path(), request.path, query, *map(str, path), *asked}
    return {part for part in parts if len(part) >= SHORTEST_LEFT_OUT}


def _without(parts: set[str], text: str) -> str:
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, LEFT_OUT)
    return text
