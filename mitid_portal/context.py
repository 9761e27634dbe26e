"""What every template may show."""

from django.conf import settings
from django.http import HttpRequest


def site(_request: HttpRequest) -> dict[str, object]:
    """Give the brand name, support's number, and whether this is a demo."""
    return {
        "brand_name": settings.BRAND_NAME,
        "is_demo": settings.DEMO,
        "support_phone": settings.SUPPORT_PHONE,
    }
