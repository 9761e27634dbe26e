"""The demo for programs: the same as its pages, as JSON."""

from datetime import timedelta

from django.urls import reverse
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.api import Audience
from mitid_portal import clock
from mitid_portal.demo.devices import display_of, stock_serial, stock_size
from mitid_portal.demo.people import CAST, personas
from mitid_portal.demo.serializers import ClockSerializer, MessageSerializer, SmsReplySerializer
from notifications.api import local_messages, normal_phone
from selfservice.api import take_sms_reply

MOST_SHOWN = 500


class DemoApi(APIView):
    """One address for programs; open to everybody, as all of the demo is."""

    audience = Audience.PUBLIC


class PersonasApi(DemoApi):
    """Who can be played, with all their secrets."""

    def get(self, _request: Request) -> Response:
        """List the people."""
        return Response([persona.as_json() for persona in personas()])


class DevicesApi(DemoApi):
    """What every code device of the demo shows or speaks now."""

    def get(self, _request: Request) -> Response:
        """List the devices; ``code`` and ``current_code`` are the same six digits."""
        now = clock.now()
        serials = [part.serial for part in CAST]
        serials += [stock_serial(number) for number in range(1, stock_size() + 1)]
        shown = [display_of(serial, now=now) for serial in serials]
        return Response(
            [
                {
                    "serial": display.serial,
                    "kind": display.kind.value,
                    "code": display.code,
                    "current_code": display.code,
                    "seconds_left": display.seconds_left,
                }
                for display in shown
            ]
        )


class MessagesApi(DemoApi):
    """What the local transports delivered."""

    def get(self, request: Request) -> Response:
        """List messages, newest first; ``?to=`` keeps one recipient's."""
        recipient = request.query_params.get("to", "")
        newest = local_messages(limit=MOST_SHOWN)
        shown = [message for message in newest if not recipient or message.to == recipient]
        return Response([MessageSerializer(message).data for message in shown])


class ClockApi(DemoApi):
    """The demo's clock."""

    parser_classes = [JSONParser, FormParser]

    def get(self, _request: Request) -> Response:
        """Tell what time it is in the demo."""
        return Response(_time())

    def post(self, request: Request) -> Response:
        """Move the clock ahead for every process; a browser's form is led back to the demo's front page."""
        asked = ClockSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        clock.move_demo_clock(timedelta(**asked.validated_data))
        if request.content_type == "application/json":
            return Response(_time())
        return Response(status=303, headers={"Location": reverse("demo:home")})


class SmsReplyApi(DemoApi):
    """A text message from a phone of the demo."""

    def post(self, request: Request) -> Response:
        """Take the message on the same way as one from a real phone, and tell what came of it."""
        asked = SmsReplySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        sender = normal_phone(asked.validated_data["from"])
        if sender is None:
            return Response({"from": ["This is not a phone number."]}, status=400)
        outcome = take_sms_reply(sender=sender, text=asked.validated_data["text"], now=clock.now())
        return Response({"outcome": outcome.value})


def _time() -> dict[str, object]:
    return {"now": clock.now(), "offset_hours": clock.demo_offset() / timedelta(hours=1)}
