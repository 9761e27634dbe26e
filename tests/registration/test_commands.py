"""The commands of the first set-up."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from mitid_portal import clock
from registration.models import Officer
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db


def run(*words):
    out = StringIO()
    call_command(*words, stdout=out)
    return UUID(out.getvalue().strip())


def until(days):
    return (clock.now() + timedelta(days=days)).date().isoformat()


def test_organisation_office_and_officer_are_set_up():
    """REG-11."""
    who = a_resident(now=clock.now())
    organisation = run(
        "ra_create_organisation", "Skovby", "municipality", "--complaints-to", "Torvet 1",
        "--agreement-until", until(300),
    )  # fmt: skip
    office = run("ra_create_office", str(organisation), "Borgerservice")
    officer = run("ra_appoint_officer", who.user_id.upper(), "clerk", str(office), "--valid-until", until(300))
    row = Officer.objects.get(pk=officer)
    assert (row.identity_id, row.office_id, row.role) == (who.identity_id, office, "clerk")
    again = ("ra_appoint_officer", who.user_id, "clerk", str(office), "--valid-until", until(300))
    with pytest.raises(CommandError, match="officer_has_one_right_of_a_role"):
        run(*again)


@pytest.mark.parametrize(
    "words",
    [
        ("ra_create_office", str(UUID(int=1)), "Borgerservice"),
        ("ra_appoint_officer", "findes ikke", "clerk", str(UUID(int=1)), "--valid-until", "2027-01-01"),
        ("ra_create_organisation", "S", "bank", "--complaints-to", "T", "--agreement-until", "2099-01-01"),
    ],
)
def test_what_cannot_be_is_said(words):
    with pytest.raises(CommandError):
        run(*words)
