"""Django's sessions in the database, with one statement for each reading and each writing.

Django's own store looks a new key up before it takes it, puts the row in at once and again at the end of the request,
each time in a transaction of its own: of what the web spends on a log-in that was a tenth and more
(docs/benchmarks.md). What Django promises stays: a session that somebody ended meanwhile is not brought back by a
request that was under way, and two sessions never share a key.
"""

import re
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.db import connection
from django.utils.crypto import get_random_string

KEY_LENGTH: Final = 32  # of 36 characters: 165 bits, so that nobody is asked whether a key is taken

_KEY: Final = re.compile(r"[a-z0-9]{8,40}")
_LOAD: Final = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > statement_timestamp()"
_EXISTS: Final = "SELECT 1 FROM django_session WHERE session_key = %s"
_INSERT: Final = """
    INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_DELETE_AND_INSERT: Final = f"WITH gone AS (DELETE FROM django_session WHERE session_key = %s) {_INSERT.strip()}"  # noqa: S608 - constants
_UPDATE: Final = "UPDATE django_session SET session_data = %s, expire_date = %s WHERE session_key = %s"
_DELETE: Final = "DELETE FROM django_session WHERE session_key = %s"


class SessionStore(db.SessionStore):
    """A session; a new one is stored when the request ends well, as every change to it is."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._is_stored = session_key is not None
        self._key_before: str | None = None

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and _KEY.fullmatch(key) is not None  # a cookie may say anything

    def load(self) -> dict[str, Any]:
        """Read the session; one that is not there, or over, is empty and has no key any more."""
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            self._is_stored = False
            return {}
        found: dict[str, Any] = self.decode(row[0])
        return found

    def exists(self, session_key: str) -> bool:
        """Tell whether a session is stored, be its time over or not."""
        with connection.cursor() as cursor:
            cursor.execute(_EXISTS, [session_key])
            return cursor.fetchone() is not None

    def create(self) -> None:
        """The session has a new key, which is stored by the next ``save``."""
        self._session_key = get_random_string(KEY_LENGTH, VALID_KEY_CHARS)
        self._is_stored = False
        self._session_cache: dict[str, Any] = getattr(self, "_session_cache", {})
        self.modified = True

    def cycle_key(self) -> None:
        """The session has another key from the next ``save`` on, which forgets the one before."""
        self.items()  # what it holds is read by the key that it still has
        before = self.session_key if self._is_stored else self._key_before
        self.create()
        self._key_before = before

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's own signature
        """Store the session as it is.

        Raises: UpdateError when it was ended meanwhile; CreateError when its new key is another's.
        """
        if self.session_key is None:
            self.create()
        is_new = must_create or not self._is_stored
        data = self.encode(dict(self.items()))
        with connection.cursor() as cursor:
            if self._key_before is not None:
                cursor.execute(_DELETE_AND_INSERT, [self._key_before, self.session_key, data, self.get_expiry_date()])
            elif is_new:
                cursor.execute(_INSERT, [self.session_key, data, self.get_expiry_date()])
            else:
                cursor.execute(_UPDATE, [data, self.get_expiry_date(), self.session_key])
            if cursor.rowcount != 1:
                raise CreateError if is_new else UpdateError
        self._is_stored, self._key_before = True, None

    def delete(self, session_key: str | None = None) -> None:
        """The session is not stored any more."""
        key = session_key or self.session_key
        if key == self.session_key and self._key_before is not None:
            key, self._key_before = self._key_before, None
        elif key is None or (key == self.session_key and not self._is_stored):
            return
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, [key])
