"""The registration authority's organisations and their offices."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.rules.officers import LONGEST_RIGHT
from registration.states import OrganisationKind


class RaOrganisation(models.Model):
    """A municipality's Citizen Service or a bank, with an agreement that runs out (REG-11).

    ``complaints_to`` is where a citizen sends a complaint about a refusal (REG-12).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.TextField(choices=OrganisationKind)
    name = models.CharField(max_length=120, unique=True)
    complaints_to = models.CharField(max_length=240)
    agreed_on = models.DateField()
    agreement_until = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="organisation_kind_is_known", condition=Q(kind__in=OrganisationKind.values)),
            models.CheckConstraint(name="organisation_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="organisation_says_how_to_complain", condition=~Q(complaints_to="")),
            models.CheckConstraint(
                name="organisation_agreement_is_renewed_yearly",
                condition=Q(agreement_until__gte=F("agreed_on"))
                & Q(agreement_until__lte=F("agreed_on") + LONGEST_RIGHT),
            ),
        ]


class Office(models.Model):
    """A branch where citizens are served; it has officers and a stock of devices of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(RaOrganisation, on_delete=models.PROTECT, related_name="offices")
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(name="office_has_a_name", condition=~Q(name="")),
            models.UniqueConstraint(name="office_name_is_unique_in_its_organisation", fields=["organisation", "name"]),
        ]
