"""A first nonce, for an app that has none."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.app_api.answers import ProblemAnswer
from authentication.app_api.nonces import new_nonce
from authentication.app_api.problems import MEDIA_TYPE
from authentication.app_api.schema import NONCE_HEADER
from authentication.app_api.views.base import NONCE_HEADER as HEADER
from authentication.app_api.views.base import AppApi


class NonceApi(AppApi):
    """Asked once; afterwards every answer brings the next one."""

    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="nonce",
        responses={
            204: OpenApiResponse(description="The nonce is in the header."),
            (503, MEDIA_TYPE): OpenApiResponse(ProblemAnswer, description="unavailable"),
        },
        parameters=[NONCE_HEADER],
        auth=[],
    )
    def get(self, _request: Request) -> Response:
        """Give a nonce in the header."""
        return Response(status=204, headers={HEADER: new_nonce(now=self.now, era=self.era)})
