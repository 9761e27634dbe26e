"""The registers behind HTTP, as docs/decisions/0060 describes their interface.

Numbers travel in the body, never in an address: addresses end up in the logs of everything they pass.
"""

import json
from time import monotonic
from typing import Any, Final

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from registration.registers.base import RegisterPerson, RegisterUnavailable, person_from_mapping

TIMEOUT_SECONDS: Final = (3.05, 6.0)  # to connect, to answer: the clerk and the citizen stand and wait
ANSWERED_WITHIN_SECONDS: Final = 10.0  # to the last byte
LARGEST_ANSWER_BYTES: Final = 65_536


class _NotThere(RegisterUnavailable):
    """Answered with 404: for the civil register "nobody", for the document register no answer at all."""


class _HttpRegister:
    def __init__(
        self, *, timeout: tuple[float, float] = TIMEOUT_SECONDS, answered_within: float = ANSWERED_WITHIN_SECONDS
    ) -> None:
        self._timeout, self._answered_within = timeout, answered_within

    def _ask(self, base: str, path: str, question: dict[str, str]) -> Any:
        """Give the decoded answer. Raises: _NotThere for 404.

        A fresh connection for each question: a handful an hour comes from one process, and a kept one would be the
        first thing to be found dead. Redirects are not followed: personal data goes where the settings say.
        """
        certificate = (settings.REGISTER_CLIENT_CERTIFICATE, settings.REGISTER_CLIENT_KEY)
        deadline = monotonic() + self._answered_within
        try:
            with requests.post(
                f"{base.rstrip('/')}/{path}",
                json=question,
                timeout=self._timeout,
                allow_redirects=False,
                cert=certificate if certificate[0] else None,
                stream=True,
            ) as response:
                if response.status_code == requests.codes.not_found:
                    raise _NotThere("The register knows no such thing.")
                if response.status_code != requests.codes.ok:
                    raise RegisterUnavailable("The register answered with an error.")
                return json.loads(_body(response, deadline=deadline))
        except (requests.RequestException, HTTPError, OSError, ValueError) as fault:
            raise RegisterUnavailable("The register did not answer.") from fault


class HttpCivilRegister(_HttpRegister):
    """The civil register's JSON interface: ``POST /people/look-up``."""

    def look_up(self, cpr_number: str) -> RegisterPerson | None:
        """Ask the register for a person."""
        try:
            answer = self._ask(settings.CIVIL_REGISTER_URL, "people/look-up", {"cpr_number": cpr_number})
        except _NotThere:
            return None
        try:
            person = person_from_mapping(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise RegisterUnavailable("The civil register's answer is not as agreed.") from fault
        if person.cpr_number != cpr_number:
            raise RegisterUnavailable("The civil register answered about somebody else.")
        return person


class HttpDocumentRegister(_HttpRegister):
    """The document register's JSON interface: ``POST /documents/check``."""

    def is_reported(self, *, issuer: str, number: str) -> bool:
        """Ask the register whether a document is reported lost or stolen."""
        answer = self._ask(settings.DOCUMENT_REGISTER_URL, "documents/check", {"issuer": issuer, "number": number})
        if not isinstance(answer, dict) or not isinstance(answer.get("is_reported"), bool):
            raise RegisterUnavailable("The document register's answer is not as agreed.")
        return bool(answer["is_reported"])


def _body(response: requests.Response, *, deadline: float) -> bytes:
    """Read an answer to its end, up to a size and a time.

    Byte by byte: a larger piece is waited for until it is full, and the time-out of the socket begins anew with
    every byte that drips in.
    """
    body = bytearray()
    for piece in response.iter_content(chunk_size=1):
        body += piece
        if len(body) > LARGEST_ANSWER_BYTES:
            raise RegisterUnavailable("The register's answer is too long.")
        if monotonic() > deadline:
            raise RegisterUnavailable("The register's answer takes too long.")
    return bytes(body)
