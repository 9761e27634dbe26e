"""Django's registration of the app."""

from django.apps import AppConfig


class HsmConfig(AppConfig):
    """Name and label of the app."""

    name = "hsm"
    default_auto_field = "django.db.models.BigAutoField"
