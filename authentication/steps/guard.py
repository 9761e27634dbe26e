"""What every step holds its caller to."""

from django.db import transaction


def assert_in_transaction() -> None:
    """Raise RuntimeError outside a use case's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("This step belongs into a use case's transaction.")
