"""Whether database, keys and demo people are still as the last start left them, so that a restart may skip the look."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path


class Preparation:
    """A note of what the last preparation was made from: the code, the database, the token, and the day."""

    def __init__(self, folder: Path, checkout: Path) -> None:
        """Watch the system on ``folder``, whose code is in ``checkout``."""
        self._folder = folder
        self._checkout = checkout
        self._note = folder / "prepared"

    def is_needed(self) -> bool:
        """Whether anything that the preparation rests on is new; also once a day, for what runs out."""
        try:
            return self._note.read_text(encoding="ascii") != self._digest()
        except FileNotFoundError:
            return True

    def note_done(self) -> None:
        """The preparation was made from what is there now."""
        self._note.write_text(self._digest(), encoding="ascii")

    def forget(self) -> None:
        """The next start prepares, whatever it finds."""
        self._note.unlink(missing_ok=True)

    def _digest(self) -> str:
        # The real day, not the demo's: this is about files.
        seen = [datetime.now(UTC).date().isoformat()]
        watched = [
            *(file for package in self._packages() for file in package.rglob("*.py")),
            self._folder / "postgres" / "PG_VERSION",
            self._folder / "secrets.json",
            *(self._folder / "softhsm" / "tokens").iterdir(),
        ]
        for file in sorted(watched):
            found = file.stat()
            times = "" if file.is_dir() else f"{found.st_size} {found.st_mtime_ns}"
            seen.append(f"{file} {found.st_ino} {times}")
        return hashlib.sha256("\n".join(seen).encode()).hexdigest()

    def _packages(self) -> list[Path]:
        return [file.parent for file in self._checkout.glob("*/apps.py")]
