"""The heads file: what it once told it tells for ever."""

import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from audit.heads import Head, append_heads, last_head, read_heads

pytestmark = pytest.mark.usefixtures("files_of_its_own")
AT = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def head(number: int) -> Head:
    return Head(number=number, hash=sha256(bytes([number])).digest(), last_id=number * 10, at=AT + timedelta(number))


def test_without_a_file_there_is_no_head():
    assert (read_heads(), last_head()) == ([], None)


def test_heads_are_read_as_they_were_appended(settings):
    assert append_heads([head(1)])
    assert append_heads([head(2), head(3)])
    assert append_heads([])
    assert read_heads() == [head(1), head(2), head(3)]
    assert last_head() == head(3)
    assert settings.AUDIT_HEADS_FILE.stat().st_mode & 0o777 == 0o600


def test_heads_that_are_the_end_already_are_not_written_twice():
    append_heads([head(1), head(2)])
    append_heads([head(1), head(2), head(3)])
    append_heads([head(3)])
    assert read_heads() == [head(1), head(2), head(3)]


def test_another_seal_of_a_number_stands_beside_the_first():
    other = Head(number=2, hash=bytes(32), last_id=20, at=AT)
    append_heads([head(1), head(2)])
    append_heads([other])
    assert read_heads() == [head(1), head(2), other]


@pytest.mark.parametrize("torn", [b'{"number": 2, "ha', b"\x00\xff", b"[]", b'{"number": 2}', b"null"])
def test_a_line_torn_by_a_crash_is_passed_by_and_hides_no_later_one(settings, torn):
    append_heads([head(1)])
    with settings.AUDIT_HEADS_FILE.open("ab") as stream:
        stream.write(torn)
    assert last_head() == head(1)
    append_heads([head(2)])
    assert read_heads() == [head(1), head(2)]


def test_writers_at_once_tear_no_line():
    threads = [threading.Thread(target=lambda first=first: [append_heads([head(first + n)]) for n in range(20)])
               for first in (0, 50, 100, 150)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(one.number for one in read_heads()) == [first + n for first in (0, 50, 100, 150) for n in range(20)]


def test_a_file_that_cannot_be_written_is_said(settings, tmp_path, caplog):
    settings.AUDIT_HEADS_FILE = tmp_path
    assert not append_heads([head(1)])
    assert "heads cannot be written" in caplog.text
