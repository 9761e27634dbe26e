"""Django's registration of the app."""

from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    """Name and label of the app."""

    name = "registration"
    default_auto_field = "django.db.models.BigAutoField"
