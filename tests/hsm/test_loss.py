"""A module that goes away: refused at once, nothing lost, used again when it is back (KEY-2)."""

import threading
import time

import pytest

from hsm.errors import HsmUnavailable
from hsm.keyring import Holder, Keyring
from tests.hsm.programs import WITH_STANDIN, Token, run

pytestmark = pytest.mark.django_db


def test_a_token_that_vanishes_is_refused_at_once_and_used_again_when_it_is_back(tmp_path):
    run(
        """
        tokens = os.environ["TOKENS"]
        before = use_every_key()
        sealed = hsm.seal("Åse", purpose="p", bound_to=ROW)
        wrapped = hsm.new_seed()
        for _ in range(3):
            os.rename(tokens, tokens + ".away")
            for _ in range(2):
                assert refuses(hsm.probe)
                assert refuses(lambda: hsm.blind_index("a", purpose="p"))
                assert refuses(lambda: hsm.verifier("a", purpose="p", bound_to=ROW))
                assert refuses(lambda: hsm.pepper("a"))
                assert refuses(lambda: hsm.sign(hsm.KeyName.LOG_SEAL, b"m"))
                assert refuses(hsm.new_seed)
                assert refuses(lambda: hsm.seed_hmac_sha1(wrapped, [b"1"]))
            assert hsm.open_sealed(sealed, purpose="p", bound_to=ROW) == "Åse"
            os.rename(tokens + ".away", tokens)
            works_again(hsm.probe)
            assert use_every_key() == before
            hsm.seed_hmac_sha1(wrapped, [b"1"])
        """,
        **Token.copied_to(tmp_path).environment,
    )


def test_a_process_that_starts_without_the_token_begins_when_it_comes(tmp_path):
    run(
        """
        tokens = os.environ["TOKENS"]
        os.rename(tokens, tokens + ".away")
        os.mkdir(tokens)
        assert refuses(hsm.probe)
        assert refuses(lambda: hsm.seal("a", purpose="p", bound_to=ROW))
        os.rmdir(tokens)
        os.rename(tokens + ".away", tokens)
        works_again(use_every_key)
        """,
        **Token.copied_to(tmp_path).environment,
    )


def test_a_token_that_lost_its_keys_is_refused_and_not_given_new_ones(tmp_path):
    run(
        """
        assert refuses(hsm.probe)
        assert refuses(lambda: hsm.blind_index("a", purpose="p"))
        assert refuses(hsm.provision)
        """,
        **Token.empty(tmp_path).environment,
    )


def test_keys_destroyed_under_a_running_process_are_missed_until_they_are_back(tmp_path):
    run(
        """
        import shutil
        tokens = os.environ["TOKENS"]
        before = use_every_key()
        shutil.copytree(tokens, tokens + ".copy")
        (token,) = os.listdir(tokens)
        for name in os.listdir(f"{tokens}/{token}"):
            if name.endswith(".object") and name != "token.object":
                os.unlink(f"{tokens}/{token}/{name}")
        generation = f"{tokens}/{token}/generation"
        assert refuses(hsm.probe)
        assert refuses(lambda: hsm.blind_index("a", purpose="p"))
        shutil.rmtree(tokens)
        os.rename(tokens + ".copy", tokens)
        assert works_again(use_every_key) == before
        """,
        **Token.copied_to(tmp_path).environment,
    )


def test_a_refused_pin_is_not_tried_again_and_again():
    run(
        WITH_STANDIN
        + """
tries = []
fault = script.fault
script.fault = lambda function: (tries.append(1) if function == "C_Login" else None, fault(function))[1]
for _ in range(5):
    assert refuses(hsm.probe)
assert len(tries) == 1, tries
hsm.forget()
assert refuses(hsm.probe)
assert len(tries) == 2, tries
        """,
        PKCS11_USER_PIN="654321",
    )


def test_a_library_that_cannot_be_loaded_is_a_module_that_is_away():
    run(
        """
        assert refuses(hsm.probe)
        assert refuses(lambda: hsm.blind_index("a", purpose="p"))
        """,
        PKCS11_MODULE="/nowhere/module.so",
    )


def test_a_thread_behind_one_that_hangs_while_it_reads_the_keys_gives_up_in_time():
    is_reading, may_end = threading.Event(), threading.Event()

    def read() -> Keyring:
        is_reading.set()
        may_end.wait(10)
        return Keyring({}, {})

    holder = Holder(read, wait_seconds=0.1)
    thread = threading.Thread(target=holder.ring)
    thread.start()
    assert is_reading.wait(10)
    start = time.monotonic()
    with pytest.raises(HsmUnavailable, match="in time"):
        holder.ring()
    assert time.monotonic() - start < 1.0
    may_end.set()
    thread.join()
    assert holder.ring() == Keyring({}, {})


def test_a_reading_that_fails_leaves_the_next_one_its_turn():
    answers = iter([HsmUnavailable("away"), None])

    def read() -> Keyring:
        if (fault := next(answers)) is not None:
            raise fault
        return Keyring({}, {})

    holder = Holder(read, wait_seconds=0.1)
    with pytest.raises(HsmUnavailable, match="away"):
        holder.ring()
    assert holder.ring() == Keyring({}, {})


def test_two_tokens_of_one_name_are_no_token(tmp_path):
    run(
        """
        import subprocess
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", os.environ["PKCS11_TOKEN_LABEL"],
             "--so-pin", "12345678", "--pin", os.environ["PKCS11_USER_PIN"]], check=True, capture_output=True,
        )
        assert refuses(hsm.probe)
        assert refuses(lambda: hsm.blind_index("a", purpose="p"))
        """,
        **Token.copied_to(tmp_path).environment,
    )


def test_two_keys_of_one_name_are_no_key(tmp_path):
    run(
        """
        from hsm.states import KeyKind
        from hsm.token.connection import connection
        from hsm.token.keys import MAKERS
        connection.call(lambda held: MAKERS[KeyKind.HMAC_SHA256](held.session, "lookup.1"))
        assert refuses(lambda: hsm.blind_index("a", purpose="p"))
        hsm.probe()
        """,
        **Token.copied_to(tmp_path).environment,
    )
