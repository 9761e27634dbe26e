"""A call that hangs in the module: told, everybody else refused at once, its late result thrown away, then all well."""

import pytest

from hsm.token.watch import Watch
from tests.hsm.programs import WITH_STANDIN, Token, run

pytestmark = pytest.mark.django_db
QUICK = {"HSM_CALL_SECONDS": "0.5", "LOG_LEVEL": "CRITICAL"}


def test_others_are_refused_at_once_and_the_late_result_is_thrown_away():
    run(
        WITH_STANDIN
        + """
heard = []
hsm.on_hung_call(lambda call: heard.append((call, time.monotonic())))
expected = use_every_key()
script.hanging.add("C_Sign")
started = time.monotonic()
thread, outcome = begun(lambda: hsm.blind_index("a", purpose="p"))
while not heard:
    assert time.monotonic() - started < 20
    time.sleep(0.005)
(call, at), = heard
assert call.thread_id == thread.ident
assert 0.5 <= at - call.began < 10, at - call.began
assert thread.is_alive()
for _ in range(100):
    before = time.monotonic()
    assert refuses(hsm.new_seed)
    assert time.monotonic() - before < 0.1
script.hanging.clear()
thread.join(2)
assert isinstance(outcome[0], hsm.HsmUnavailable), outcome
assert use_every_key() == expected
assert len(heard) == 1
assert len(standin.sessions) == settings.HSM_SESSIONS + 1
        """,
        **QUICK,
    )


def test_who_waits_for_a_session_is_refused_as_soon_as_the_calls_before_are_known_to_hang():
    run(
        WITH_STANDIN
        + """
use_every_key()
script.hanging.add("C_Sign")
stuck = [begun(lambda: hsm.pepper("a")) for _ in range(settings.HSM_SESSIONS)]
time.sleep(0.35)
started = time.monotonic()
assert refuses(hsm.probe)
assert time.monotonic() - started < 0.4
while any(thread.is_alive() for thread, _ in stuck):
    script.hanging.clear()
    time.sleep(0.01)
works_again(use_every_key)
assert all(isinstance(outcome[0], (hsm.HsmUnavailable, tuple)) for _, outcome in stuck)
        """,
        **QUICK,
        HSM_SESSIONS="2",
    )


@pytest.mark.parametrize("function", ["C_Initialize", "C_Finalize", "C_Login", "C_OpenSession", "C_GetTokenInfo"])
def test_a_module_that_hangs_while_it_is_opened_is_told_too_and_recovers(function):
    run(
        WITH_STANDIN
        + f"""
heard = []
hsm.on_hung_call(heard.append)
expected = use_every_key()
hsm.forget()
hsm.seal  # the keys are read anew with the first call
script.hanging.add("{function}")
thread, outcome = begun(lambda: hsm.blind_index("a", purpose="p"))
second, its = begun(hsm.probe)
time.sleep(1.0)
assert len(heard) == 1, heard
second.join(6)
assert isinstance(its[0], hsm.HsmUnavailable)
script.hanging.clear()
thread.join(2)
assert isinstance(outcome[0], hsm.HsmUnavailable)
assert works_again(use_every_key) == expected
        """,
        **QUICK,
    )


def test_a_slow_call_is_no_hung_one():
    run(
        WITH_STANDIN
        + """
heard = []
hsm.on_hung_call(heard.append)
use_every_key()
script.line_up("C_Sign", Fault(sleep=0.15))
hsm.pepper("a")
assert not heard
        """,
        **QUICK,
    )


def test_a_module_that_hangs_for_long_is_told_once_so_that_the_process_is_replaced():
    run(
        WITH_STANDIN
        + """
told = []
hsm.on_module_hung(lambda: told.append(1))
use_every_key()
script.hanging.add("C_Sign")
thread, outcome = begun(lambda: hsm.pepper("a"))
time.sleep(0.7)
assert not told
time.sleep(0.8)
assert told == [1]
script.hanging.clear()
thread.join(2)
works_again(use_every_key)
        """,
        **QUICK,
        HSM_HUNG_EXIT_SECONDS="1.0",
    )


def test_a_listener_that_fails_does_not_end_the_watch():
    run(
        WITH_STANDIN
        + """
heard = []
def fail(call):
    heard.append(call)
    raise ValueError("a listener of somebody's")
threading.excepthook = lambda arguments: None
hsm.on_hung_call(fail)
use_every_key()
for count in (1, 2):
    script.hanging.add("C_Sign")
    thread, outcome = begun(lambda: hsm.pepper("a"))
    time.sleep(0.8)
    assert len(heard) == count
    script.hanging.clear()
    thread.join(2)
    works_again(use_every_key)
        """,
        **QUICK,
    )


def test_a_child_of_a_process_with_a_hung_call_watches_for_itself(tmp_path):
    run(
        WITH_STANDIN
        + """
from django.db import connection
heard = []
hsm.on_hung_call(heard.append)
use_every_key()
connection.close_pool()
child = os.fork()
if child == 0:
    script.hanging.add("C_Sign")
    use = lambda: hsm.pepper("a")
    thread, outcome = begun(use)
    time.sleep(0.9)
    is_told = len(heard) == 1 and heard[0].thread_id == thread.ident and refuses(hsm.probe)
    script.hanging.clear()
    thread.join(2)
    works_again(use)
    os._exit(0 if is_told else 1)
assert os.waitpid(child, 0)[1] == 0
assert not heard
use_every_key()
        """,
        **QUICK,
        **Token.copied_to(tmp_path).environment,
    )


def test_a_call_that_is_found_to_hang_is_inside_at_every_moment(settings):
    """Whoever opens the module anew waits for those inside: none is ever in neither of the two lists."""
    settings.HSM_CALL_SECONDS = 1.0
    watch, seen = Watch(hangs=lambda: None, returned=lambda: None), []

    class Inside(dict):
        def pop(self, ticket, default=None):
            found = super().pop(ticket, default)
            seen.append(watch.is_anybody_inside)
            return found

    watch._inside = Inside()
    ticket = watch.begin(0.0)
    watch.look(2.0)
    assert seen == [True]
    assert watch.is_hung
    assert not watch.end(ticket)
    assert not watch.is_anybody_inside
