"""Django's registration of the app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Name and label of the app."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
