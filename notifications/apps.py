"""Django's registration of the app."""

from django.apps import AppConfig
from django.core import checks


class NotificationsConfig(AppConfig):
    """Name and label of the app; its system checks and protected columns."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks and what is protected; only now are settings and models loaded."""
        from hsm.api import protect  # noqa: PLC0415 - as above
        from notifications.checks import check_delivery_settings, check_transport_settings  # noqa: PLC0415 - as above
        from notifications.email_checks import check_email_settings  # noqa: PLC0415 - as above
        from notifications.protected import COLUMNS  # noqa: PLC0415 - as above
        from notifications.sms_checks import check_sms_settings  # noqa: PLC0415 - as above
        from notifications.watch_checks import check_watch_settings  # noqa: PLC0415 - as above

        checks.register(check_delivery_settings)
        checks.register(check_transport_settings)
        checks.register(check_email_settings)
        checks.register(check_sms_settings)
        checks.register(check_watch_settings)
        protect(*COLUMNS)
