"""WSGI entry point; with unfit settings it does not load, so the server does not start."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from mitid_portal.startup import refuse_unfit_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")

refuse_unfit_settings()
# By name: it knows the keys, whose models can be imported only now.
application = import_module("mitid_portal.prefork").Portal(get_wsgi_application())
