"""Which of the module's answers mean that it is gone, and which that our own code is wrong."""

from typing import Final

import pkcs11

GONE: Final = (
    pkcs11.DeviceError,
    pkcs11.DeviceMemory,
    pkcs11.DeviceRemoved,
    pkcs11.FunctionCancelled,
    pkcs11.FunctionFailed,
    pkcs11.FunctionRejected,
    pkcs11.GeneralError,
    pkcs11.HostMemory,
    pkcs11.KeyHandleInvalid,
    pkcs11.MultipleObjectsReturned,  # two of one name: which is the key, only an operator can say
    pkcs11.MultipleTokensReturned,
    pkcs11.NoSuchKey,  # a token that sensed tampering has lost its keys (KEY-2)
    pkcs11.NoSuchToken,
    pkcs11.ObjectHandleInvalid,
    pkcs11.OperationActive,
    pkcs11.OperationNotInitialized,
    pkcs11.SessionClosed,
    pkcs11.SessionCount,
    pkcs11.SessionHandleInvalid,
    pkcs11.SlotIDInvalid,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.UnwrappingKeyHandleInvalid,
    pkcs11.UserNotLoggedIn,
    pkcs11.WrappingKeyHandleInvalid,
)

PIN_REFUSED: Final = (
    pkcs11.PinExpired,
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.UserPinNotInitialized,
)


def is_gone(error: pkcs11.PKCS11Error) -> bool:
    """Tell whether the module, its token or a key cannot be reached.

    The binding gives its base class for a library that cannot be loaded or is not initialised.
    """
    return type(error) is pkcs11.PKCS11Error or isinstance(error, GONE)
