"""One settings file. It reads the environment (`.env.example` lists it) and fails loudly."""

import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core import hash_list, keyring, postgres, transit
from messaging.limits import LARGEST_REQUEST

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.prefix = ""
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

DEBUG = env.bool("DJANGO_DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default="var"))
if not DATA_DIR.is_absolute():
    DATA_DIR = BASE_DIR / DATA_DIR
DATA_DIR.mkdir(mode=0o711, parents=True, exist_ok=True)  # the database's account passes through


def new_secret() -> str:
    return secrets.token_urlsafe(48)


def development_secret(name: str, make: Callable[[], str] = new_secret) -> str:
    """Return a random secret that is made once and kept in DATA_DIR."""
    path = DATA_DIR / name
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=DATA_DIR) as file:  # mode 0600
            file.write(make())
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(file.name, path)
    return path.read_text()


def secret(variable: str, make: Callable[[], str] = new_secret) -> str:
    """Read a secret from the environment; only development may do without.

    :raises ImproperlyConfigured: if DJANGO_DEBUG is off and the variable is not set
    """
    value: str = env.str(variable, default="")
    if value:
        return value
    if DEBUG:
        return development_secret(variable.lower(), make)
    raise ImproperlyConfigured(f"Set {variable}: production has no default for a secret.")


@contextlib.contextmanager
def read_from(*variables: str) -> Iterator[None]:
    """Say of which variables the value is wrong: whoever starts the site reads one sentence."""
    try:
        yield
    except (ValueError, OSError) as problem:
        raise ImproperlyConfigured(f"{', '.join(variables)}: {problem}.") from problem


SECRET_KEY = secret("DJANGO_SECRET_KEY")
# What wraps the patients' data keys: newest first. The data keys lie outside the database, so that
# no copy of it can be read, nor an erased patient brought back by restoring one (docs/adr/0010).
KEY_WRAPPER_KIND = env.str("KEY_WRAPPER", default="ring")
KEY_WRAPPER: keyring.KeyWrapper
if KEY_WRAPPER_KIND == "ring":
    KEY_RING = secret("KEY_ENCRYPTION_KEYS", lambda: keyring.generate("development"))
    with read_from("KEY_ENCRYPTION_KEYS"):
        KEY_WRAPPER = keyring.parse(KEY_RING)
elif KEY_WRAPPER_KIND == "vault":
    VAULT_TOKEN_FILE = env.str("VAULT_TOKEN_FILE", default="")
    with read_from("VAULT_ADDR", "VAULT_TRANSIT_KEY", "VAULT_TRANSIT_MOUNT", "VAULT_TOKEN"):
        KEY_WRAPPER = transit.Transit(
            address=env.str("VAULT_ADDR"),
            key=env.str("VAULT_TRANSIT_KEY", default="telehealth"),
            mount=env.str("VAULT_TRANSIT_MOUNT", default="transit"),
            token=env.str("VAULT_TOKEN", default=""),
            token_file=Path(VAULT_TOKEN_FILE) if VAULT_TOKEN_FILE else None,
        )
    if KEY_RING := env.str("KEY_ENCRYPTION_KEYS", default=""):  # until `rotate_keys` is done
        with read_from("KEY_ENCRYPTION_KEYS"):
            KEY_WRAPPER = keyring.Moving(to=KEY_WRAPPER, before=keyring.parse(KEY_RING))
else:
    raise ImproperlyConfigured("KEY_WRAPPER is ring or vault.")
KEYS_DIR = DATA_DIR / "keys"
ATTACHMENTS_DIR = DATA_DIR / "attachments"  # sealed; no address leads there
BLIND_INDEX_SECRET = secret("BLIND_INDEX_SECRET")  # what is looked up by is kept as its HMAC
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "telehealth",
    "billing",
    "care",
    "sessions",
    "messaging",
    "appointments",
    "accounts",
    "core",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "servestatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "core.request_ids.RequestIdMiddleware",
    "csp.middleware.CSPMiddleware",
    "telehealth.headers.PrivacyHeadersMiddleware",
    "telehealth.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "telehealth.static.StaticFilesMiddleware",
    "core.tenancy.ScopeMiddleware",
    "telehealth.unreadable.UnreadableMiddleware",
    "accounts.reading.ReadingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sessions.by_link.ByLinkMiddleware",
    "accounts.wall.WallMiddleware",
    "accounts.lock.LockMiddleware",
    "accounts.wall.FactorWallMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.zones.ZoneMiddleware",
    "telehealth.errors.SamePageForNotFoundMiddleware",
    "telehealth.heads.HeadMiddleware",
]

ROOT_URLCONF = "telehealth.urls"
ASGI_APPLICATION = "telehealth.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "telehealth" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "telehealth.shell.shell",
                "telehealth.steps.way",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "core.templatetags.words",
            ],
        },
    },
]

# PostgreSQL everywhere: the one named by DATABASE_URL, else the embedded server under DATA_DIR.
# Commands that need no database never start it: the connection's settings are read on first use.
# Two roles use it: the owner migrates, the web role works with rows (core/grants.py).
DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default=DATABASE_URL)
OWNERS_COMMANDS = {"migrate", "flush", "restore_drill"}
NEEDS_NO_DATABASE = {
    *("slots", "collectstatic", "makemessages", "compilemessages", "states", "probe"),
    *("rotate_keys", "bench"),  # a benchmark makes a database of its own
}
IS_TYPE_CHECK = Path(sys.argv[0]).name in {"mypy", "dmypy"}  # reads settings, and ends abruptly
if not (DATABASE_URL or IS_TYPE_CHECK or NEEDS_NO_DATABASE & set(sys.argv[1:2])):
    DATABASE_OWNER_URL = postgres.acquire(DATA_DIR / "postgres")
    DATABASE_URL = postgres.web_address(DATA_DIR / "postgres")
WEB = env.db_url_config(DATABASE_URL or "postgres://127.0.0.1/unused")
OWNER = env.db_url_config(DATABASE_OWNER_URL or "postgres://127.0.0.1/unused")
DATABASE_WEB_ROLE = WEB.get("USER", "") if DATABASE_URL != DATABASE_OWNER_URL else ""
DATABASE = OWNER if OWNERS_COMMANDS & set(sys.argv[1:2]) else WEB
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "core.database",  # PostgreSQL, told whose rows it may touch (core/tenancy.py)
        # Under ASGI each request has a thread of its own, and a kept connection would outlive it.
        "CONN_MAX_AGE": 0,
        # A database that is away is said after five seconds, not waited for.
        "OPTIONS": {"connect_timeout": 5, **DATABASE.get("OPTIONS", {})},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where the hourly anchors of the audit trail go: outside of the database, best on another machine.
AUDIT_ANCHOR_DIR = env.str("AUDIT_ANCHOR_DIR", default="") or str(DATA_DIR / "anchors")
AUDIT_ANCHOR_EMAIL = env.str("AUDIT_ANCHOR_EMAIL", default="")

# Jobs. A task is only a wake-up: what must happen is a row in the outbox (docs/adr/0003).
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost/")
if CELERY_BROKER_URL.startswith("filesystem:"):
    BROKER_DIR = DATA_DIR / "broker"
    for folder in ("q", "control"):
        (BROKER_DIR / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "q"),
        "data_folder_out": str(BROKER_DIR / "q"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
else:
    # A broker that hangs must not hang a booking: the sweep finds what a lost wake-up missed.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its lines are written as all of ours (LOGGING)
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
        if REDIS_URL
        else {"BACKEND": "core.layer.LocalChannelLayer"}
    )
}
CACHES = {
    "default": {
        **(
            {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
            if REDIS_URL
            # One in each process would multiply every rate limit by their number (docs/adr/0012).
            else {"BACKEND": "core.cache.CountingCache", "LOCATION": "core_cache"}
        ),
        "KEY_FUNCTION": "core.cache.closed",
    }
}

# People
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique whatever its case: user_email_once
AUTHENTICATION_BACKENDS = ["accounts.backend.PasswordBackend"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": 15},  # NIST SP 800-63B-4: 15 where a password stands alone
    },
    {"NAME": "accounts.passwords.NotTheEmail"},
    {"NAME": "accounts.passwords.HardToGuess"},
    {"NAME": "accounts.passwords.NeverLeaked"},
]
BREACHED_FILE = env.str("BREACHED_PASSWORDS", default="")
with read_from("BREACHED_PASSWORDS"):
    BREACHED_PASSWORDS = hash_list.opened(Path(BREACHED_FILE)) if BREACHED_FILE else None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "appointments:directory"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
MIGRATION_MODULES = {"account": "accounts.email_addresses.migrations"}  # see there
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # who has the code has the mailbox, which is the account
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8}  # three tries a code
ACCOUNT_CHANGE_EMAIL = True  # one address a person, which is replaced
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "hold": "30/10m/ip",  # a family behind one address, not a script
    "join": "20/10m/ip",
    "feed": "60/1h/key,600/10m/ip",  # a calendar program; one address may fetch for many people
    "files": "30/10m/user",  # messages with files
    "emergency": "5/10m/user",  # a name spelled another way, not a list of names
}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "accounts.entrance_forms.SignInForm",
    "signup": "accounts.entrance_forms.SignUpForm",
    "confirm_email_verification_code": "accounts.entrance_forms.ConfirmEmailForm",
    "reset_password": "accounts.entrance_forms.ResetForm",
    "confirm_password_reset_code": "accounts.entrance_forms.ConfirmResetForm",
    "reset_password_from_key": "accounts.entrance_forms.NewPasswordForm",
    "change_password": "accounts.entrance_forms.ChangePasswordForm",
    "add_email": "accounts.entrance_forms.ChangeEmailForm",
    "reauthenticate": "accounts.entrance_forms.PasswordAgainForm",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60  # see accounts.step_up, which is stricter

# Second factors (docs/adr/0012)
MFA_ADAPTER = "accounts.factor_adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Telehealth"
MFA_TOTP_TOLERANCE = 1  # the clock of a phone may be half a minute off
# A passkey is required of admins, supervisors and billing (accounts.passkey_rule): two weeks after
# somebody took up the role, but no sooner than two weeks after this day. Browsers take one at a
# name with https, or at localhost.
PASSKEY_REQUIRED_FROM = datetime.fromisoformat(
    env.str("PASSKEY_REQUIRED_FROM", default="2026-12-01")
).replace(tzinfo=UTC)
PASSKEY_GRACE = timedelta(days=env.int("PASSKEY_GRACE_DAYS", default=14))
PASSKEYS_WORK = SITE_URL.startswith("https://") or urlsplit(SITE_URL).hostname == "localhost"
MFA_FORMS = {
    "authenticate": "accounts.factor_forms.FactorForm",
    "reauthenticate": "accounts.factor_forms.FactorAgainForm",
    "activate_totp": "accounts.factor_forms.NewAppForm",
    "add_webauthn": "accounts.factor_forms.NewPasskeyForm",
    "edit_webauthn": "accounts.factor_forms.PasskeyNameForm",
    "login_webauthn": "accounts.factor_forms.PasskeySignInForm",
    "authenticate_webauthn": "accounts.factor_forms.SecondPasskeyForm",
    "reauthenticate_webauthn": "accounts.factor_forms.PasskeyAgainForm",
}

# Mail. Without EMAIL_URL it goes to the development mailbox, which is a folder of .eml files.
MAILBOX_DIR = DATA_DIR / "mailbox"
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
elif DEBUG:
    EMAIL_BACKEND = "core.mailbox.MailboxBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Telehealth <visits@localhost>")
EMAIL_TIMEOUT = 10
# Text messages (core/text_messages.py). In development they stand in the mailbox.
SMS_URL = env.str("SMS_URL", default="mailbox:" if DEBUG else "")

# Calendars that providers name (core/outgoing.py). Fetched with https, from public addresses only.
OUTGOING_HTTP = env.bool("OUTGOING_HTTP", default=False)
with read_from("OUTGOING_NETWORKS"):
    OUTGOING_NETWORKS = [ip_network(one) for one in env.list("OUTGOING_NETWORKS", default=[])]

# Cards. Without a key the SDK talks to the embedded simulator (billing/gateways/simulator).
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
if STRIPE_SECRET_KEY and not STRIPE_WEBHOOK_SECRET:
    raise ImproperlyConfigured("Set STRIPE_WEBHOOK_SECRET: without it no event can be trusted.")
STRIPE_SIMULATOR = env.bool("STRIPE_SIMULATOR", default=DEBUG) and not STRIPE_SECRET_KEY
if STRIPE_SIMULATOR and not STRIPE_WEBHOOK_SECRET:
    STRIPE_WEBHOOK_SECRET = development_secret("stripe_webhook_secret")

# Files with messages: held in memory until they are sealed, so that no disk ever has them in plain.
# The site takes no larger request (telehealth/unreadable.py).
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGEST_REQUEST
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
CLAMD_SOCKET = env.str("CLAMD_SOCKET", default="")  # the virus scanner's; empty: none looks

# Video
TURN_URLS = env.list("TURN_URLS", default=[])
TURN_SECRET = env.str("TURN_SECRET", default="")
if TURN_URLS and not TURN_SECRET:
    raise ImproperlyConfigured("Set TURN_SECRET: TURN_URLS needs the secret shared with coturn.")

# Language, time, files
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = env.str(
    "TIME_ZONE", default="America/New_York"
)  # shown to readers whose own zone is unknown
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "telehealth.static.HashedModulesStorage"
        )
    },
}
SERVESTATIC_USE_FINDERS = DEBUG
SERVESTATIC_AUTOREFRESH = DEBUG

# Browser
SECURE = SITE_URL.startswith("https://")
SESSION_ENGINE = "core.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_FAILURE_VIEW = "telehealth.errors.csrf_failure"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
FORWARDED_ALLOW_IPS = env.str("FORWARDED_ALLOW_IPS", default="")  # uvicorn reads it as well
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"  # with "no-referrer" forms come with the origin "null"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'", "https://checkout.stripe.com"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.log_lines.Line",
            "format": "{asctime} {levelname} {name} {request_id} {message}",
            "style": "{",
        }
    },
    "filters": {
        "request_id": {"()": "core.request_ids.LogFilter"},
        "address": {"()": "core.log_lines.AddressFilter"},
        "failed_task": {"()": "core.log_lines.FailedTaskFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id", "address", "failed_task"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "level": "WARNING"}},  # only the root speaks
}
