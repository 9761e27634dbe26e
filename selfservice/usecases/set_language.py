"""A citizen chooses the language of their alerts."""

from uuid import UUID

from django.db import transaction

from identities import api as identities
from notifications.api import Language


@transaction.atomic(durable=True)
def set_language(*, identity_id: UUID, language: Language) -> None:
    """Alert the citizen in ``language`` from now on.

    Rule:   ALR-3.
    Writes: Identity.
    """
    identities.set_language(identity_id=identity_id, language=language)
