"""Threads, forks and starts: what crashes a careless user of the module (KEY-1)."""

import pytest

from hsm import api as hsm
from tests.hsm.programs import Token, finish, run, start

pytestmark = pytest.mark.django_db


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
