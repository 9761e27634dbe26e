"""How gunicorn serves the portal, in bin/run and in the image alike; what differs stands on the command line.

It is read before Django is set up, so it reaches the rest through the application that gunicorn loads.
"""

import logging
from typing import Any

wsgi_app = "mitid_portal.wsgi:application"
worker_class = "gthread"
threads = 8
preload_app = True  # the data keys are unwrapped once, and a worker that is started without the module has them
timeout = 30
control_socket_disable = True
loglevel = "warning"
accesslog = None  # an address may hold a token, which no log file does (LOG-2)


def without_address(record: logging.LogRecord) -> bool:
    """gunicorn names the address, and what it could not read of one, in two lines of its own: LOG-2."""
    for begins in ("Error handling request", "Invalid request"):
        if str(record.msg).startswith(begins):
            record.msg, record.args = begins, ()
    return True


logging.getLogger("gunicorn.error").addFilter(without_address)


def when_ready(server: Any) -> None:
    """The keys are in memory before the first worker is made."""
    server.app.wsgi().before_fork()


def post_worker_init(worker: Any) -> None:
    """Nobody waits for a call of this worker that hangs."""
    worker.wsgi.serve_in(worker)
