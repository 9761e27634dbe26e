"""Django's registration of the app."""

from django.apps import AppConfig


class SelfserviceConfig(AppConfig):
    """Name and label of the app."""

    name = "selfservice"
    default_auto_field = "django.db.models.BigAutoField"
