"""Reads of the auditor's wing: who the auditor is themselves, and what the offices of the log are called."""

from collections.abc import Collection
from uuid import UUID

from registration.models import Office, Officer, ProofingCase


def own_ids_of(identity_id: UUID) -> frozenset[UUID]:
    """List under which ids the log has a person.

    Rule: REG-10: their identity, each right they have or ever had, and each case about them: until a case has an
          identity, its events have the case for their subject.
    """
    rights = Officer.objects.filter(identity_id=identity_id).values_list("id", flat=True)
    cases = ProofingCase.objects.filter(identity_id=identity_id).values_list("id", flat=True)
    return frozenset({identity_id, *rights, *cases})


def names_of_offices(office_ids: Collection[UUID]) -> dict[UUID, str]:
    """Name offices with their organisations."""
    rows = Office.objects.filter(id__in=office_ids).values_list("id", "organisation__name", "name")
    return {office_id: f"{organisation}, {name}" for office_id, organisation, name in rows}
