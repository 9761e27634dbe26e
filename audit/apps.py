"""Django's registration of the app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Name and label of the app."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
