"""The app's page, and the two files that make it installable (docs/app.md)."""

from typing import Any, Final

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from authentication.pages import PublicPage

ICON_SIDES: Final = (192, 512)  # pixels, as Chromium's installability asks
THEME: Final = "#0b4a6f"


@method_decorator(csp_update({"manifest-src": [SELF], "worker-src": [SELF]}), name="dispatch")
class AppShellPage(PublicPage):
    """The app itself: one page whose scripts speak to ``/api/app/v1/``. It knows nobody, and keeps no cookie."""

    template_name = "app/shell.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the shell; this page alone may use the camera, for QR codes (APR-4)."""
        is_language_chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        context = self.get_context_data(portal=settings.PUBLIC_ADDRESS, is_language_chosen=is_language_chosen)
        response = self.render_to_response(context)
        response.headers["Permissions-Policy"] = "camera=(self)"
        return response


class AppManifestPage(PublicPage):
    """What a phone needs to put the app on its home screen (W3C Web Application Manifest)."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the manifest in the language of the page."""
        address = reverse("authentication:app-shell")
        icons = [
            {"src": static(f"app/icon-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
            for side in ICON_SIDES
            for purpose in ("any", "maskable")
        ]
        return JsonResponse(
            {
                "id": address,
                "name": settings.BRAND_NAME,
                "short_name": settings.BRAND_NAME,
                "description": _("Approve with your phone."),
                "lang": request.LANGUAGE_CODE,
                "start_url": address,
                "scope": address,
                "display": "standalone",
                "background_color": "#ffffff",
                "theme_color": THEME,
                "icons": icons,
            },
            content_type="application/manifest+json",
        )


class AppServiceWorkerPage(PublicPage):
    """The script that opens the app when the phone is offline. It keeps the page and its files, never an answer."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the script; it may rule ``/app/`` and nothing else."""
        context = {"shell": reverse("authentication:app-shell"), "static": settings.STATIC_URL}
        return render(request, "app/service_worker.js", context, content_type="text/javascript")
