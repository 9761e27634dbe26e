"""The heads file: what it once told it tells for ever."""

import threading
import tracemalloc
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from audit.heads import Head, append_heads, each_head, last_head, read_heads
from audit.usecases.seal import seal_log
from tests.audit.sealing import committed, seals

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


@pytest.mark.parametrize("torn", [b'{"number": 2, "ha', b"\x00" * 3000, b'{"number": 1}' * 200])
def test_a_long_torn_line_hides_no_later_one_and_no_earlier_one(settings, torn):
    append_heads([head(1)])
    with settings.AUDIT_HEADS_FILE.open("ab") as stream:
        stream.write(torn)
    assert last_head() == head(1)
    append_heads([head(2)])
    assert (last_head(), read_heads()) == (head(2), [head(1), head(2)])


def test_what_is_too_long_to_be_a_line_hides_no_later_one(settings):
    append_heads([head(1)])
    with settings.AUDIT_HEADS_FILE.open("ab") as stream:
        stream.write(b"\x00" * 50_000)
    assert last_head() is None
    append_heads([head(1), head(2)])
    assert (last_head(), read_heads()) == (head(2), [head(1), head(1), head(2)])


@pytest.fixture
def a_years_file(settings):
    """A heads file of 20 MB, made of the lines of one head, with a torn line at its end."""
    append_heads([head(200)])
    file = settings.AUDIT_HEADS_FILE
    line = file.read_bytes()
    file.write_bytes(line * (20_000_000 // len(line)) + head_torn_off(line))
    return file


def head_torn_off(line: bytes) -> bytes:
    return line[: len(line) // 2]


def most_bytes(call) -> int:
    """The memory that a call takes at its most."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_end_of_a_long_file_is_found_without_reading_the_rest(a_years_file):
    assert last_head() == head(200)
    assert most_bytes(last_head) < 200_000
    assert most_bytes(lambda: append_heads([head(201)])) < 200_000
    assert last_head() == head(201)


def test_a_long_file_is_gone_through_a_line_at_a_time(a_years_file):
    length = sum(1 for _ in each_head())
    assert length > 100_000
    assert most_bytes(lambda: sum(1 for _ in zip(each_head(), range(5000), strict=False))) < 1_000_000


@pytest.mark.django_db(transaction=True)
def test_sealing_reads_the_end_of_a_long_file_alone(now, settings):
    committed(now)
    seal_log(now=now)
    file = settings.AUDIT_HEADS_FILE
    with file.open("r+b") as stream:  # as if years lay before it: a hole, of which nothing is stored
        line = stream.read()
        stream.truncate(0)
        stream.seek(2**36)
        stream.write(b"\n" + line)
    committed(now)
    seal_log(now=now)
    assert last_head().number == len(seals()) == 2
    assert file.stat().st_size > 2**36


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
