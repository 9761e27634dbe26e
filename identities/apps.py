"""Django's registration of the app."""

from django.apps import AppConfig


class IdentitiesConfig(AppConfig):
    """Name and label of the app."""

    name = "identities"
    default_auto_field = "django.db.models.BigAutoField"
