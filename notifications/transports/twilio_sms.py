"""Text messages through Twilio's own client."""

import functools
import logging
from datetime import timedelta
from typing import Final

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notifications.transports import Accepted, FaultOfOurs, OutgoingSms, PermanentFailure, TemporaryFailure

logger = logging.getLogger(__name__)

# https://www.twilio.com/docs/api/errors: what is wrong with the number or the words, so that no later try can help.
PERMANENT_CODES: Final = frozenset(
    {
        21211,  # 'To' is no valid number
        21217,  # the number cannot be a phone's
        21265,  # 'To' is a short code
        21408,  # the number's country is closed to us
        21602,  # no words
        21605,  # too many words
        21610,  # the owner of the number sent STOP
        21612,  # no way from our sender to this number
        21614,  # not a mobile
        21617,  # too many words
        21635,  # a land line
    }
)
# Our account or our sender is at fault: nothing goes out until somebody repairs it, so it is shouted.
ALARMING_CODES: Final = frozenset({20003, 20005, 20404, 21212, 21408, 21606, 21608, 21659, 21660, 21701, 21703, 63038})
SHORTEST_VALIDITY: Final = timedelta(seconds=1)
LONGEST_VALIDITY: Final = timedelta(hours=4)

# The client logs addresses of its calls; with the account in them they are nobody's business.
_silent = logging.getLogger("notifications.transports.twilio_sms.client")
_silent.setLevel(logging.CRITICAL)


class TwilioSms:
    """Sends from a number, a name or a Messaging Service (``TWILIO_FROM``)."""

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when Twilio has queued the message.

        Raises: PermanentFailure for a number that cannot be reached; FaultOfOurs when Twilio does not take us;
                TemporaryFailure for everything else.
        """
        if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_FROM):
            logger.critical("Twilio is not set up: no text message goes out.")
            raise FaultOfOurs("twilio_not_set_up")
        arguments: dict[str, object] = {"to": message.to, "body": message.text}
        sender = "messaging_service_sid" if settings.TWILIO_FROM.startswith("MG") else "from_"
        arguments[sender] = settings.TWILIO_FROM
        if message.useful_until is not None:
            left = min(max(message.useful_until - message.at, SHORTEST_VALIDITY), LONGEST_VALIDITY)
            arguments["validity_period"] = int(left.total_seconds())
        try:
            sent = _client().messages.create(**arguments)
        except (TwilioRestException, TwilioServiceException) as refused:
            raise _failure(status=refused.status, code=refused.code) from None
        except requests.Timeout:
            raise TemporaryFailure("twilio_timeout") from None
        except requests.ConnectionError:
            raise TemporaryFailure("twilio_unreachable") from None
        except (requests.RequestException, TwilioException, ValueError, TypeError, AttributeError):
            # A yes that cannot be read: half a reply, or something that is not Twilio answered.
            raise TemporaryFailure("twilio_bad_reply") from None
        if not isinstance(sent.sid, str) or not sent.sid:
            raise TemporaryFailure("twilio_bad_reply")
        return Accepted(sent.sid)


def _failure(*, status: int, code: int | None) -> PermanentFailure | TemporaryFailure:
    name = f"twilio_{code}" if isinstance(code, int) else f"twilio_http_{status}"
    is_ours = status in {401, 403} or code in ALARMING_CODES
    if is_ours:
        logger.critical("Twilio refuses us with error %s: text messages do not go out.", name)
    if code in PERMANENT_CODES:
        return PermanentFailure(name)
    return FaultOfOurs(name) if is_ours else TemporaryFailure(name)


def _client() -> Client:
    return _client_for(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_BASE_URL,
        settings.SEND_TIMEOUT_SECONDS,
    )


@functools.lru_cache(maxsize=4)
def _client_for(account_sid: str, auth_token: str, base_url: str, timeout_seconds: float) -> Client:
    """Keep one client a process: it keeps its connections open."""
    client = Client(
        account_sid,
        auth_token,
        http_client=TwilioHttpClient(timeout=timeout_seconds, logger=_silent),
        environment={"": ""},
    )
    if base_url:
        client.api.base_url = base_url
    return client
