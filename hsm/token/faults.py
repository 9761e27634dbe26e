"""What each of the module's answers means (docs/decisions/0072)."""

import logging
import threading
import time
from enum import Enum
from typing import Final

import pkcs11
from pkcs11 import exceptions as answers

ALERT_PAUSE_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


class Fault(Enum):
    """What is done about an answer."""

    RETRY = "retry"
    """A session, a token or the module is lost: open anew and try once more, then refuse."""
    REFUSE = "refuse"
    """Trying once more does not help now: refuse."""
    ALERT = "alert"
    """Only an operator can put it right: refuse, and say so where operators look."""
    CALLER = "caller"
    """The module is well and the value or our code is wrong: let the exception through."""


FAULTS: Final[dict[type[pkcs11.PKCS11Error], Fault]] = {
    # The binding gives its base class for what cannot be loaded, is not initialised, or has a maker's own number.
    answers.PKCS11Error: Fault.RETRY,
    answers.AnotherUserAlreadyLoggedIn: Fault.RETRY,
    answers.ArgumentsBad: Fault.CALLER,
    answers.AttributeReadOnly: Fault.CALLER,
    answers.AttributeSensitive: Fault.CALLER,
    answers.AttributeTypeInvalid: Fault.CALLER,
    answers.AttributeValueInvalid: Fault.CALLER,
    answers.DataInvalid: Fault.CALLER,
    answers.DataLenRange: Fault.CALLER,
    answers.DeviceError: Fault.RETRY,
    answers.DeviceMemory: Fault.REFUSE,
    answers.DeviceRemoved: Fault.RETRY,
    answers.DomainParamsInvalid: Fault.CALLER,
    answers.EncryptedDataInvalid: Fault.CALLER,
    answers.EncryptedDataLenRange: Fault.CALLER,
    answers.ExceededMaxIterations: Fault.RETRY,
    answers.FunctionCancelled: Fault.RETRY,
    answers.FunctionFailed: Fault.RETRY,
    answers.FunctionNotSupported: Fault.ALERT,
    answers.FunctionRejected: Fault.RETRY,
    answers.GeneralError: Fault.RETRY,
    answers.HostMemory: Fault.REFUSE,
    answers.KeyHandleInvalid: Fault.RETRY,
    answers.KeyIndigestible: Fault.CALLER,
    answers.KeyNeeded: Fault.CALLER,
    answers.KeyNotNeeded: Fault.CALLER,
    answers.KeyNotWrappable: Fault.ALERT,  # a key under our name that was not made as ours are
    answers.KeySizeRange: Fault.ALERT,
    answers.KeyTypeInconsistent: Fault.ALERT,
    answers.KeyUnextractable: Fault.ALERT,
    answers.MechanismInvalid: Fault.ALERT,  # the module lacks what the start checked for, or a key may not
    answers.MechanismParamInvalid: Fault.CALLER,
    answers.MultipleObjectsReturned: Fault.ALERT,  # which of two is the key, only an operator can say
    answers.MultipleTokensReturned: Fault.ALERT,
    answers.NoEvent: Fault.CALLER,
    answers.NoSuchKey: Fault.ALERT,  # a token that sensed tampering has lost its keys (KEY-2)
    answers.NoSuchToken: Fault.RETRY,
    answers.ObjectHandleInvalid: Fault.RETRY,
    answers.OperationActive: Fault.RETRY,
    answers.OperationNotInitialized: Fault.RETRY,
    answers.PinExpired: Fault.ALERT,
    answers.PinIncorrect: Fault.ALERT,
    answers.PinInvalid: Fault.ALERT,
    answers.PinLenRange: Fault.ALERT,
    answers.PinLocked: Fault.ALERT,
    answers.PinTooWeak: Fault.CALLER,
    answers.PublicKeyInvalid: Fault.CALLER,
    answers.RandomNoRNG: Fault.ALERT,
    answers.RandomSeedNotSupported: Fault.CALLER,
    answers.SessionClosed: Fault.RETRY,
    answers.SessionCount: Fault.REFUSE,
    answers.SessionExists: Fault.RETRY,
    answers.SessionHandleInvalid: Fault.RETRY,
    answers.SessionReadOnly: Fault.CALLER,
    answers.SessionReadOnlyExists: Fault.RETRY,
    answers.SessionReadWriteSOExists: Fault.RETRY,
    answers.SignatureInvalid: Fault.CALLER,
    answers.SignatureLenRange: Fault.CALLER,
    answers.SlotIDInvalid: Fault.RETRY,
    answers.TemplateIncomplete: Fault.CALLER,
    answers.TemplateInconsistent: Fault.CALLER,
    answers.TokenNotPresent: Fault.RETRY,
    answers.TokenNotRecognised: Fault.RETRY,
    answers.TokenWriteProtected: Fault.ALERT,
    answers.UnwrappingKeyHandleInvalid: Fault.RETRY,
    answers.UnwrappingKeySizeRange: Fault.ALERT,
    answers.UnwrappingKeyTypeInconsistent: Fault.ALERT,
    answers.UserAlreadyLoggedIn: Fault.RETRY,
    answers.UserNotLoggedIn: Fault.RETRY,
    answers.UserPinNotInitialized: Fault.ALERT,
    answers.UserTooManyTypes: Fault.RETRY,
    answers.WrappedKeyInvalid: Fault.CALLER,
    answers.WrappedKeyLenRange: Fault.CALLER,
    answers.WrappingKeyHandleInvalid: Fault.RETRY,
    answers.WrappingKeySizeRange: Fault.ALERT,
    answers.WrappingKeyTypeInconsistent: Fault.ALERT,
}

PIN_REFUSED: Final = (
    answers.PinExpired,
    answers.PinIncorrect,
    answers.PinInvalid,
    answers.PinLenRange,
    answers.PinLocked,
    answers.UserPinNotInitialized,
)
"""Never tried again by the same process: tokens lock themselves."""

MAY_BE_STALE: Final = (answers.NoSuchKey, answers.MultipleTokensReturned)
"""What a library says that still sees the token as it was before it was put back: asked anew before it is believed."""


def fault_of(error: pkcs11.PKCS11Error) -> Fault:
    """Tell what is done about an answer; what the binding may bring one day is tried again."""
    return FAULTS.get(type(error), Fault.RETRY)


class Alerts:
    """Lines for operators, each kind at most once a minute: a fault meets every request."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._lock = threading.Lock()
        self._said_at: dict[str, float] = {}

    def say(self, error: pkcs11.PKCS11Error) -> None:
        """Log that an operator must look, by the answer's name: its text may hold what was looked for."""
        kind, now = type(error).__name__, time.monotonic()
        with self._lock:
            last = self._said_at.get(kind)
            if last is not None and now - last < ALERT_PAUSE_SECONDS:
                return
            self._said_at[kind] = now
        log.critical("The module answers %s: an operator must look (docs/runbooks).", kind)
