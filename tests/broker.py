"""Which broker this process puts its tasks into."""

from collections.abc import Iterator
from contextlib import contextmanager

from mitid_portal.celery import app

NAMES = ("broker_url", "broker_write_url")


@contextmanager
def pointed_at(address: str) -> Iterator[None]:
    """Put tasks into the broker at ``address``; afterwards into the one from before."""
    before = {name: app.conf[name] for name in NAMES}
    _use(dict.fromkeys(NAMES, address))
    try:
        yield
    finally:
        _use(before)


def _use(addresses: dict[str, str]) -> None:
    app.conf.update(addresses)
    app.__dict__.pop("amqp", None)  # it keeps producers, and with them the address of the broker before
