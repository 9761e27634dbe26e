"""The fixture register, and the HTTP registers against a real HTTP server."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep

import pytest
from django.test import override_settings

from registration.registers import civil_register, document_register
from registration.registers.base import RegisterUnavailable, person_as_json, person_from_json
from registration.registers.fixture import (
    FixtureCivilRegister,
    FixtureDocumentRegister,
    fixture_passport_of,
    fixture_people,
)
from registration.registers.http import HttpCivilRegister, HttpDocumentRegister
from registration.rules.cpr import birth_date_of, passes_modulus_11
from registration.rules.mrz import Passport, names_agree, read_passport
from registration.rules.questions import MOST_ASKED
from registration.states import PersonStatus


def test_200_made_up_people_whose_numbers_are_nobodys():
    people = fixture_people()
    assert len({person.cpr_number for person in people}) == len(people) == 200
    for person in people:
        assert birth_date_of(person.cpr_number) == person.born_on
        assert not passes_modulus_11(person.cpr_number)
        assert FixtureCivilRegister().look_up(person.cpr_number) is person
        assert len(person.facts) >= MOST_ASKED
    assert FixtureCivilRegister().look_up("0101010101") is None


def test_every_passport_is_right_and_its_owners():
    """REG-3, REG-4."""
    reported = 0
    for person in fixture_people():
        passport = fixture_passport_of(person.cpr_number)
        if passport is None:
            continue
        read = read_passport(passport.line_1, passport.line_2)
        assert isinstance(read, Passport)
        assert names_agree(read, given_names=person.given_names, surname=person.surname)
        assert (read.personal_number, read.number) == (person.cpr_number, passport.number)
        is_reported = FixtureDocumentRegister().is_reported(issuer="DNK", number=passport.number)
        assert is_reported is passport.is_reported
        reported += is_reported
    assert reported == 6
    assert not FixtureDocumentRegister().is_reported(issuer="SWE", number="XX1000003")


def test_all_kinds_of_people_are_there():
    people = fixture_people()
    statuses = Counter(person.status for person in people)
    assert set(statuses) == set(PersonStatus)
    assert sum(person.is_name_protected for person in people) == 8
    assert sum(person.born_on.year >= 2018 for person in people) == 14
    assert sum(fixture_passport_of(person.cpr_number) is None for person in people) == 16
    assert any(set("æøåÆØÅ") & set(person.name) for person in people)


def test_a_person_survives_the_seal():
    for person in fixture_people()[:20]:
        assert person_from_json(person_as_json(person)) == person


def test_the_settings_name_the_registers():
    assert isinstance(civil_register(), FixtureCivilRegister)
    with override_settings(DOCUMENT_REGISTER="registration.registers.http.HttpDocumentRegister"):
        assert isinstance(document_register(), HttpDocumentRegister)


class _Register(BaseHTTPRequestHandler):
    answer: tuple[int, bytes] = (200, b"{}")
    cuts_after: int | None = None
    drips_for: float = 0
    asked: list[tuple[str, dict[str, str]]] = []

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.asked.append((self.path, json.loads(self.rfile.read(length))))
        status, body = self.answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.cuts_after is not None:
            body = body[: self.cuts_after]
        if not self.drips_for:
            self.wfile.write(body)
            return
        pause = self.drips_for / len(body)
        with suppress(OSError):  # nobody listens to the end
            for byte in body:
                self.wfile.write(bytes([byte]))
                sleep(pause)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def register() -> Iterator[type[_Register]]:
    _Register.asked, _Register.cuts_after, _Register.drips_for = [], None, 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Register)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/api/"
    with override_settings(CIVIL_REGISTER_URL=address, DOCUMENT_REGISTER_URL=address):
        yield _Register
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def test_http_a_person_is_asked_for_in_the_body_and_read(register):
    person = fixture_people()[0]
    register.answer = (200, person_as_json(person).encode())
    assert HttpCivilRegister().look_up(person.cpr_number) == person
    assert register.asked == [("/api/people/look-up", {"cpr_number": person.cpr_number})]


def test_http_404_is_nobody(register):
    register.answer = (404, b"")
    assert HttpCivilRegister().look_up("0101804000") is None


@pytest.mark.parametrize("is_reported", [True, False])
def test_http_a_document_is_checked(register, is_reported):
    """REG-4."""
    register.answer = (200, json.dumps({"is_reported": is_reported}).encode())
    assert HttpDocumentRegister().is_reported(issuer="DNK", number="XX1") is is_reported
    assert register.asked == [("/api/documents/check", {"issuer": "DNK", "number": "XX1"})]


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""), (401, b"{}"), (302, b""), (200, b""), (200, b"[]"), (200, b"null"), (200, b"{}"),
        (200, b'{"cpr_number": 1}'), (200, b"\xff\xfe"), (200, b" " * 70_000), (200, b'{"is_reported": "no"}'),
    ],
)  # fmt: skip
def test_http_an_answer_that_is_not_as_agreed_is_no_answer(register, answer):
    register.answer = answer
    with pytest.raises(RegisterUnavailable):
        HttpCivilRegister().look_up("0101804000")
    with pytest.raises(RegisterUnavailable):
        HttpDocumentRegister().is_reported(issuer="DNK", number="XX1")


def test_http_an_answer_about_somebody_else_is_no_answer(register):
    first, second = fixture_people()[:2]
    register.answer = (200, person_as_json(first).encode())
    with pytest.raises(RegisterUnavailable):
        HttpCivilRegister().look_up(second.cpr_number)


def test_http_404_of_the_document_register_is_no_all_clear(register):
    """REG-4: only a plain "no" counts as not reported."""
    register.answer = (404, b"")
    with pytest.raises(RegisterUnavailable):
        HttpDocumentRegister().is_reported(issuer="DNK", number="XX1")


@pytest.mark.parametrize("cuts_after", [0, 10])
def test_http_an_answer_that_is_cut_off_is_no_answer(register, cuts_after):
    person = fixture_people()[0]
    register.answer, register.cuts_after = (200, person_as_json(person).encode()), cuts_after
    with pytest.raises(RegisterUnavailable):
        HttpCivilRegister().look_up(person.cpr_number)


@pytest.mark.parametrize(("timeout", "answered_within"), [((1, 0.2), 10), ((1, 5), 0.4)])
def test_http_an_answer_that_stalls_or_drips_is_not_waited_for(register, timeout, answered_within):
    """Silence ends by the socket's time-out, dripping by the time for the whole answer."""
    person = fixture_people()[0]
    register.answer = (200, person_as_json(person).encode())
    register.drips_for = 2 if answered_within < 1 else 0.3 * len(register.answer[1])
    begun = monotonic()
    with pytest.raises(RegisterUnavailable):
        HttpCivilRegister(timeout=timeout, answered_within=answered_within).look_up(person.cpr_number)
    assert monotonic() - begun < 2


@override_settings(CIVIL_REGISTER_URL="http://127.0.0.1:9/")
def test_http_nobody_listens():
    with pytest.raises(RegisterUnavailable):
        HttpCivilRegister().look_up("0101804000")
