"""Django's registration of the project itself: its system checks and tasks."""

from django.apps import AppConfig


class MitidPortalConfig(AppConfig):
    """Name and label of the app."""

    name = "mitid_portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the system checks registered; they read settings, so not before Django is set up."""
        from mitid_portal import checks  # noqa: F401, PLC0415 - as above
