"""What stands between unfit settings and a process that serves."""

import io
from typing import Final

import django
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

DATABASE_TAG: Final = "mitid_database"
"""The check that asks the database (``checks.py``)."""


def refuse_unfit_settings() -> None:
    """Django is set up and its system checks have passed.

    Neither a WSGI server nor Celery runs them by itself, and a warning in a log would not stop a portal that runs
    on a demo register.

    Raises: SystemCheckError listing what is wrong; ImproperlyConfigured when the settings are those of the tests,
            for which most checks are off.
    """
    if not apps.ready:  # a second set-up would begin logging anew, into what Celery put in the place of stderr
        django.setup()
    if settings.TESTING:
        raise ImproperlyConfigured("TESTING is set: that is for the test runner only.")
    call_command("check", stdout=io.StringIO())  # only what is wrong is worth a line, and that is raised
    # Of the role only whoever serves is asked: commands run as the tables' owner.
    call_command("check", tags=[DATABASE_TAG], deploy=True, stdout=io.StringIO())
