"""Running a program of its own beside the test: what it does to the module disturbs nobody."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from django.db import connection

PRELUDE = """
import os, sys, threading, time
from uuid import UUID
import django
django.setup()
from hsm import api as hsm

ROW = UUID(int=7)
SEED = b"12345678901234567890"

def use_every_key():
    assert hsm.verify(hsm.KeyName.LOG_SEAL, b"m", hsm.sign(hsm.KeyName.LOG_SEAL, b"m"))
    stored = hsm.verifier("1", purpose="p", bound_to=ROW)
    assert hsm.verifier_matches("1", stored, purpose="p", bound_to=ROW)
    assert hsm.open_sealed(hsm.seal("a", purpose="p", bound_to=ROW), purpose="p", bound_to=ROW) == "a"
    (mac,) = hsm.seed_hmac_sha1(hsm.wrap_seed(SEED), [bytes(8)])
    assert mac.hex() == "cc93cf18508d94934c64b65d8ba7667fb7cde4b0"
    return hsm.blind_index("a", purpose="p").hex()

def refuses(call):
    start = time.monotonic()
    try:
        call()
    except hsm.HsmUnavailable:
        assert time.monotonic() - start < 1.0, "slow to say so"
        return True
    return False

def works_again(call, seconds=2.0):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except hsm.HsmUnavailable:
            assert time.monotonic() < deadline, "does not recover"
            time.sleep(0.01)
"""

WITH_STANDIN = """
from django.conf import settings
from tests.faults.answers import CKR
from tests.faults.standin import NOTHING, Fault, install
standin = install(settings.PKCS11_MODULE)
script = standin.plan

def begun(call):
    outcome = []
    def work():
        try:
            outcome.append(call())
        except hsm.HsmUnavailable as error:
            outcome.append(error)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, outcome
"""


@dataclass(frozen=True)
class Token:
    """A copy of the tests' token in a folder of its own."""

    folder: Path

    @classmethod
    def copied_to(cls, folder: Path, *, extra: str = "") -> "Token":
        """Copy the tests' token, with its keys."""
        original = Path(os.environ["SOFTHSM2_CONF"]).parent
        shutil.copytree(original / "tokens", folder / "tokens")
        return cls(folder).configured(extra)

    def configured(self, extra: str = "") -> "Token":
        """Write the configuration."""
        text = f"directories.tokendir = {self.folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        (self.folder / "softhsm2.conf").write_text(text + extra)
        return self

    @classmethod
    def empty(cls, folder: Path) -> "Token":
        """Make a token of the same name without keys."""
        (folder / "tokens").mkdir(parents=True)
        token = cls(folder).configured()
        subprocess.run(
            [
                *("softhsm2-util", "--init-token", "--free", "--label", os.environ["PKCS11_TOKEN_LABEL"]),
                *("--so-pin", "12345678", "--pin", os.environ["PKCS11_USER_PIN"]),
            ],
            env=os.environ | token.environment,
            check=True,
            capture_output=True,
        )
        return token

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program use it."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"), "TOKENS": str(self.folder / "tokens")}


def start(program: str, **environment: str) -> subprocess.Popen[str]:
    """Start a Python program that has the tests' database and module."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    database = f"{server}/{connection.settings_dict['NAME']}"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PRELUDE + dedent(program)],
        env=os.environ | {"DATABASE_URL": database} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a program that has to succeed and give what it printed."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output


def run(program: str, **environment: str) -> str:
    """Run a program that has to succeed and give what it printed."""
    return finish(start(program, **environment))
