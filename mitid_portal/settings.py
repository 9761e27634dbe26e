"""Settings, all of them from the environment; the defaults are those of production.

``bin/run`` and the tests set what the embedded parts need. Values that the rules fix (marked [P] in docs/rules.md)
are constants in the code and have no setting.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

django_stubs_ext.monkeypatch()  # Django's generic classes take their type parameters at run time too

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Mode -----------------------------------------------------------------------------------------------------------
DEMO = env.bool("DEMO", default=False)
TESTING = env.bool("TESTING", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PUBLIC_ADDRESS = env.str("PUBLIC_ADDRESS")  # scheme and host of the portal, as links in e-mails begin
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEMO_CLOCK_FILE = env.str("DEMO_CLOCK_FILE", default=str(VAR_DIR / "clock-offset"))
BRAND_NAME = env.str("BRAND_NAME", default="MitID")
SUPPORT_PHONE = env.str("SUPPORT_PHONE", default="+45 00 00 00 00")  # shown to those who need help

# --- Apps -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_otp",
    "audit",
    "hsm",
    "notifications",
    "identities",
    "authentication",
    "selfservice",
    "registration",
    "mitid_portal",
]
if DEMO:
    INSTALLED_APPS.append("mitid_portal.demo")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "mitid_portal.middleware.PlainRefusals",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "mitid_portal.urls"
WSGI_APPLICATION = "mitid_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "mitid_portal.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data -----------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "mitid_portal.database",  # which looks at each connection before it is used again
    "OPTIONS": {
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=8), "timeout": 3},
        "connect_timeout": 5,
        # A page waits for no lock and no lost server for ever, and for a lock less long than for the module, so that
        # who waits for somebody who waits for the module is told in time too (KEY-2); a migration may be given longer.
        "tcp_user_timeout": 10_000,
        # Who waits for an answer has sent nothing that could stay unacknowledged: only these find a host that is gone.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": " ".join(
            f"-c {name}={env.str(name.upper(), default=default)}"
            for name, default in (
                ("statement_timeout", "15s"),
                ("lock_timeout", "3s"),
                ("idle_in_transaction_session_timeout", "60s"),
            )
        ),
        "application_name": "mitid_portal",
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "mitid_portal.cache.Cache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    },
}

# --- People and sessions --------------------------------------------------------------------------------------------
_secure = urlsplit(PUBLIC_ADDRESS).scheme == "https"
# A browser takes a cookie of such a name from this very host over TLS only: no neighbour under the same domain plants
# one (RFC 6265bis section 4.1.3.2).
_cookie_prefix = "__Host-" if _secure else ""
AUTH_USER_MODEL = "identities.Identity"
AUTHENTICATION_BACKENDS: list[str] = []  # log-in is the authentication app's: no password alone opens anything
PASSWORD_HASHERS = ["identities.hashers.PepperedArgon2PasswordHasher"]
SESSION_ENGINE = "mitid_portal.session_store"
SESSION_COOKIE_NAME = f"{_cookie_prefix}mitid_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 3600  # the login's own limits (authentication) are shorter; this only sweeps the row away
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrftoken"
CSRF_COOKIE_HTTPONLY = True
KNOWN_BROWSER_COOKIE_NAME = f"{_cookie_prefix}mitid_browser"
CSRF_FAILURE_VIEW = "mitid_portal.errors.csrf_refused"
SESSION_IDLE_FOR = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", default=10))
SESSION_LASTS_FOR = timedelta(minutes=env.int("SESSION_MINUTES", default=30))
WRONG_TRIES_PER_SOURCE = env.int("WRONG_TRIES_PER_SOURCE", default=60)  # in ten minutes; offices share an address
LOG_INS_PER_SOURCE = env.int("LOG_INS_PER_SOURCE", default=600)  # begun in ten minutes
ENROLMENTS_PER_SOURCE = env.int("ENROLMENTS_PER_SOURCE", default=60)  # of apps, begun in ten minutes: each tries a code
WAYS_IN_USE = env.dict(  # of each hundred people, how many use what: so a user ID that nobody has is shown a way first
    "WAYS_IN_USE",
    cast={"value": int},
    default={"app": 80, "code_display": 12, "audio_code_reader": 1, "chip": 7},
)
NEWEST_LOGIN = "authentication.queries.newest_login"  # asked by a block, of an app that identities does not know
DOOR_PAGES = {"portal": "selfservice:profile", "backoffice": "registration:officer-home"}  # where a login leads
CHANGE_WAIT_FOR = timedelta(minutes=env.int("CHANGE_WAIT_MINUTES", default=60))  # CHG-3: may be longer, never shorter
CHANGE_WINDOW_FOR = timedelta(hours=env.int("CHANGE_WINDOW_HOURS", default=24))
CONTACT_CODE_LASTS_FOR = timedelta(minutes=env.int("CONTACT_CODE_MINUTES", default=15))
WEBAUTHN_ATTESTATION = env.str("WEBAUTHN_ATTESTATION", default="none")  # "known": proven models only (ADR 0096)
WEBAUTHN_KNOWN_AAGUIDS = env.list("WEBAUTHN_KNOWN_AAGUIDS", default=[])  # the models that "known" lets in
WEBAUTHN_ATTESTATION_ROOTS = env.str("WEBAUTHN_ATTESTATION_ROOTS", default="")  # PEM file of their makers' roots

# --- Transport security ---------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = _secure
CSRF_COOKIE_SECURE = _secure
SECURE_SSL_REDIRECT = _secure
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # asked from inside, past the proxy that speaks TLS
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_HSTS_PRELOAD = _secure
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # how many X-Forwarded-For hops are ours
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # a field far too long still reaches its form, which says so beside it
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- Keys and log ---------------------------------------------------------------------------------------------------
PKCS11_MODULE = env.str("PKCS11_MODULE")
PKCS11_TOKEN_LABEL = env.str("PKCS11_TOKEN_LABEL")
PKCS11_USER_PIN = env.str("PKCS11_USER_PIN")
ALLOW_SOFT_HSM = env.bool("ALLOW_SOFT_HSM", default=False)
HSM_CALL_SECONDS = env.float("HSM_CALL_SECONDS", default=4.0)  # one call of the module, before the caller is refused
HSM_SESSIONS = env.int("HSM_SESSIONS", default=4)  # of one process with the token
HSM_HUNG_EXIT_SECONDS = env.float("HSM_HUNG_EXIT_SECONDS", default=60.0)  # then a process whose call hangs is replaced
KEYRING_SECONDS = env.float("KEYRING_SECONDS", default=15.0)  # after which a process reads the keys' versions anew
# What the portal's role in the database may only read: keys and custodians change in ceremonies, which the owner runs.
READ_ONLY_TABLES = ("hsm_keyversion", "hsm_datakey", "hsm_custodian", "hsm_ceremony", "hsm_rewrapprogress")
AUDIT_SEALER = "hsm.log_sealer.LogSealer"
AUDIT_SEAL_SECONDS = env.float("AUDIT_SEAL_SECONDS", default=5.0)  # between seals over the log
AUDIT_HEADS_FILE = Path(env.str("AUDIT_HEADS_FILE", default=str(VAR_DIR / "audit-heads.jsonl")))
AUDIT_TAIL_DIR = Path(env.str("AUDIT_TAIL_DIR", default=str(VAR_DIR / "audit-tail")))
TOKEN_BACKUP = env.str("TOKEN_BACKUP", default="")  # dotted path; empty: by the module (mitid_portal/backups/tokens.py)
POSTGRES_BINARIES = env.str("POSTGRES_BINARIES", default="")  # folder of pg_dump, pg_restore, psql; empty: looked for

# --- Alerts ---------------------------------------------------------------------------------------------------------
# Dotted paths, the preferred one first.
SMS_TRANSPORTS = env.list("SMS_TRANSPORTS", default=["notifications.transports.twilio_sms.TwilioSms"])
EMAIL_TRANSPORT = env.str("EMAIL_TRANSPORT", default="notifications.transports.smtp_email.SmtpEmail")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FORMER_AUTH_TOKEN = env.str("TWILIO_FORMER_AUTH_TOKEN", default="")  # it signs calls until another is primary
TWILIO_FROM = env.str("TWILIO_FROM", default="")  # a sender number, name or Messaging Service SID
TWILIO_SENDERS = env.dict("TWILIO_SENDERS", default={})  # other senders by country, as +46=Name,+47=+4759440000
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", default="")  # empty: the client's own
HTTP_SMS_URL = env.str("HTTP_SMS_URL", default="")  # the second provider: docs/http-sms.md
HTTP_SMS_KEY = env.str("HTTP_SMS_KEY", default="")  # by which it knows us
HTTP_SMS_SECRET = env.str("HTTP_SMS_SECRET", default="")  # by which we know its calls
HTTP_SMS_FROM = env.str("HTTP_SMS_FROM", default="")
HTTP_SMS_SENDERS = env.dict("HTTP_SMS_SENDERS", default={})
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)  # STARTTLS; port 587
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)  # TLS from the first byte; port 465
EMAIL_CA_FILE = env.str("EMAIL_CA_FILE", default="")  # PEM; empty: the authorities that the machine trusts
EMAIL_BOUNCE_ADDRESS = env.str("EMAIL_BOUNCE_ADDRESS", default="")  # mailbox@domain that takes what comes back
EMAIL_BOUNCE_SECRET = env.str("EMAIL_BOUNCE_SECRET", default="")  # signs bounces that are posted to us
EMAIL_BOUNCE_MAILDIR = env.str("EMAIL_BOUNCE_MAILDIR", default="")  # read by manage.py read_bounces
EMAIL_DKIM_DOMAIN = env.str("EMAIL_DKIM_DOMAIN", default="")
EMAIL_DKIM_SELECTOR = env.str("EMAIL_DKIM_SELECTOR", default="")
EMAIL_DKIM_KEY_FILE = env.str("EMAIL_DKIM_KEY_FILE", default="")  # RSA, PEM
SEND_TIMEOUT_SECONDS = env.float("SEND_TIMEOUT_SECONDS", default=10.0)  # each wait for a provider's answer
EMAIL_TIMEOUT = SEND_TIMEOUT_SECONDS
EMAIL_ANSWER_SECONDS = env.float("EMAIL_ANSWER_SECONDS", default=60.0)  # for the yes to the words; its lease is longer
DELIVERY_LEASE_FOR = timedelta(seconds=env.int("DELIVERY_LEASE_SECONDS", default=60))  # bounds: notifications/checks.py
DELIVERY_UNANSWERED_LIMIT = env.int("DELIVERY_UNANSWERED_LIMIT", default=24)  # claims in a row that end with a worker
GIVE_UP_AFTER = timedelta(hours=env.int("GIVE_UP_AFTER_HOURS", default=48))  # of failing for now, once and again
HEARTBEAT_SMS = env.str("HEARTBEAT_SMS", default="")  # operations' own phone: a message every 5 minutes, +45...
HEARTBEAT_EMAIL = env.str("HEARTBEAT_EMAIL", default="")
SMS_COST_CEILING_PER_DAY = env.int("SMS_COST_CEILING_PER_DAY", default=0)  # in the provider's currency; 0: none
SMS_SEGMENT_COST_MICRO = env.int("SMS_SEGMENT_COST_MICRO", default=60_000)  # a part's price, where none is told
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # bearer token of /metrics; empty: there is no such page
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@mitid.example")

# --- Registers ------------------------------------------------------------------------------------------------------
CIVIL_REGISTER = env.str("CIVIL_REGISTER", default="registration.registers.http.HttpCivilRegister")
DOCUMENT_REGISTER = env.str("DOCUMENT_REGISTER", default="registration.registers.http.HttpDocumentRegister")
CIVIL_REGISTER_URL = env.str("CIVIL_REGISTER_URL", default="")
DOCUMENT_REGISTER_URL = env.str("DOCUMENT_REGISTER_URL", default="")
REGISTER_CLIENT_CERTIFICATE = env.str("REGISTER_CLIENT_CERTIFICATE", default="")  # PEM files for mutual TLS
REGISTER_CLIENT_KEY = env.str("REGISTER_CLIENT_KEY", default="")

# --- Work in the background -----------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 180
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 0,
}
CELERY_TASK_PUBLISH_RETRY = False  # the outbox is the truth; a wake-up that is lost is found by beat
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "mitid_portal.heartbeats:WatchedScheduler"
CELERY_BEAT_SCHEDULE = {
    "wake-due-deliveries": {"task": "notifications.sweep", "schedule": 5.0, "options": {"expires": 5}},
    # Sent when the last is five minutes old; asked more often, so that a restart of beat does not put it off.
    "send-heartbeat": {"task": "notifications.heartbeat", "schedule": 30.0, "options": {"expires": 30}},
    "watch-cost": {"task": "notifications.watch_cost", "schedule": 300.0, "options": {"expires": 300}},
    "ask-for-receipts": {"task": "notifications.reconcile", "schedule": 60.0, "options": {"expires": 60}},
    "forget-words": {"task": "notifications.forget_words", "schedule": 60.0, "options": {"expires": 60}},
    "note-prices": {"task": "notifications.note_prices", "schedule": 600.0, "options": {"expires": 600}},
    "expire-pending-changes": {"task": "selfservice.expire_changes", "schedule": 60.0, "options": {"expires": 60}},
    "seal-the-log": {
        "task": "audit.seal",
        "schedule": AUDIT_SEAL_SECONDS,
        "options": {"expires": max(1, AUDIT_SEAL_SECONDS)},
    },
    "make-the-logs-months": {"task": "audit.make_partitions", "schedule": 3600.0, "options": {"expires": 3600}},
    "tell-of-simultaneous-requests": {
        "task": "authentication.sweep_alerts",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "sweep-log-ins": {"task": "authentication.sweep", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-sessions": {"task": "mitid_portal.sweep_sessions", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- Language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "da"
LANGUAGES = [("da", _("Danish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Copenhagen"
LANGUAGE_COOKIE_NAME = f"{_cookie_prefix}language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _secure

# --- Static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("dkfds/css", BASE_DIR / "node_modules/dkfds/dist/css"),
    ("dkfds/fonts", BASE_DIR / "node_modules/dkfds/dist/fonts"),
    ("dkfds/img", BASE_DIR / "node_modules/dkfds/dist/img"),
    ("dkfds/js", BASE_DIR / "node_modules/dkfds/dist/js"),
    ("vendor/jose", BASE_DIR / "node_modules/jose/dist/webapi"),
    ("vendor/idb", BASE_DIR / "node_modules/idb/build"),
    ("vendor/qr", BASE_DIR / "node_modules/qr"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "mitid_portal.static_files.HashedFiles",
    },
}
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_AUTOREFRESH = TESTING

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.BasePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "App interface",
    "DESCRIPTION": "What the app on a citizen's phone speaks. docs/app-api.md tells how to sign.",
    "VERSION": None,  # the views say which
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": f"{PUBLIC_ADDRESS.rstrip('/')}/api/app/v1"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {"DecisionEnum": ["approve", "reject"]},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "authentication.app_api.schema.wrap_in_jws",
    ],
}

# --- Log files: what ran, never whom it was about -------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"without_address": {"()": "mitid_portal.log_files.WithoutAddress"}},
    "handlers": {
        # At the handler: a logger's filter does not see what comes from those below it, as django.security has many.
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["without_address"]},
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},  # none of Django's own, which print and send whole requests
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
    },
}
