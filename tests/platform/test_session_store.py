"""Sessions keep Django's promises with a statement each."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from mitid_portal.session_store import SessionStore

pytestmark = pytest.mark.django_db


def stored(**values):
    session = SessionStore()
    session.update(values)
    session.save()
    return session


def test_what_is_stored_is_read_again():
    key = stored(a=1, b=["x"]).session_key
    assert dict(SessionStore(key).items()) == {"a": 1, "b": ["x"]}
    assert SessionStore().exists(key)


def test_a_session_is_put_in_changed_and_read_by_one_statement_each(django_assert_num_queries):
    with django_assert_num_queries(1):
        session = stored(a=1)
    with django_assert_num_queries(1):
        session["a"] = 2
        session.save()
    with django_assert_num_queries(1):
        assert SessionStore(session.session_key)["a"] == 2


def test_a_new_key_is_stored_and_the_old_one_gone_by_one_statement(django_assert_num_queries):
    session = stored(a=1)
    old = session.session_key
    with django_assert_num_queries(1):
        session.cycle_key()
        session.save()
    assert session.session_key != old
    assert not SessionStore().exists(old)
    assert SessionStore(session.session_key)["a"] == 1


def test_a_new_key_that_was_never_stored_leaves_the_old_one():
    session = stored(a=1)
    old = session.session_key
    session.cycle_key()
    assert SessionStore(old)["a"] == 1


def test_a_session_is_flushed_by_the_key_that_is_stored():
    session = stored(a=1)
    session.cycle_key()
    session.cycle_key()
    session.flush()
    assert not Session.objects.exists()


def test_a_second_new_key_forgets_the_one_that_is_stored():
    session = stored(a=1)
    session.cycle_key()
    session.cycle_key()
    session.save()
    assert [row.session_key for row in Session.objects.all()] == [session.session_key]


def test_a_session_that_was_ended_meanwhile_is_not_brought_back():
    session = stored(a=1)
    late = SessionStore(session.session_key)
    late["b"] = 2
    session.flush()
    with pytest.raises(UpdateError):
        late.save()
    assert not Session.objects.exists()


def test_a_key_that_is_anothers_is_refused_and_the_other_keeps_what_it_has():
    session = stored(a=1)
    twin = SessionStore(session.session_key)
    with pytest.raises(CreateError):
        twin.save(must_create=True)
    assert SessionStore(session.session_key)["a"] == 1


def test_a_session_whose_time_is_over_is_empty_and_gets_another_key():
    session = stored(a=1)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    later = SessionStore(session.session_key)
    assert "a" not in later
    later["b"] = 2
    later.save()
    assert later.session_key != session.session_key


def test_a_flushed_session_is_gone_and_the_next_has_another_key():
    session = stored(a=1)
    old = session.session_key
    session.flush()
    assert not SessionStore().exists(old)
    session["b"] = 2
    session.save()
    assert session.session_key not in {None, old}
    assert dict(SessionStore(session.session_key).items()) == {"b": 2}


@pytest.mark.parametrize("key", ["", "short", "A" * 32, "a" * 41, "a\x00" * 8, "æ" * 32, "' OR true --------"])
def test_a_cookie_that_holds_no_key_is_no_session(key, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert SessionStore(key).session_key is None
        assert dict(SessionStore(key).items()) == {}


def test_a_key_that_nobody_gave_is_not_taken_over():
    """Whoever plants a key in a browser does not know the session's afterwards."""
    session = SessionStore("planted0planted0planted0planted0")
    assert session.get("a") is None
    session["a"] = 1
    session.save()
    assert session.session_key != "planted0planted0planted0planted0"


def test_nothing_is_stored_for_whoever_only_looks():
    Client().get("/")
    assert not Session.objects.exists()


def test_sessions_whose_time_is_over_are_swept():
    stored(a=1)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    SessionStore.clear_expired()
    assert not Session.objects.exists()
