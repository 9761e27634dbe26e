"""How long what was sent can still be read."""

from datetime import timedelta
from typing import Final

WORDS_KEPT_FOR: Final = timedelta(days=30)  # after a message ended: support and disputes ask within days
RECEIVED_SMS_KEPT_FOR: Final = timedelta(days=35)  # ids alone; a provider repeats a call within hours
