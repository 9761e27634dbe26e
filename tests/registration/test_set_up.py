"""Organisations, offices, officers and stock."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from registration.api import (
    OrganisationKind,
    create_office,
    create_organisation,
    put_into_stock,
)
from registration.models import StockItem

pytestmark = pytest.mark.django_db


def test_an_office_of_an_organisation_has_a_stock(now):
    organisation = create_organisation(
        name="Skovby Kommune",
        kind=OrganisationKind.MUNICIPALITY,
        complaints_to="Skovby Kommune, Rådhuspladsen 1, 9999 Skovby",
        agreement_until=(now + timedelta(days=365)).date(),
        now=now,
    )
    office = create_office(organisation_id=organisation, name="Borgerservice", now=now)
    put_into_stock(office_id=office, serial="KV-1001", seed=b"s" * 20, now=now)
    assert StockItem.objects.get().office_id == office
    with pytest.raises(IntegrityError), transaction.atomic():
        put_into_stock(office_id=office, serial="KV-1001", seed=b"s" * 20, now=now)
