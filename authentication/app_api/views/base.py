"""What every address of the app has in common: a signed body in, JSON out, and no cookie either way.

Nothing here reads a session or a cookie, so there is nothing that a foreign site could ride on: a body must be signed
by a device key, and have a media type that no form sends. So these views need no CSRF token, and give no CORS header.
"""

from abc import abstractmethod
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as CacheTimeoutError
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.app_api.fields import Asked, shape
from authentication.app_api.jws import MOST_BODY_BYTES, SignedRequest, payload_under, read_request
from authentication.app_api.nonces import current_era, new_nonce, take_nonce
from authentication.app_api.problems import MEDIA_TYPE, Problem, ProblemCode
from authentication.app_api.schema import JOSE
from authentication.app_api.strict_json import read_object
from authentication.queries import Login, living_login
from authentication.states import Audience, Door
from hsm.api import HsmUnavailable
from identities.api import AppView, AuthenticatorState, IdentityState, app_of
from mitid_portal import clock

NONCE_HEADER: Final = "Replay-Nonce"
CHUNK_BYTES: Final = 65_536
AWAY: Final = (HsmUnavailable, OperationalError, InterfaceError, CacheConnectionError, CacheTimeoutError)


class OneKindOfAnswer(BaseContentNegotiation):
    """JSON, whatever is asked for (RFC 9110 section 12.1 allows it): a refusal too must be readable."""

    def select_parser(self, request: Request, parsers: Any) -> None:
        """Parse nothing: the body is read as it came."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Take the only one."""
        return renderers[0], renderers[0].media_type


class AppApi(APIView):
    """One address. Every answer brings the nonce of the next request."""

    audience = Audience.MACHINE
    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = []
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OneKindOfAnswer
    http_method_names = ["post"]
    now: datetime

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the clock, once."""
        super().setup(request, *args, **kwargs)
        self.now = clock.now()

    @cached_property
    def era(self) -> bytes:
        """The era of the nonces, read once a request."""
        return current_era()

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with a problem; what nobody expected goes on to Django as the fault that it is."""
        problem = _problem_of(exc)
        if problem is None:
            raise exc
        headers = problem.headers
        if isinstance(exc, MethodNotAllowed):
            headers["Allow"] = ", ".join(self.allowed_methods)
        return Response(problem.body(), status=problem.status.value, headers=headers, content_type=MEDIA_TYPE)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Add a nonce, unless the cache is away: then the app asks for one later."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if NONCE_HEADER in answer.headers:
            return answer
        try:
            answer.headers[NONCE_HEADER] = new_nonce(now=self.now, era=self.era)
        except RedisError:
            return answer
        return answer


class SignedApi(AppApi):
    """An address that takes a signed body. ``asked`` is the shape of its payload."""

    asked: ClassVar[type[Asked]]

    def signed(self, request: Request) -> SignedRequest:
        """Read what came and find it meant for this address; the signature is still to be looked at.

        Raises: Problem.
        """
        _refuse_other_media(request)
        signed = read_request(request.body)
        if signed is None:
            raise Problem(ProblemCode.MALFORMED)
        if signed.url != f"{settings.PUBLIC_ADDRESS.rstrip('/')}{request.get_full_path()}":
            raise Problem(ProblemCode.WRONG_ADDRESS)
        return signed

    def payload(self, signed: SignedRequest, payload: bytes) -> dict[str, Any]:
        """Take the nonce of a request whose signature holds, and give what it asks.

        Raises: Problem, ValidationError; RedisError when the cache is away.
        """
        if not take_nonce(signed.nonce, now=self.now, era=self.era):
            raise Problem(ProblemCode.BAD_NONCE)
        members = read_object(payload)
        if members is None:
            raise Problem(ProblemCode.MALFORMED)
        return dict(shape(self.asked).run_validation(members))


class EnrolmentApi(SignedApi):
    """For an app that has no id yet: its requests carry the public key, and are signed with it."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Check that whoever asks has the private half of the key, and act."""
        signed = self.signed(request)
        if signed.device_key is None:
            raise Problem(ProblemCode.MALFORMED)
        payload = payload_under(signed.text, signed.device_key)
        if payload is None:
            raise Problem(ProblemCode.NOT_ACCEPTED)
        return self.act(signed.device_key, self.payload(signed, payload), **kwargs)

    @abstractmethod
    def act(self, device_key: bytes, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Do what is asked."""


class KnownAppApi(SignedApi):
    """For an app that was enrolled: its requests carry its id."""

    is_open_to_stopped_apps: ClassVar[bool] = False

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Find the app, check its signature, and act; an app that there is not, and somebody else's, look alike."""
        signed = self.signed(request)
        if signed.app_id is None:
            raise Problem(ProblemCode.MALFORMED)
        app = app_of(signed.app_id)
        payload = payload_under(signed.text, app.device_key if app else None)
        if app is None or payload is None:
            raise Problem(ProblemCode.NOT_ACCEPTED)
        asked = self.payload(signed, payload)
        if not self.is_open_to_stopped_apps:
            _refuse_stopped(app)
        return self.act(app, asked, **kwargs)

    @abstractmethod
    def act(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Do what is asked."""


class SessionApi(KnownAppApi):
    """For an app whose citizen gave the PIN a short while ago."""

    login: Login

    def act(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Find the living session, which this app opened, and act; one of its owner's other phones is none."""
        login = living_login(login_id=asked["session"], door=Door.APP, now=self.now)
        if login is None or login.app_id != app.id:
            raise Problem(ProblemCode.SESSION_ENDED)
        self.login = login
        return self.act_in_session(app, asked, **kwargs)

    @abstractmethod
    def act_in_session(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Do what is asked."""


def _refuse_other_media(request: Request) -> None:
    """Refuse a body that is too large or no JWS by its own saying, before anything looks into it."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BODY_BYTES:
        while request.read(CHUNK_BYTES):  # at most a megabyte gets here; unread, the app would see a reset, no answer
            continue
        raise Problem(ProblemCode.TOO_LARGE)
    if request.headers.get("Content-Type", "").strip().lower() != JOSE or "Content-Encoding" in request.headers:
        raise Problem(ProblemCode.WRONG_CONTENT_TYPE)


def _refuse_stopped(app: AppView) -> None:
    """Refuse an app that is not in use; it is told why, for its signature has shown that it is the one."""
    if app.state is AuthenticatorState.BLOCKED:
        raise Problem(ProblemCode.APP_BLOCKED)
    if app.identity_state is not IdentityState.ACTIVE:
        raise Problem(ProblemCode.IDENTITY_BLOCKED)
    if app.state is AuthenticatorState.SUSPENDED:
        raise Problem(ProblemCode.APP_SUSPENDED)


def _problem_of(exc: Exception) -> Problem | None:
    match exc:
        case Problem():
            return exc
        case ValidationError():
            return Problem(ProblemCode.INVALID, invalid=_in_words(exc))
        case MethodNotAllowed():
            return Problem(ProblemCode.METHOD_NOT_ALLOWED)
        case Http404():
            return Problem(ProblemCode.NOT_FOUND)
        case _ if isinstance(exc, AWAY):
            return Problem(ProblemCode.UNAVAILABLE)
        case _:
            return None


def _in_words(exc: ValidationError) -> dict[str, list[str]]:
    detail = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
    return {str(name): [str(text) for text in texts] for name, texts in detail.items()}
