"""Django's registration of the demo."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class DemoConfig(AppConfig):
    """Name and label of the app."""

    name = "mitid_portal.demo"
    label = "demo"

    def ready(self) -> None:
        """Refuse to be there at all outside demo mode: these pages tell everybody's secrets."""
        if not settings.DEMO:
            raise ImproperlyConfigured("The demo is installed, but DEMO is off.")
