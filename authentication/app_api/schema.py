"""The interface's own description: OpenAPI 3.1, made from the views by drf-spectacular."""

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from inspect import getdoc
from typing import Any, Final, TypeVar

from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from authentication.app_api.answers import ProblemAnswer
from authentication.app_api.problems import MEDIA_TYPE, STATUS, ProblemCode

JOSE: Final = "application/jose"
NOTHING: Final = {"type": "object", "additionalProperties": False}  # drf-spectacular leaves an empty body out
SIGNED: Final = frozenset(
    {
        ProblemCode.MALFORMED,
        ProblemCode.METHOD_NOT_ALLOWED,
        ProblemCode.WRONG_CONTENT_TYPE,
        ProblemCode.TOO_LARGE,
        ProblemCode.WRONG_ADDRESS,
        ProblemCode.BAD_NONCE,
        ProblemCode.INVALID,
        ProblemCode.UNAVAILABLE,
        ProblemCode.SERVER_ERROR,
    }
)
BY_AN_APP: Final = SIGNED | {ProblemCode.NOT_ACCEPTED}
BY_A_USABLE_APP: Final = BY_AN_APP | {
    ProblemCode.APP_SUSPENDED,
    ProblemCode.APP_BLOCKED,
    ProblemCode.IDENTITY_BLOCKED,
}
IN_A_SESSION: Final = BY_A_USABLE_APP | {ProblemCode.SESSION_ENDED}
ANY_PIN: Final = frozenset({ProblemCode.WRONG_PIN, ProblemCode.APP_PAUSED, ProblemCode.APP_BLOCKED})

NONCE_HEADER: Final = OpenApiParameter(
    "Replay-Nonce", str, OpenApiParameter.HEADER, description="The nonce of the next request.", response=True
)

View = TypeVar("View", bound=type[APIView])


def described(
    *, operation: str, answer: type[BaseSerializer[Any]] | None, status: int = 200, problems: frozenset[ProblemCode]
) -> Callable[[View], View]:
    """Describe a view's POST: what is signed, what is answered, and every problem that may come instead."""

    def describe(view: View) -> View:
        responses: dict[Any, Any] = {status: answer or OpenApiResponse(description="Done.")}
        codes: dict[int, list[str]] = defaultdict(list)
        for code in sorted(problems):
            codes[STATUS[code].value].append(code.value)
        for number, its in sorted(codes.items()):
            responses[number, MEDIA_TYPE] = OpenApiResponse(ProblemAnswer, description=", ".join(its))
        schema = extend_schema(
            operation_id=operation,
            description=getdoc(view),
            request={JOSE: view.asked},  # type: ignore[attr-defined]  # every signed view has one
            responses=responses,
            parameters=[NONCE_HEADER],
            auth=[],
        )
        described_view: View = extend_schema_view(post=schema)(view)
        return described_view

    return describe


def wrap_in_jws(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that a request's body is a signed text, and what is inside it (a hook of drf-spectacular)."""
    for path in result["paths"].values():
        if "post" in path:
            content = path["post"].get("requestBody", {}).get("content", {})
            inside = content.get(JOSE, {}).get("schema", NOTHING)
            signed = {"type": "string", "contentMediaType": "application/json", "contentSchema": inside}
            path["post"]["requestBody"] = {
                "required": True,
                "description": "A compact JWS (RFC 7515) under ES256; its payload is JSON of the schema given.",
                "content": {JOSE: {"schema": signed}},
            }
    return result


class RememberedGenerator(SchemaGenerator):
    """Describes the interface once a language and process: it does not change while a process lives."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 - theirs
        """Give the description."""
        return _description(get_language(), str(self.urlconf), self.api_version)


@cache
def _description(_language: str | None, urlconf: str, version: str) -> dict[str, Any]:
    generator: Any = SchemaGenerator
    found: dict[str, Any] = generator(urlconf=urlconf, api_version=version).get_schema(public=True)
    return found
