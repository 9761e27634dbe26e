"""The assertion that every step begins with."""

from django.db import transaction


def assert_in_transaction() -> None:
    """Raise RuntimeError outside a transaction: a step is half an act and must not stand alone."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("This step belongs into a use case's transaction.")
