"""The log's heads as the backup's manifest tells them."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any


def last_line(file: Path) -> dict[str, Any] | None:
    """Give the last whole line of a heads file; one that a crash tore is passed by."""
    last: dict[str, Any] | None = None
    with file.open("rb") as stream:
        for line in stream:
            with suppress(ValueError):
                last = json.loads(line)
    return last
