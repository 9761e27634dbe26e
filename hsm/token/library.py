"""The module's library, loaded once a process and initialised so that several threads may be inside it.

The binding calls ``C_Initialize`` without arguments, which forbids threads. It reads the same list of functions as
we do here, so that what is initialised past it works for it too.
"""

import ctypes
from contextlib import suppress
from typing import Any, Final

import pkcs11

CKR_OK: Final = 0
CKR_CANT_LOCK: Final = 0x0A
CKF_OS_LOCKING_OK: Final = 2


class _Arguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS (PKCS#11 v2.40 §3.7): no mutexes of ours, the system's."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("create_mutex", "destroy_mutex", "lock_mutex", "unlock_mutex")),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    ]


_Call = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)


class _Functions(ctypes.Structure):
    """The beginning of CK_FUNCTION_LIST (PKCS#11 v2.40 §3.6)."""

    _fields_ = [("version", ctypes.c_ubyte * 2), ("initialize", ctypes.c_void_p), ("finalize", ctypes.c_void_p)]


class Library:
    """One loaded module.

    Never unloaded: a handle of the binding that is touched afterwards crashes the process.
    """

    def __init__(self, path: str) -> None:
        """Load it, and leave it finalised.

        Raises: pkcs11.PKCS11Error when it cannot be loaded or does not start.
        """
        self.binding: Any = pkcs11.lib(path)
        """The binding's library; from here on it believes that nothing is initialised, and leaves that to us."""
        self.path = path
        self.may_thread = False
        self._arguments = _Arguments(flags=CKF_OS_LOCKING_OK)
        loaded = ctypes.CDLL(path)
        listed = ctypes.POINTER(_Functions)()
        loaded.C_GetFunctionList.restype = ctypes.c_ulong
        _require_ok("C_GetFunctionList", loaded.C_GetFunctionList(ctypes.byref(listed)))
        self._loaded = loaded
        self._functions = listed
        with suppress(pkcs11.PKCS11Error):
            self.binding.finalize()

    def initialise_anew(self) -> None:
        """Drop the state that the library holds, a lost token's or that of the parent of a fork, and begin.

        Every session of this process ends. Nobody else may be inside.

        Raises: pkcs11.PKCS11Error when it does not begin.
        """
        self.finalise()
        initialise = _Call(self._functions.contents.initialize)
        answer = initialise(ctypes.addressof(self._arguments))
        self.may_thread = answer != CKR_CANT_LOCK
        if not self.may_thread:
            answer = initialise(None)
        _require_ok("C_Initialize", answer)

    def finalise(self) -> None:
        """End every session of this process; what is lost need not end well. Nobody else may be inside."""
        _Call(self._functions.contents.finalize)(None)


def _require_ok(function: str, answer: int) -> None:
    if answer != CKR_OK:
        raise pkcs11.PKCS11Error(f"{function} answers 0x{answer:X}.")
