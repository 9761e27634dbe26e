"""System checks: settings that a real portal must not have, each with an id and what to do about it.

They hold the rule "production refuses to start on an embedded or demo part". In demo mode, which is bound to the
machine's own address, only the last few apply; in the tests all but the bounds are off.
"""

import os
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import connection

from audit.api import objection_to_role
from mitid_portal.embedded.credentials import CACHE_PASSWORD_PREFIX
from mitid_portal.startup import DATABASE_TAG

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
SECRET_KEY_CHARACTERS: Final = 50
METRICS_TOKEN_CHARACTERS: Final = 32
BOUNDS: Final = (
    # setting, least, most, the variable that sets it
    ("CHANGE_WAIT_FOR", timedelta(hours=1), timedelta(days=14), "CHANGE_WAIT_MINUTES"),  # CHG-3: published
    ("CHANGE_WINDOW_FOR", timedelta(hours=1), timedelta(days=7), "CHANGE_WINDOW_HOURS"),
    ("CONTACT_CODE_LASTS_FOR", timedelta(minutes=5), timedelta(hours=1), "CONTACT_CODE_MINUTES"),
    ("SESSION_IDLE_FOR", timedelta(minutes=1), timedelta(minutes=30), "SESSION_IDLE_MINUTES"),
    ("SESSION_LASTS_FOR", timedelta(minutes=5), timedelta(hours=1), "SESSION_MINUTES"),
)

KEY_AND_LOG_BOUNDS: Final = (
    # setting, least, most; each is the variable that sets it
    ("HSM_CALL_SECONDS", 0.5, 10),  # with what comes before and after it, a page is refused within some seconds
    ("HSM_SESSIONS", 1, 64),
    ("KEYRING_SECONDS", 1, 300),  # a rotation waits for twice as long
    ("AUDIT_SEAL_SECONDS", 1, 60),
)
LONGEST_HANG_SECONDS: Final = 3600
AAGUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

PARTS_THAT_REACH_OUT: Final = (
    # setting, what the name of a local one has, the setting with the address that it talks to
    ("SMS_TRANSPORTS", ".local.", "TWILIO_BASE_URL"),
    ("EMAIL_TRANSPORT", ".local.", "EMAIL_HOST"),
    ("CIVIL_REGISTER", ".fixture.", "CIVIL_REGISTER_URL"),
    ("DOCUMENT_REGISTER", ".fixture.", "DOCUMENT_REGISTER_URL"),
)


def is_production() -> bool:
    """Whether the settings claim to be those of a real portal."""
    return not settings.DEMO and not settings.TESTING


@register("mitid")
def check_bounds(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find time spans outside their bounds, in every mode: a rule's minimum holds in a demo too.

    Rule: CHG-3.
    """
    return [
        Error(f"{name} is {value}; it must be from {least} to {most}.", hint=f"Set {variable}.", id="mitid.E010")
        for name, least, most, variable in BOUNDS
        if not least <= (value := getattr(settings, name)) <= most
    ]


@register("mitid")
def check_keys_and_log(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find limits on the module and on sealing outside their bounds, and places where the log cannot be vouched for.

    Not in the tests, which make minutes short.

    Rule: KEY-1, LOG-1.
    """
    return [] if settings.TESTING else [*_wrong_limits(), *_wrong_places()]


@register("mitid")
def check_demo_stays_at_home(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find a demo that people elsewhere could take for the real thing, or that could reach them."""
    return list(_wrong_in_demo()) if settings.DEMO else []


@register("mitid")
def check_mode(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find what makes a real portal guessable or readable on its way."""
    return list(_wrong_in_mode()) if is_production() else []


@register("mitid")
def check_parts(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find embedded parts under a real portal."""
    return list(_wrong_parts()) if is_production() else []


@register(DATABASE_TAG, deploy=True)
def check_role(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find a role in the database that could change the log, under a real portal.

    Asked of a process that serves, as it starts: migrations, ceremonies and backups run as the tables' owner. A
    database that does not answer then gives no message: web comes up without it, and health tells.

    Rule: LOG-1.
    """
    return list(_wrong_role()) if is_production() else []


@register("mitid")
def check_outside_services(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find demo transports and registers, and registers without an address, under a real portal."""
    return list(_wrong_services()) if is_production() else []


@register("mitid")
def check_chips(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Find a policy on chips that would let in none, or any.

    Rule: AUT-1; docs/decisions/0096.
    """
    return list(_wrong_chips())


def _wrong_limits() -> Iterator[CheckMessage]:
    for name, least, most in KEY_AND_LOG_BOUNDS:
        if not least <= (value := getattr(settings, name)) <= most:
            yield Error(f"{name} is {value}; it must be from {least} to {most}.", hint=f"Set {name}.", id="mitid.E040")
    if not settings.HSM_CALL_SECONDS <= settings.HSM_HUNG_EXIT_SECONDS <= LONGEST_HANG_SECONDS:
        yield Error(
            f"HSM_HUNG_EXIT_SECONDS is {settings.HSM_HUNG_EXIT_SECONDS}.",
            hint=f"It must be from HSM_CALL_SECONDS to {LONGEST_HANG_SECONDS}.",
            id="mitid.E041",
        )


def _wrong_places() -> Iterator[CheckMessage]:
    for name, folder in (
        ("AUDIT_HEADS_FILE", Path(settings.AUDIT_HEADS_FILE).absolute().parent),
        ("AUDIT_TAIL_DIR", Path(settings.AUDIT_TAIL_DIR).absolute()),
    ):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
            yield Error(
                f"{name} cannot be written: {there} is no folder of this user's.",
                hint="Without it nobody can tell that the log was cut off.",
                id="mitid.E042",
            )
        if is_production() and folder.is_relative_to(settings.BASE_DIR):
            yield Error(
                f"{name} lies within the program's own folder.",
                hint="Name a volume that outlives a release, and that the database's administrators cannot write.",
                id="mitid.E043",
            )


def _wrong_chips() -> Iterator[CheckMessage]:
    policy = settings.WEBAUTHN_ATTESTATION
    if policy not in {"none", "known"}:
        yield Error(f"WEBAUTHN_ATTESTATION is {policy}.", hint="It is none or known.", id="mitid.E050")
    if [model for model in settings.WEBAUTHN_KNOWN_AAGUIDS if not AAGUID.fullmatch(model)]:
        yield Error(
            "WEBAUTHN_KNOWN_AAGUIDS names what is no AAGUID.",
            hint="Write each as 8-4-4-4-12 hexadecimal digits, with commas between them.",
            id="mitid.E051",
        )
    roots = Path(settings.WEBAUTHN_ATTESTATION_ROOTS)
    if policy == "known" and not (settings.WEBAUTHN_KNOWN_AAGUIDS and roots.is_file()):
        yield Error(
            "WEBAUTHN_ATTESTATION is known, and no model or no root certificate is named.",
            hint="Set WEBAUTHN_KNOWN_AAGUIDS, and WEBAUTHN_ATTESTATION_ROOTS to a readable PEM file.",
            id="mitid.E052",
        )
    if is_production() and _is_number(_host(settings.PUBLIC_ADDRESS)):
        yield Error(
            f"PUBLIC_ADDRESS is {settings.PUBLIC_ADDRESS}: browsers let no chip answer to a numeric address.",
            hint="Give the portal a name.",
            id="mitid.E053",
        )


def _wrong_in_demo() -> Iterator[CheckMessage]:
    hint = "A demo shows everybody's secrets: unset DEMO, or keep it on 127.0.0.1."
    if _host(settings.PUBLIC_ADDRESS) not in LOOPBACK:
        yield Error(f"DEMO is on, and PUBLIC_ADDRESS is {settings.PUBLIC_ADDRESS}.", hint=hint, id="mitid.E011")
    at_home = LOOPBACK | ({"testserver"} if settings.TESTING else frozenset())
    for host in settings.ALLOWED_HOSTS:
        if host.strip("[]") not in at_home:
            yield Error(f"DEMO is on, and ALLOWED_HOSTS has {host}.", hint=hint, id="mitid.E012")
    for name, local, address in PARTS_THAT_REACH_OUT:
        # What talks to this machine alone, such as a stand-in for a provider, reaches nobody.
        is_local = all(local in path for path in _paths(name))
        if not is_local and _host(_as_url(getattr(settings, address))) not in LOOPBACK:
            yield Error(
                f"DEMO is on, and {name} is {', '.join(_paths(name))}.",
                hint="A demo's made-up people must not reach real ones: unset DEMO, or name the local part.",
                id="mitid.E013",
            )


def _paths(name: str) -> list[str]:
    """Give the dotted paths of a setting that may hold one or several."""
    value = getattr(settings, name)
    return [value] if isinstance(value, str) else list(value)


def _wrong_in_mode() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on.", hint="Unset DEBUG: its pages show code, settings and data.", id="mitid.E001")
    if 0 < len(settings.METRICS_TOKEN) < METRICS_TOKEN_CHARACTERS:
        yield Error(
            f"METRICS_TOKEN is short; it needs {METRICS_TOKEN_CHARACTERS} random characters.",
            hint="Make one as for SECRET_KEY, or unset it: then there is no /metrics.",
            id="mitid.E007",
        )
    if len(settings.SECRET_KEY) < SECRET_KEY_CHARACTERS or len(set(settings.SECRET_KEY)) < 10:
        yield Error(
            f"SECRET_KEY is short or uniform; it needs {SECRET_KEY_CHARACTERS} random characters.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="mitid.E002",
        )
    if urlsplit(settings.PUBLIC_ADDRESS).scheme != "https" or not _host(settings.PUBLIC_ADDRESS):
        yield Error(
            f"PUBLIC_ADDRESS is {settings.PUBLIC_ADDRESS}, which is not an https address.",
            hint="Cookies are marked secure, and HSTS is sent, only under https.",
            id="mitid.E003",
        )
    if not settings.ALLOWED_HOSTS or any(host.strip() in {"", "*", "."} for host in settings.ALLOWED_HOSTS):
        yield Error("ALLOWED_HOSTS is empty or allows every name.", hint="List the portal's names.", id="mitid.E004")
    if settings.TRUSTED_PROXIES < 0:
        yield Error(
            "TRUSTED_PROXIES is negative.",
            hint="Count the proxies of your own before the portal; 0 when there are none.",
            id="mitid.E005",
        )
    if settings.TRUSTED_PROXIES < 1 and settings.SECURE_PROXY_SSL_HEADER:
        yield Error(
            "BEHIND_TLS_PROXY is on, and TRUSTED_PROXIES counts none.",
            hint="Count the proxy too: else the whole country is one source, and one guesser's tries stop everybody.",
            id="mitid.E006",
        )


def _wrong_parts() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    host = str(database.get("HOST", ""))
    if database.get("USER") == "postgres" or host.startswith(str(settings.VAR_DIR)):
        yield Error(
            "DATABASE_URL names the embedded database, or the superuser of another.",
            hint="Give the portal a database and a role of its own (docs/runbooks/production.md).",
            id="mitid.E020",
        )
    for name in ("REDIS_URL", "CELERY_BROKER_URL"):
        address = urlsplit(getattr(settings, name))
        if address.scheme == "memory" or not address.password or address.password.startswith(CACHE_PASSWORD_PREFIX):
            yield Error(
                f"{name} names the embedded Valkey, or a broker that asks for no password.",
                hint="Whoever reaches it could slip in tasks: give it a password.",
                id="mitid.E021",
            )
    if re.search("softhsm|kryoptic|opencryptoki_swtok", settings.PKCS11_MODULE, re.IGNORECASE) and not (
        settings.ALLOW_SOFT_HSM
    ):
        yield Error(
            f"PKCS11_MODULE is {settings.PKCS11_MODULE}, which keeps keys in files.",
            hint="KEY-1 asks for a hardware module. For a rehearsal only, set ALLOW_SOFT_HSM=1.",
            id="mitid.E022",
        )


def _wrong_role() -> Iterator[CheckMessage]:
    told = connection.get_connection_params()
    role = str(told.get("user", ""))
    try:
        # A connection of its own: the pool's must not be there before web and worker fork.
        with psycopg.connect(**told) as session, session.cursor() as cursor:
            cursor.execute("SELECT current_user")
            role = str((cursor.fetchone() or (role,))[0])
            objection = objection_to_role(cursor, role)
    except psycopg.OperationalError:
        return
    if objection is not None:
        yield Error(
            f"{objection} So it can change the log (LOG-1).",
            hint="Migrate as the owner, and connect as another role: manage.py prepare --grant-to ROLE"
            " (docs/runbooks/production.md).",
            id="mitid.E023",
        )


def _wrong_services() -> Iterator[CheckMessage]:
    for name in ("SMS_TRANSPORTS", "EMAIL_TRANSPORT"):
        if any(".local." in path for path in _paths(name)):
            yield Error(
                f"{name} is {', '.join(_paths(name))}, which shows messages on a demo page.",
                hint=f"Unset {name}, or name a transport that sends.",
                id="mitid.E030",
            )
    for name in ("CIVIL_REGISTER", "DOCUMENT_REGISTER"):
        if ".fixture." in getattr(settings, name):
            yield Error(
                f"{name} is {getattr(settings, name)}, whose people are made up.",
                hint=f"Unset {name}, or name an adapter for the real register.",
                id="mitid.E031",
            )
        elif urlsplit(getattr(settings, f"{name}_URL")).scheme != "https":
            yield Error(f"{name}_URL is not an https address.", hint="Set it to the register's.", id="mitid.E032")


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _as_url(address: str) -> str:
    return address if "//" in address else f"//{address}"
