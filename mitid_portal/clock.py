"""What time it is. Entry points ask once and pass the answer on.

In demo mode an offset, kept in a file that every process of the demo reads, is added, so that the one-hour wait
can be tried in a minute. Outside demo mode there is no offset and no way to set one.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def now() -> datetime:
    """Tell the present instant.

    Returns: aware UTC.
    """
    return datetime.now(UTC) + demo_offset()


def demo_offset() -> timedelta:
    """Tell how far the demo's clock has been moved ahead; zero outside demo mode."""
    if not settings.DEMO:
        return timedelta()
    try:
        return timedelta(seconds=int(_offset_file().read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta()


def move_demo_clock(by: timedelta) -> timedelta:
    """Move the demo's clock ahead for every process and return the offset it now has.

    Raises: ImproperlyConfigured outside demo mode; ValueError when asked to move back.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("The clock has an offset in demo mode only.")
    if by < timedelta():
        raise ValueError("The demo's clock moves ahead only.")
    offset = demo_offset() + by
    file = _offset_file()
    fresh = file.with_suffix(".new")
    fresh.write_text(str(int(offset.total_seconds())), encoding="ascii")
    fresh.replace(file)
    return offset


def _offset_file() -> Path:
    return Path(settings.DEMO_CLOCK_FILE)
