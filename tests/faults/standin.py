"""A stand-in that wraps the real PKCS#11 module at the binding: faults on demand, and a count of what stays open.

``C_GetFunctionList`` hands out the module's own list of functions, and the binding looks into it at each call. The
list lies in writable memory, so each pointer can be replaced by a callback that asks a plan first. The binding's
lists of versions 3.0 and 3.2 are used for key encapsulation only, which nothing here calls.

In a program of its own: ``standin = install(os.environ["PKCS11_MODULE"])``, then ``standin.plan = ...``. In a whole
portal: ``install_from_environment()``, with the plan in the file that ``MITID_STANDIN_PLAN`` names.
"""

import ctypes
import json
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from tests.faults.answers import CKR

FUNCTIONS: Final = (  # CK_FUNCTION_LIST in its order (PKCS#11 v2.40 §3.6), with the count of arguments
    "C_Initialize/1 C_Finalize/1 C_GetInfo/1 C_GetFunctionList/1 C_GetSlotList/3 C_GetSlotInfo/2 C_GetTokenInfo/2 "
    "C_GetMechanismList/3 C_GetMechanismInfo/3 C_InitToken/4 C_InitPIN/3 C_SetPIN/5 C_OpenSession/5 C_CloseSession/1 "
    "C_CloseAllSessions/1 C_GetSessionInfo/2 C_GetOperationState/3 C_SetOperationState/5 C_Login/4 C_Logout/1 "
    "C_CreateObject/4 C_CopyObject/5 C_DestroyObject/2 C_GetObjectSize/3 C_GetAttributeValue/4 C_SetAttributeValue/4 "
    "C_FindObjectsInit/3 C_FindObjects/4 C_FindObjectsFinal/1 C_EncryptInit/3 C_Encrypt/5 C_EncryptUpdate/5 "
    "C_EncryptFinal/3 C_DecryptInit/3 C_Decrypt/5 C_DecryptUpdate/5 C_DecryptFinal/3 C_DigestInit/2 C_Digest/5 "
    "C_DigestUpdate/3 C_DigestKey/2 C_DigestFinal/3 C_SignInit/3 C_Sign/5 C_SignUpdate/3 C_SignFinal/3 "
    "C_SignRecoverInit/3 C_SignRecover/5 C_VerifyInit/3 C_Verify/5 C_VerifyUpdate/3 C_VerifyFinal/3 "
    "C_VerifyRecoverInit/3 C_VerifyRecover/5 C_DigestEncryptUpdate/5 C_DecryptDigestUpdate/5 C_SignEncryptUpdate/5 "
    "C_DecryptVerifyUpdate/5 C_GenerateKey/5 C_GenerateKeyPair/8 C_WrapKey/6 C_UnwrapKey/8 C_DeriveKey/6 "
    "C_SeedRandom/3 C_GenerateRandom/3 C_GetFunctionStatus/1 C_CancelFunction/1 C_WaitForSlotEvent/3"
)
WRAPPED: Final = frozenset({
    "C_Initialize", "C_Finalize", "C_GetSlotList", "C_GetTokenInfo", "C_OpenSession", "C_CloseSession",
    "C_CloseAllSessions", "C_Login", "C_Logout", "C_CreateObject", "C_DestroyObject", "C_GetAttributeValue",
    "C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal", "C_EncryptInit", "C_Encrypt", "C_DecryptInit",
    "C_Decrypt", "C_SignInit", "C_Sign", "C_GenerateKey", "C_GenerateKeyPair", "C_WrapKey", "C_UnwrapKey",
    "C_GenerateRandom",
})  # fmt: skip
MAKERS: Final = {"C_CreateObject": (1, 2, 3), "C_GenerateKey": (2, 3, 4), "C_UnwrapKey": (5, 6, 7)}
"""Where template, its length and the new handle stand among the arguments."""
WITHOUT_SESSION: Final = frozenset({"C_Initialize", "C_Finalize", "C_GetSlotList", "C_GetTokenInfo", "C_OpenSession"})
CKA_TOKEN: Final = 1
HANG_PAUSE_SECONDS: Final = 0.01
PLAN_VARIABLE: Final = "MITID_STANDIN_PLAN"


@dataclass(frozen=True)
class Fault:
    """What befalls a call; by default nothing."""

    answer: int | None = None
    """Given back instead of calling the module."""
    then_answer: int | None = None
    """Given back after the module has done what it was asked."""
    sleep: float = 0.0
    """Seconds before anything else."""
    hang: bool = False
    """Wait for as long as the plan says so."""
    is_session_lost: bool = False
    """Close the real session first, unknown to the caller."""


NOTHING: Final = Fault()


class Plan(Protocol):
    """Says what befalls the next call of a function."""

    def fault(self, function: str) -> Fault:
        """Give what befalls this call."""

    def still_hangs(self, function: str) -> bool:
        """Tell whether a call that hangs goes on doing so."""


class Script:
    """Faults that were lined up, each for one call; and functions that hang until they are let go."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = {}
        self.hanging: set[str] = set()
        self.always: dict[str, Fault] = {}

    def line_up(self, function: str, *faults: Fault) -> None:
        self._waiting.setdefault(function, deque()).extend(faults)

    @property
    def is_used_up(self) -> bool:
        return not any(self._waiting.values())

    def fault(self, function: str) -> Fault:
        waiting = self._waiting.get(function)
        if waiting:
            return waiting.popleft()
        if function in self.hanging:
            return Fault(hang=True)
        return self.always.get(function, self.always.get("*", NOTHING))

    def still_hangs(self, function: str) -> bool:
        return function in self.hanging


class FilePlan:
    """Faults in a JSON file, read again whenever it changes: ``{"C_Sign": {"hang": true}, "*": {"sleep": 0.1}}``.

    Answers are numbers or names, ``"DEVICE_REMOVED"``. A file that is not there or half written changes nothing.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at: tuple[int, int] | None = None
        self._faults: dict[str, Fault] = {}

    def fault(self, function: str) -> Fault:
        self._refresh()
        return self._faults.get(function, self._faults.get("*", NOTHING))

    def still_hangs(self, function: str) -> bool:
        return self.fault(function).hang

    def _refresh(self) -> None:
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp == self._read_at:
                return
            written = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        self._faults = {name: _fault(fields) for name, fields in written.items()}
        self._read_at = stamp


class Standin:
    """The wrapped module: its plan, and what is open in it."""

    def __init__(self, path: str) -> None:
        """Replace the pointers of the module's list."""
        self.plan: Plan = Script()
        self.calls = 0
        self._begin()
        self._library = ctypes.CDLL(path)
        listed = ctypes.c_void_p()
        assert self._library.C_GetFunctionList(ctypes.byref(listed)) == CKR["OK"]
        names = [entry.partition("/") for entry in FUNCTIONS.split()]
        pointers = (ctypes.c_void_p * len(names)).from_address((listed.value or 0) + ctypes.sizeof(ctypes.c_void_p))
        self.real: dict[str, Any] = {}
        self._callbacks: list[Any] = []  # kept: the module's list points at them
        for index, (name, _, count) in enumerate(names):
            kind = ctypes.CFUNCTYPE(ctypes.c_ulong, *[ctypes.c_size_t] * int(count))
            self.real[name] = kind(pointers[index] or 0)
            if name in WRAPPED:
                callback = kind(self._around(name))
                self._callbacks.append(callback)
                pointers[index] = ctypes.cast(callback, ctypes.c_void_p).value
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self.sessions: set[int] = set()
        self.most_sessions = 0
        self.session_objects: dict[int, int] = {}
        """Objects that end with their session, and which that is."""

    def _around(self, name: str) -> Any:
        real = self.real[name]

        def call(*arguments: int) -> int:
            self.calls += 1
            fault = self.plan.fault(name)
            if fault is not NOTHING:
                if fault.sleep:
                    time.sleep(fault.sleep)
                while fault.hang and self.plan.still_hangs(name):
                    time.sleep(HANG_PAUSE_SECONDS)
                if fault.is_session_lost and name not in WITHOUT_SESSION:
                    self._lose(arguments[0])
                if fault.answer is not None:
                    return fault.answer
            answer = int(real(*arguments))
            if answer == CKR["OK"]:
                self._count(name, arguments)
            return answer if fault.then_answer is None else fault.then_answer

        return call

    def _lose(self, session: int) -> None:
        if self.real["C_CloseSession"](session) == CKR["OK"]:
            self._forget(session)

    def _count(self, name: str, arguments: tuple[int, ...]) -> None:
        if name == "C_OpenSession":
            with self._lock:
                self.sessions.add(_number(arguments[4]))
                self.most_sessions = max(self.most_sessions, len(self.sessions))
        elif name == "C_CloseSession":
            self._forget(arguments[0])
        elif name in {"C_Finalize", "C_CloseAllSessions"}:
            with self._lock:
                self.sessions.clear()
                self.session_objects.clear()
        elif name == "C_DestroyObject":
            with self._lock:
                self.session_objects.pop(arguments[1], None)
        elif name in MAKERS:
            template, count, handle = (arguments[place] for place in MAKERS[name])
            if not _is_of_token(template, count):
                with self._lock:
                    self.session_objects[_number(handle)] = arguments[0]

    def _forget(self, session: int) -> None:
        with self._lock:
            self.sessions.discard(session)
            for handle in [handle for handle, owner in self.session_objects.items() if owner == session]:
                del self.session_objects[handle]


def install(path: str) -> Standin:
    """Wrap a module in this process; before or after the binding has loaded it."""
    return Standin(path)


def install_from_environment() -> Standin | None:
    """Wrap the module in this process and its forks, if the environment names a plan."""
    file = os.environ.get(PLAN_VARIABLE)
    if not file:
        return None
    standin = install(os.environ["PKCS11_MODULE"])
    standin.plan = FilePlan(Path(file))
    return standin


class _Attribute(ctypes.Structure):
    _fields_ = [("type", ctypes.c_ulong), ("value", ctypes.c_void_p), ("length", ctypes.c_ulong)]


def _is_of_token(template: int, count: int) -> bool:
    for attribute in (_Attribute * count).from_address(template):
        if attribute.type == CKA_TOKEN:
            return bool(ctypes.c_ubyte.from_address(attribute.value).value)
    return False


def _number(address: int) -> int:
    return int(ctypes.c_ulong.from_address(address).value)


def _fault(fields: dict[str, Any]) -> Fault:
    numbers = {
        name: CKR[value] if isinstance(value, str) else value
        for name, value in fields.items()
        if name in {"answer", "then_answer"}
    }
    return Fault(**fields | numbers)
