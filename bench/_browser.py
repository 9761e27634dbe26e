"""A browser for benchmarks: cookies, forms and kept connections, and as little work of its own as can be.

The load generator runs on the same cores as the portal, so what it spends is missing there.
"""

from collections.abc import Mapping
from http.client import HTTPConnection, RemoteDisconnected
from typing import Final
from urllib.parse import urlencode, urlsplit

from tests.factories.app_client import Answer

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
TIMEOUT_SECONDS: Final = 60.0


class Connection:
    """One kept connection; it is also how a ``PhoneApp`` reaches the portal."""

    def __init__(self, address: str) -> None:
        """Connect on the first request."""
        self.address = address
        parts = urlsplit(address)
        self._http = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)

    def get(self, path: str) -> Answer:
        """Ask."""
        return self.send("GET", path, b"", {})

    def post(self, path: str, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> Answer:
        """Send a body."""
        return self.send("POST", path, body, {"Content-Type": content_type, **headers})

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request; once more over a fresh connection when the kept one was closed meanwhile."""
        try:
            return self._sent(method, path, body, headers)
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._http.close()
            return self._sent(method, path, body, headers)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _sent(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self._http.request(method, path, body=body or None, headers=dict(headers))
        answer = self._http.getresponse()
        read = answer.read()
        headers_read = {name.title(): value for name, value in answer.getheaders() if name.lower() != "set-cookie"}
        cookies = "\n".join(answer.headers.get_all("Set-Cookie") or [])
        return Answer(status=answer.status, headers=headers_read | {"Set-Cookie": cookies}, body=read)


class Browser:
    """A fresh browser over a connection that several may use one after the other."""

    def __init__(self, connection: Connection, *, language: str = "en") -> None:
        """Begin without cookies."""
        self._connection = connection
        self._cookies: dict[str, str] = {}
        self._language = language

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._keep(self._connection.send("GET", path, b"", self._headers()))

    def submit(self, path: str, **fields: str) -> Answer:
        """Send a form with the token that the page before brought; a redirect is not followed."""
        body = urlencode({"csrfmiddlewaretoken": self._cookies.get("csrftoken", ""), **fields}).encode()
        return self._keep(self._connection.send("POST", path, body, self._headers() | FORM))

    def follow(self, answer: Answer) -> Answer:
        """Open the page that an answer leads to. Raises: AssertionError when it leads nowhere."""
        if answer.status != 302:
            raise AssertionError(f"No redirect but {answer.status}")
        return self.get(answer.headers["Location"])

    def forget(self) -> None:
        """Drop all cookies: another visitor."""
        self._cookies.clear()

    def _headers(self) -> dict[str, str]:
        headers = {"Accept-Language": self._language}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers

    def _keep(self, answer: Answer) -> Answer:
        for cookie in answer.headers["Set-Cookie"].splitlines():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer
