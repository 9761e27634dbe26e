"""Who suspended an authenticator: it decides who may reopen it (BLK-3)."""

from django.db import models
from django.db.models import Q

from identities.states import AuthenticatorState, BlockSource


class Suspendable(models.Model):
    """An authenticator that somebody may suspend. ``suspended_by`` is set while it is, and only then."""

    suspended_by = models.TextField(choices=BlockSource, null=True)  # noqa: DJ001 - NULL is "nobody", and checked

    class Meta:
        abstract = True


def suspended_by_someone(name: str) -> models.CheckConstraint:
    """Make the constraint that holds state and ``suspended_by`` together."""
    return models.CheckConstraint(
        name=name,
        condition=Q(state=AuthenticatorState.SUSPENDED, suspended_by__isnull=False, suspended_by__in=BlockSource.values)
        | (~Q(state=AuthenticatorState.SUSPENDED) & Q(suspended_by__isnull=True)),
    )
