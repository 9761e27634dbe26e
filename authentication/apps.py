"""Django's registration of the app."""

from django.apps import AppConfig
from django.core import checks


class AuthenticationConfig(AppConfig):
    """Name and label of the app; its system check."""

    name = "authentication"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the check; only now are the settings loaded."""
        from authentication.checks import check_ways_in_use  # noqa: PLC0415 - as above

        checks.register(check_ways_in_use)
