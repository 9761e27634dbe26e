"""What the app is, and its end."""

from typing import Any

from rest_framework.response import Response

from authentication.app_api.answers import MeAnswer
from authentication.app_api.schema import BY_AN_APP, described
from authentication.app_api.serializers import NothingAsked
from authentication.app_api.usecases.unlink_app import unlink_app
from authentication.app_api.views.base import KnownAppApi
from identities.api import AppView


@described(operation="me", answer=MeAnswer, problems=BY_AN_APP)
class MeApi(KnownAppApi):
    """Tells an app what we know of it; one that is suspended or blocked learns so here."""

    asked = NothingAsked
    is_open_to_stopped_apps = True

    def act(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Say what the app is."""
        known = {
            "app_id": app.id,
            "user_id": app.user_id,
            "language": app.language,
            "level": app.enrolled_level,
            "platform": app.platform,
            "state": app.state,
            "identity_state": app.identity_state,
            "paused_until": app.paused_until if app.paused_until and app.paused_until > self.now else None,
        }
        return Response(MeAnswer(known).data)


@described(operation="unlink", answer=None, status=204, problems=BY_AN_APP)
class UnlinkApi(KnownAppApi):
    """Blocks this app for good. Whoever holds the phone may: blocking is never gated, and gives nothing."""

    asked = NothingAsked
    is_open_to_stopped_apps = True

    def act(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Block it; one that was blocked before stays so."""
        unlink_app(identity_id=app.identity_id, app_id=app.id, now=self.now)
        return Response(status=204)
