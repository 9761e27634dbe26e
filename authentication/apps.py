"""Django's registration of the app."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Name and label of the app."""

    name = "authentication"
    default_auto_field = "django.db.models.BigAutoField"
