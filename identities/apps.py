"""Django's registration of the app."""

from django.apps import AppConfig


class IdentitiesConfig(AppConfig):
    """Name and label of the app; its protected columns."""

    name = "identities"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is protected; only now are the models loaded."""
        from hsm.api import protect  # noqa: PLC0415 - as above
        from identities.protected import COLUMNS  # noqa: PLC0415 - as above

        protect(*COLUMNS)
