"""Threads, forks and starts: what crashes a careless user of the module (KEY-1)."""

import pytest

from hsm import api as hsm
from tests.hsm.programs import WITH_STANDIN, Token, finish, run, start

pytestmark = [pytest.mark.long, pytest.mark.django_db]


def test_eight_threads_use_the_module_at_once():
    run("""
        failures = []
        def work():
            try:
                for turn in range(200):
                    use_every_key()
            except BaseException as error:
                failures.append(error)
        threads = [threading.Thread(target=work) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert not failures, failures
    """)


@pytest.mark.parametrize("setting", ["", "library.reset_on_fork = true\n"])
def test_children_of_an_initialised_parent_use_the_module_while_it_goes_on(setting, tmp_path):
    run(
        """
        from django.db import connection
        expected = use_every_key()
        connection.close_pool()
        done = threading.Event()
        failures = []
        def work():
            try:
                while not done.is_set():
                    hsm.blind_index("a", purpose="p")
            except BaseException as error:
                failures.append(error)
        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(25):
            child = os.fork()
            if child == 0:
                os._exit(0 if use_every_key() == expected else 1)
            deadline = time.monotonic() + 10
            while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
                time.sleep(0.005)
            assert ended == (child, 0), ended
        done.set()
        thread.join()
        assert not failures, failures
        assert use_every_key() == expected
        """,
        **Token.copied_to(tmp_path, extra=setting).environment,
    )


def test_eight_processes_that_start_at_once_all_start():
    expected = hsm.blind_index("a", purpose="p").hex()
    for _ in range(3):
        racers = [start("print(use_every_key())") for _ in range(8)]
        assert [finish(racer).strip() for racer in racers] == [expected] * 8


def test_children_with_threads_of_their_own_work_beside_a_parent_that_does(tmp_path):
    """As gunicorn's workers with threads, of a master that has used the module."""
    run(
        """
        from django.db import connection
        expected = use_every_key()
        def work(failures):
            try:
                for turn in range(25):
                    assert use_every_key() == expected
            except BaseException as error:
                failures.append(error)
                raise
            finally:
                connection.close()
        def in_threads():
            failures = []
            threads = [threading.Thread(target=work, args=[failures]) for _ in range(4)]
            [thread.start() for thread in threads]
            [thread.join(30) for thread in threads]
            return not failures and not any(thread.is_alive() for thread in threads)
        connection.close_pool()
        failures = []
        mine = threading.Thread(target=work, args=[failures])
        mine.start()
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                os._exit(0 if in_threads() else 1)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
        mine.join()
        assert not failures, failures
        assert use_every_key() == expected
        """,
        **Token.copied_to(tmp_path).environment,
    )


def test_the_pool_of_processes_that_celery_uses_replaces_its_children(tmp_path):
    run(
        """
        from billiard.pool import Pool
        from django.db import connection
        expected = use_every_key()
        connection.close_pool()
        with Pool(2, maxtasksperchild=5) as pool:
            found = [pool.apply_async(use_every_key) for _ in range(30)]
            assert [one.get(timeout=30) for one in found] == [expected] * 30
        assert use_every_key() == expected
        """,
        **Token.copied_to(tmp_path).environment,
    )


def test_a_fork_waits_for_calls_inside_the_module_but_not_for_ever(tmp_path):
    run(
        WITH_STANDIN
        + """
from django.db import connection
expected = use_every_key()
connection.close_pool()
script.line_up("C_Sign", Fault(sleep=0.3))
thread, outcome = begun(lambda: hsm.pepper("a"))
time.sleep(0.05)
for wait in (0.2, 0.0):
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(0 if use_every_key() == expected else 1)
    assert wait <= time.monotonic() - started < wait + 0.3
    assert os.waitpid(child, 0)[1] == 0
thread.join()
assert not isinstance(outcome[0], Exception)
script.hanging.add("C_Sign")
thread, outcome = begun(lambda: hsm.pepper("a"))
time.sleep(0.05)
started = time.monotonic()
child = os.fork()
if child == 0:
    os._exit(0)
assert time.monotonic() - started < 2.0
assert os.waitpid(child, 0)[1] == 0
script.hanging.clear()
thread.join()
works_again(use_every_key)
        """,
        **Token.copied_to(tmp_path).environment,
        HSM_CALL_SECONDS="1.0",
        LOG_LEVEL="CRITICAL",
    )
