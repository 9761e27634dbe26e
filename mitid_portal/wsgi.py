"""WSGI entry point; with unfit settings it does not load, so the server does not start."""

import os

from django.core.wsgi import get_wsgi_application

from mitid_portal.startup import refuse_unfit_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")

refuse_unfit_settings()
application = get_wsgi_application()
