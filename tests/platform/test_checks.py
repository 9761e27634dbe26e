"""A real portal refuses each setting of a demo; a demo refuses to be seen from elsewhere."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings

FIT: dict[str, Any] = {
    "TESTING": False,
    "DEMO": False,
    "DEBUG": False,
    "SECRET_KEY": "9fLr2WmQ7-" * 5,
    "ALLOWED_HOSTS": ["mitid.example"],
    "PUBLIC_ADDRESS": "https://mitid.example",
    "TRUSTED_PROXIES": 1,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "REDIS_URL": "rediss://:long-secret@cache.example:6379/0",
    "CELERY_BROKER_URL": "amqps://portal:long-secret@broker.example/portal",
    "PKCS11_MODULE": "/opt/vendor/libpkcs11.so",
    "ALLOW_SOFT_HSM": False,
    "SMS_TRANSPORTS": ["notifications.transports.twilio_sms.TwilioSms"],
    "EMAIL_TRANSPORT": "notifications.transports.smtp_email.SmtpEmail",
    "CIVIL_REGISTER": "registration.registers.http.HttpCivilRegister",
    "CIVIL_REGISTER_URL": "https://cpr.example",
    "DOCUMENT_REGISTER": "registration.registers.http.HttpDocumentRegister",
    "DOCUMENT_REGISTER_URL": "https://documents.example",
    "KEYRING_SECONDS": 15,
    "AUDIT_HEADS_FILE": Path(tempfile.gettempdir()) / "log" / "heads.jsonl",
    "AUDIT_TAIL_DIR": Path(tempfile.gettempdir()) / "log" / "tail",
}
AT_HOME: dict[str, Any] = {
    "DEMO": True,
    "PUBLIC_ADDRESS": "http://127.0.0.1:8000",
    "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"],
    "SMS_TRANSPORTS": ["notifications.transports.local.LocalSms"],
    "EMAIL_TRANSPORT": "notifications.transports.local.LocalEmail",
    "CIVIL_REGISTER": "registration.registers.fixture.FixtureCivilRegister",
    "CIVIL_REGISTER_URL": "",
    "DOCUMENT_REGISTER": "registration.registers.fixture.FixtureDocumentRegister",
    "DOCUMENT_REGISTER_URL": "",
}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The database's settings, as those of a real one."""
    monkeypatch.setitem(settings.DATABASES["default"], "USER", "mitid")
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.example")
    found: dict[str, Any] = settings.DATABASES["default"]
    return found


def found(**changes: Any) -> list[str | None]:
    with override_settings(**FIT | changes):
        return [message.id for message in run_checks(tags=["mitid"])]


@pytest.mark.usefixtures("database")
def test_settings_of_a_real_portal_pass() -> None:
    assert found() == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("mitid.E001", {"DEBUG": True}),
        ("mitid.E002", {"SECRET_KEY": "9fLr2WmQ7-" * 4}),
        ("mitid.E002", {"SECRET_KEY": "a" * 60}),
        ("mitid.E003", {"PUBLIC_ADDRESS": "http://mitid.example"}),
        ("mitid.E003", {"PUBLIC_ADDRESS": "https://"}),
        ("mitid.E004", {"ALLOWED_HOSTS": []}),
        ("mitid.E004", {"ALLOWED_HOSTS": ["mitid.example", "*"]}),
        ("mitid.E005", {"TRUSTED_PROXIES": -1, "SECURE_PROXY_SSL_HEADER": None}),
        ("mitid.E006", {"TRUSTED_PROXIES": 0}),
        ("mitid.E007", {"METRICS_TOKEN": "t" * 31}),
        ("mitid.E021", {"REDIS_URL": "redis://cache.example/0"}),
        ("mitid.E021", {"REDIS_URL": "redis://:embedded-abc@127.0.0.1:20001/0"}),
        ("mitid.E021", {"CELERY_BROKER_URL": "memory://"}),
        ("mitid.E022", {"PKCS11_MODULE": "/usr/lib/softhsm/libsofthsm2.so"}),
        ("mitid.E030", {"SMS_TRANSPORTS": ["notifications.transports.local.LocalSms"]}),
        ("mitid.E030", {"EMAIL_TRANSPORT": "notifications.transports.local.LocalEmail"}),
        ("mitid.E031", {"CIVIL_REGISTER": "registration.registers.fixture.FixtureCivilRegister"}),
        ("mitid.E031", {"DOCUMENT_REGISTER": "registration.registers.fixture.FixtureDocumentRegister"}),
        ("mitid.E032", {"CIVIL_REGISTER_URL": "http://cpr.example"}),
        ("mitid.E032", {"DOCUMENT_REGISTER_URL": ""}),
        ("mitid.E040", {"HSM_CALL_SECONDS": 0.4}),
        ("mitid.E040", {"HSM_CALL_SECONDS": 10.1}),
        ("mitid.E040", {"HSM_SESSIONS": 0}),
        ("mitid.E040", {"HSM_SESSIONS": 65}),
        ("mitid.E040", {"KEYRING_SECONDS": 0.5}),
        ("mitid.E040", {"KEYRING_SECONDS": 301}),
        ("mitid.E040", {"AUDIT_SEAL_SECONDS": 0}),
        ("mitid.E040", {"AUDIT_SEAL_SECONDS": 61}),
        ("mitid.E041", {"HSM_HUNG_EXIT_SECONDS": 3.9}),
        ("mitid.E041", {"HSM_HUNG_EXIT_SECONDS": 3601}),
        ("mitid.E042", {"AUDIT_HEADS_FILE": Path("/etc/passwd/heads.jsonl")}),
        ("mitid.E042", {"AUDIT_TAIL_DIR": Path("/etc/passwd/tail")}),
        ("mitid.E043", {"AUDIT_HEADS_FILE": settings.BASE_DIR / "var" / "heads.jsonl"}),
        ("mitid.E043", {"AUDIT_TAIL_DIR": settings.BASE_DIR}),
    ],
)
def test_an_unfit_setting_is_found(expected: str, changes: dict[str, Any]) -> None:
    assert found(**changes) == [expected]


@pytest.mark.parametrize(
    ("key", "value"),
    [("USER", "postgres"), ("HOST", str(settings.VAR_DIR) + "/postgres")],
    ids=["its user", "its folder"],
)
def test_an_embedded_database_is_found(
    database: dict[str, Any], monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    monkeypatch.setitem(database, key, value)

    assert found() == ["mitid.E020"]


@pytest.mark.usefixtures("database")
def test_a_soft_module_passes_a_rehearsal_that_says_so() -> None:
    assert found(PKCS11_MODULE="/usr/lib/softhsm/libsofthsm2.so", ALLOW_SOFT_HSM=True) == []


@pytest.mark.parametrize("mode", [{}, {"TESTING": True}, AT_HOME])
@pytest.mark.parametrize(
    "changes",
    [
        {"CHANGE_WAIT_FOR": timedelta(minutes=59)},
        {"CHANGE_WINDOW_FOR": timedelta()},
        {"CONTACT_CODE_LASTS_FOR": timedelta(hours=2)},
        {"SESSION_IDLE_FOR": timedelta(hours=2)},
        {"SESSION_LASTS_FOR": timedelta(minutes=1)},
    ],
)
@pytest.mark.usefixtures("database")
def test_a_time_span_outside_its_bounds_is_found_in_every_mode(changes: dict[str, Any], mode: dict[str, Any]) -> None:
    """CHG-3: the wait may be longer than an hour, never shorter."""
    assert found(**mode | changes) == ["mitid.E010"]


@pytest.mark.parametrize("address", ["https://mitid.example", "http://192.0.2.1:8000", "http://127.0.0.1.example"])
def test_a_demo_that_others_can_see_is_found(address: str) -> None:
    assert found(**AT_HOME | {"PUBLIC_ADDRESS": address}) == ["mitid.E011"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_a_demo_at_home_passes(address: str) -> None:
    assert found(**AT_HOME | {"PUBLIC_ADDRESS": address}) == []


@pytest.mark.usefixtures("database")
def test_a_portal_without_a_proxy_counts_none() -> None:
    assert found(TRUSTED_PROXIES=0, SECURE_PROXY_SSL_HEADER=None) == []


@pytest.mark.parametrize("host", ["mitid.example", "*", ".localhost.example", "192.0.2.1", "", "testserver"])
def test_a_demo_that_answers_to_another_name_is_found(host: str) -> None:
    assert found(**AT_HOME | {"ALLOWED_HOSTS": ["localhost", host]}) == ["mitid.E012"]


def test_a_demo_under_test_answers_to_the_test_clients_name() -> None:
    assert found(**AT_HOME | {"ALLOWED_HOSTS": ["localhost", "testserver"], "TESTING": True}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"SMS_TRANSPORTS": FIT["SMS_TRANSPORTS"], "TWILIO_BASE_URL": ""},
        {"EMAIL_TRANSPORT": FIT["EMAIL_TRANSPORT"], "EMAIL_HOST": "mail.example"},
        {"CIVIL_REGISTER": FIT["CIVIL_REGISTER"], "CIVIL_REGISTER_URL": "https://cpr.example"},
        {"DOCUMENT_REGISTER": FIT["DOCUMENT_REGISTER"], "DOCUMENT_REGISTER_URL": "https://127.0.0.1.example"},
    ],
)
def test_a_demo_that_could_reach_real_people_is_found(changes: dict[str, Any]) -> None:
    assert found(**AT_HOME | changes) == ["mitid.E013"]


@pytest.mark.parametrize(
    "changes",
    [
        {"SMS_TRANSPORTS": FIT["SMS_TRANSPORTS"], "TWILIO_BASE_URL": "http://127.0.0.1:4010"},
        {"EMAIL_TRANSPORT": FIT["EMAIL_TRANSPORT"], "EMAIL_HOST": "localhost"},
    ],
)
def test_a_stand_in_on_the_same_machine_reaches_nobody(changes: dict[str, Any]) -> None:
    assert found(**AT_HOME | changes) == []


def test_every_error_says_what_to_do() -> None:
    unfit = FIT | {
        "DEBUG": True,
        "SECRET_KEY": "x",
        "ALLOWED_HOSTS": [],
        "CIVIL_REGISTER_URL": "",
        "TRUSTED_PROXIES": -1,
    }
    with override_settings(**unfit):
        messages = run_checks(tags=["mitid"])

    assert len(messages) >= 5
    assert all(message.hint for message in messages)
