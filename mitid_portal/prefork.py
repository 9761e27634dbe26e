"""What processes do about keys: unwrapped before they fork, and left behind when a call of the module hangs.

A child that is started while the module is away has its parent's data keys, so that alerts already stored still go
out (KEY-2).
"""

import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from typing import Any, Final

from celery.signals import worker_init, worker_process_init
from django.db import Error as DatabaseError

from hsm import api as hsm
from hsm.api import HsmUnavailable, HungCall
from mitid_portal.command_line import before_commands
from mitid_portal.hung_calls import AnswersHungCalls
from mitid_portal.sessions import end_sessions

logger = logging.getLogger(__name__)

EXIT_FAILED: Final = 1
EXIT_TRY_LATER: Final = 75  # EX_TEMPFAIL of sysexits.h
LOOK_SECONDS: Final = 0.1
LAST_BYTES_SECONDS: Final = 0.3  # for answers that are on their way to their sockets


class Portal(AnswersHungCalls):
    """The application as gunicorn's processes use it (mitid_portal/gunicorn.py calls these)."""

    def before_fork(self) -> None:
        """The process that the workers are made from has the data keys."""
        unwrap_keys()

    def serve_in(self, worker: Any) -> None:
        """The worker's clients are answered for, and it is replaced when a call hangs on and on."""
        hsm.on_hung_call(self.answer_for)
        hsm.on_module_hung(partial(self._retire, worker))
        self.keep_looking()

    def _retire(self, worker: Any) -> None:
        # Threads that hang cannot be joined, so the process would never end by itself.
        patience = float(worker.cfg.graceful_timeout)
        threading.Thread(target=self._leave, args=(patience,), name="retiring", daemon=True).start()

    def _leave(self, patience_seconds: float) -> None:
        logger.critical("A call of the module hangs on: this worker makes room for another.")
        deadline = time.monotonic() + patience_seconds
        os.kill(os.getpid(), signal.SIGTERM)
        while self.has_work() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        time.sleep(LAST_BYTES_SECONDS)
        _leave_at_once(EXIT_FAILED)


def watch_command() -> None:
    """This command's process leaves when a call of the module hangs."""
    hsm.on_hung_call(end_command)


before_commands.append(watch_command)


@worker_init.connect(weak=False)
def unwrap_keys(**_signal: Any) -> None:
    """This process has the data keys in memory where that is possible now, and nothing open that no fork survives."""
    try:
        hsm.preload()
    except (HsmUnavailable, DatabaseError) as error:
        logger.warning("Starting without the data keys (%s): they are unwrapped later.", type(error).__name__)
    finally:
        end_sessions()


@worker_process_init.connect(weak=False)
def watch_tasks(**_signal: Any) -> None:
    """This child leaves when a call of the module hangs; its task, acknowledged late, comes again."""
    hsm.on_hung_call(end_child)


def end_child(_call: HungCall) -> None:
    """Leave at once: what the hung task had open is rolled back by the database."""
    logger.critical("A call of the module hangs: this worker's process ends, its task is done again.")
    _leave_at_once(EXIT_FAILED)


def end_command(_call: HungCall) -> None:
    """Leave with a status that says: later."""
    sys.stderr.write("The module does not answer; nothing of the step under way was stored. Try again later.\n")
    _leave_at_once(EXIT_TRY_LATER)


def _leave_at_once(status: int) -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
