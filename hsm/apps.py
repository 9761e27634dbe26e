"""Django's registration of the app."""

from django.apps import AppConfig


class HsmConfig(AppConfig):
    """Name and label of the app; its protected columns."""

    name = "hsm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is protected; only now are the models loaded."""
        from hsm.columns import protect  # noqa: PLC0415 - as above
        from hsm.protected import COLUMNS  # noqa: PLC0415 - as above

        protect(*COLUMNS)
