"""Asking a provider over HTTP with an end: in time, in bytes, and in what is known when it fails."""

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
)

LONGEST_REPLY: Final = 1_048_576  # bytes
CHUNK: Final = 65_536
BUSY: Final = 429
LONGEST_PAUSE: Final = timedelta(minutes=5)  # that a provider may ask for
CONNECTIONS: Final = 32  # kept open by one process for one provider

# It logs the addresses of calls, and one by which a message is looked up holds a phone number (LOG-2).
logging.getLogger("urllib3.connectionpool").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Reply:
    """What a provider answered, read to its end."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class NotAsked(Exception):  # noqa: N818 - what is known, not an error of ours
    """The request never reached the provider."""


class Unanswered(Exception):  # noqa: N818 - as above
    """The request may have reached the provider, and its answer did not come, or not whole; ``reason`` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def pause_asked_for(reply: Reply, *, has_other_provider: bool) -> timedelta:
    """Tell how long a provider that is busy wants to be left alone; not at all where another can be asked instead.

    Rule:  RFC 9110 section 10.2.3, in seconds; a date is not read, for the usual waits are about as long.
    """
    text = reply.headers.get("Retry-After", "")
    if has_other_provider or not (text.isascii() and text.isdigit() and len(text) < 7):
        return timedelta()
    return min(timedelta(seconds=int(text)), LONGEST_PAUSE)


def new_session() -> requests.Session:
    """Give a session that keeps its connections open and never asks twice by itself."""
    session = requests.Session()
    session.trust_env = False  # else proxies, netrc and authorities are looked for at each call
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    adapter = HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def ask(session: requests.Session, method: str, url: str, *, seconds: float, **arguments: Any) -> Reply:
    """Ask and read the whole answer, within about twice ``seconds`` however slowly it drips, following no redirect.

    Raises: NotAsked; Unanswered.
    """
    ends = time.monotonic() + 2 * seconds
    try:
        with session.request(
            method,
            url,
            timeout=seconds,
            stream=True,
            allow_redirects=False,
            proxies=_proxies(_origin(url)),
            **arguments,
        ) as response:
            body = _read(response, ends)
            return Reply(status=response.status_code, body=body, headers=response.headers)
    except (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.InvalidURL):
        raise NotAsked from None
    except (requests.Timeout, ReadTimeoutError):
        raise Unanswered("timeout") from None
    except requests.ConnectionError as fault:
        if _never_connected(fault):
            raise NotAsked from None
        raise Unanswered("cut_off") from None
    except (requests.RequestException, HTTPError, OSError):
        raise Unanswered("bad_reply") from None


@lru_cache(maxsize=8)
def _proxies(origin: str) -> dict[str, str]:
    """Give the proxies that the environment names for a provider, as they were when it was first asked."""
    return dict(get_environ_proxies(origin))


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _read(response: requests.Response, ends: float) -> bytes:
    """Read piece by piece: a wait for the next byte has an end of its own, but a thousand of them have not."""
    body = bytearray()
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LONGEST_REPLY:
            raise Unanswered("bad_reply")
        if time.monotonic() > ends:
            raise Unanswered("timeout")
    return bytes(body)


def _never_connected(fault: requests.ConnectionError) -> bool:
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
