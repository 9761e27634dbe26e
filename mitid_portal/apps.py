"""Django's registration of the project itself: its system checks and tasks."""

from django.apps import AppConfig

from mitid_portal.brand import put_brand_into_texts


class MitidPortalConfig(AppConfig):
    """Name and label of the app."""

    name = "mitid_portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the system checks and the workers' hooks registered, which read settings, and the brand put in."""
        from mitid_portal import checks, prefork  # noqa: F401, PLC0415 - as above

        put_brand_into_texts()
