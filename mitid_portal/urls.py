"""Every address of the portal, each app's under its own door."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from mitid_portal import health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/app/v1/", include("authentication.app_api.urls")),
    path("api/notifications/", include("notifications.urls")),
    path("", include("authentication.urls")),
    path("backoffice/", include("registration.urls")),
    path("", include("selfservice.urls")),
]
if settings.DEMO:
    urlpatterns.insert(0, path("demo/", include("mitid_portal.demo.urls")))

handler400 = "mitid_portal.errors.bad_request"
handler403 = "mitid_portal.errors.forbidden"
handler404 = "mitid_portal.errors.not_found"
handler500 = "mitid_portal.errors.server_error"
