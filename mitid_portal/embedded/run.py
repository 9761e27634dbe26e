"""What ``bin/run`` does once everything is installed: start the system, tell where, keep it going, stop it."""

import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Final

from mitid_portal.embedded.child import PartFailedError
from mitid_portal.embedded.system import (
    CHECKOUT,
    AlreadyRunningError,
    Interrupted,
    PortBusyError,
    System,
    ignored,
)

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminal:
    """Prints progress with the seconds since the start, and remembers being asked to stop."""

    def __init__(self) -> None:
        """Begin to count."""
        self._begun = time.monotonic()
        self.is_stopping = False

    def say(self, line: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._begun:5.1f} s] {line}", flush=True)  # noqa: T201 - the terminal is the page

    def note_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Remember that somebody wants it to end; the loops ask, so nothing is cut off half-way."""
        self.is_stopping = True


def main() -> int:
    """Run until asked to stop.

    Returns: the exit status: 0 after being asked to stop, 1 when the start failed, 2 when it was no use to try.
    """
    terminal = Terminal()
    port = os.environ.get("PORT", "8000")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        terminal.say(f"PORT is {port!r}; it must be a number from 1 to 65535.")
        return 2
    folder = Path(os.environ.get("VAR_DIR", str(CHECKOUT / "var")))
    for which in ENDING:
        signal.signal(which, terminal.note_signal)
    system = System(folder, port=int(port), say=terminal.say, is_called_off=lambda: terminal.is_stopping)
    try:
        system.start()
    except AlreadyRunningError as error:
        terminal.say(f"The portal runs already, {error}. Stop that one first (Ctrl-C in its terminal).")
        return 2
    except PortBusyError as error:
        terminal.say(f"{error} Choose another: PORT={int(port) % 65_535 + 1} bin/run")
        return 2
    except (PartFailedError, ValueError, FileNotFoundError) as error:
        terminal.say(f"The portal did not start. {error}")
        return 1
    except Interrupted:
        terminal.say("Stopped before it was up.")
        return 0
    try:
        _welcome(system, terminal)
        while not terminal.is_stopping:
            system.tend()
            time.sleep(0.3)
    finally:
        terminal.say("Stopping")
        with ignored(*ENDING):
            system.stop()
        terminal.say(f"Stopped. The data are kept in {folder}.")
    return 0


def _welcome(system: System, terminal: Terminal) -> None:
    terminal.say("The portal is up.")
    lines = [
        "",
        f"  Citizens       {system.address}/",
        f"  Backoffice     {system.address}/backoffice/",
        f"  Demo page      {system.address}/demo/  (people, codes, messages, the clock)",
        f"  Health         {system.address}/health/ready",
        f"  Log files      {system.folder / 'log'}",
        "",
        *_log_ins(system),
        "",
        "  The six-digit code to each user ID is on the demo page. Ctrl-C stops everything.",
        "",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201 - the terminal is the page


def _log_ins(system: System) -> list[str]:
    with urllib.request.urlopen(f"{system.address}/demo/personas.json", timeout=10) as answer:  # noqa: S310 - our own
        found = json.load(answer)
    personas = found["personas"] if isinstance(found, dict) else found
    lines = [f"  {'Role':<22} {'Name':<26} {'User ID':<20} Password"]
    for persona in personas:
        if persona.get("user_id"):
            role, name = persona["role"], persona["name"]
            lines.append(f"  {role:<22} {name:<26} {persona['user_id']:<20} {persona.get('password') or '-'}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
