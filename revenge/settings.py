"""Every setting of the server, read once from the environment.

`manage.py up` passes the address of each engine. Another process on the same machine (`manage.py
shell`) finds them in the file that the running stack keeps in the data folder.
"""

import os
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from apps.core.ratelimit.limits import Algorithm, Limit, Tier
from revenge import addresses, env, logs, smtp
from revenge.stack import engines_env, stored_secret

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("REVENGE_DATA_DIR", BASE_DIR / "data")
for _name, _value in engines_env(DATA_DIR).items():
    os.environ.setdefault(_name, _value)

DEBUG = env.boolean("REVENGE_DEBUG", default=False)
SECRET_KEY = env.secret("REVENGE_SECRET_KEY", "") or stored_secret(DATA_DIR, "secret_key")
if len(SECRET_KEY) < 32:
    raise env.EnvError("REVENGE_SECRET_KEY is too short: give it at least 32 random characters.")

WEB_WORKERS = env.integer("REVENGE_WEB_WORKERS", 2, minimum=1, maximum=64)
PORT = env.integer("REVENGE_PORT", 8096, minimum=1, maximum=65535)
ALLOWED_HOSTS = env.csv("REVENGE_ALLOWED_HOSTS", ["*"])
CSRF_TRUSTED_ORIGINS = list[str](env.csv("REVENGE_TRUSTED_ORIGINS", []))

# Where folders of films may lie; "/" leaves the choice to the administrator.
MEDIA_ROOTS = [Path(p) for p in env.csv("REVENGE_MEDIA_ROOTS", ["/"])]
IMAGE_CACHE_DIR = DATA_DIR / "cache" / "images"
AVATAR_DIR = DATA_DIR / "avatars"
EXPORT_DIR = DATA_DIR / "exports"
IMAGE_MAX_PIXELS = 60_000_000
IMAGE_MAX_BYTES = 30 * 1024 * 1024
SCAN_THREADS = env.integer("REVENGE_SCAN_THREADS", 8, minimum=1, maximum=64)
PROBE_PROCESSES = env.integer("REVENGE_PROBE_PROCESSES", os.cpu_count() or 2, minimum=1, maximum=64)
PROBE_TIMEOUT = env.number("REVENGE_PROBE_TIMEOUT", 60, minimum=1)
# A watched file is complete when it has not grown for this long.
WATCH_SETTLE_SECONDS = env.number("REVENGE_WATCH_SETTLE_SECONDS", 1, minimum=0.1, maximum=600)
# How often folders are looked at whose changes nobody tells of.
WATCH_POLL_SECONDS = 60 * env.number("REVENGE_WATCH_POLL_MINUTES", 5, minimum=0.1, maximum=1440)

# A name before every cache key, lock and search collection, so that two servers (or two test
# workers) can share the engines.
KEY_PREFIX = env.text("REVENGE_KEY_PREFIX", "revenge")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    # Without autodiscovery: only processes that serve pages load the console (urls.py).
    "apps.core.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "django_htmx",
    "django_celery_beat",
    "csp",
    "apps.core",
    "apps.activity",
    "apps.siteconfig",
    "apps.users",
    "apps.rbac",
    "apps.authn",
    "apps.apikeys",
    "apps.notifications",
    "apps.search",
    "apps.libraries",
    "apps.metadata",
    "apps.movies",
    "apps.playback",
    "apps.setup",
]

MIDDLEWARE = [
    "apps.core.middleware.request_id",
    "apps.core.monitoring.http.observe",
    "apps.core.ratelimit.middleware.RateLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apps.core.middleware.browser_safety",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.authn.middleware.BrowserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.policy.PolicyMiddleware",
    "apps.users.middleware.AccountPlaceMiddleware",
    "apps.core.monitoring.http.DjangoFigures",
]

ROOT_URLCONF = "revenge.urls"
WSGI_APPLICATION = "revenge.wsgi.application"
ASGI_APPLICATION = "revenge.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "apps.users.context_processors.appearance",
                "apps.siteconfig.context_processors.server",
            ],
        },
    }
]


def _database(address: str) -> dict[str, Any]:
    """Django's form of a libpq connection URI (`postgres://user:pw@host/name?host=/socket`)."""
    parts = {
        "connect_timeout": 3,
        # A server that fell off the network is given up after this time, by libpq; seconds but for
        # the last, milliseconds.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
        "options": _session_limits(),
        **{key: value for key, value in conninfo_to_dict(address).items() if value is not None},
    }
    return {
        "ENGINE": "apps.core.db.backend",
        "NAME": parts.pop("dbname", "revenge"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **parts,
            "pool": {
                "min_size": env.integer("REVENGE_DB_POOL_MIN_SIZE", 0, minimum=0, maximum=500),
                "max_size": env.integer("REVENGE_DB_POOL_SIZE", 20, minimum=1, maximum=500),
                "timeout": env.number("REVENGE_DB_POOL_TIMEOUT", 2, minimum=0.1),
                "max_waiting": env.integer("REVENGE_DB_POOL_WAITING", 200, minimum=0),
                "max_lifetime": env.number("REVENGE_DB_POOL_LIFETIME", 3600, minimum=1),
                "max_idle": env.number("REVENGE_DB_POOL_IDLE", 600, minimum=1),
            },
        },
    }


def _session_limits() -> str:
    """libpq's `options`; a limit of 0 is not sent, since not every pooler in between takes it."""
    limits = {
        "statement_timeout": env.number("REVENGE_DB_STATEMENT_TIMEOUT", 60, minimum=0),
        "idle_in_transaction_session_timeout": env.number(
            "REVENGE_DB_IDLE_TRANSACTION_TIMEOUT", 300, minimum=0
        ),
    }
    return " ".join(f"-c {name}={round(1000 * s)}" for name, s in limits.items() if s)


DATABASES = {
    "default": _database(
        env.url("DATABASE_URL", "postgres:///revenge", schemes=("postgres", "postgresql"))
    )
}
# Statements that take longer are logged, without their parameters.
DB_SLOW_SECONDS = env.number("REVENGE_DB_SLOW_SECONDS", 0.5, minimum=0)
# How often a transaction that lost against another is run, and the pauses between, in seconds.
DB_RETRY_TRIES = env.integer("REVENGE_DB_RETRY_TRIES", 5, minimum=1, maximum=100)
DB_RETRY_BASE = env.number("REVENGE_DB_RETRY_BASE", 0.05, minimum=0)
DB_RETRY_CEILING = env.number("REVENGE_DB_RETRY_CEILING", 1, minimum=0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url("REDIS_URL", "redis://127.0.0.1:6379/0", schemes=addresses.SCHEMES)
CACHES = {
    # Django's sessions. What the server itself keeps is declared with `apps.core.cache`.
    "default": {
        "BACKEND": "apps.core.valkey.django_backend.DjangoCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": KEY_PREFIX,
        "TIMEOUT": 15 * 60,
        "OPTIONS": {
            "CONNECTION_FACTORY": "apps.core.valkey.django_backend.ConnectionFactory",
            # Without the server everything still answers, slower.
            "IGNORE_EXCEPTIONS": True,
        },
    }
}


def _limit(name: str, default: str, algorithm: Algorithm = Algorithm.SLIDING) -> Limit | None:
    try:
        return Limit.parse(env.text(name, default), algorithm)
    except ValueError as error:
        raise env.EnvError(f"{name}: {error}") from error


RATE_LIMITS = {
    Tier.GLOBAL: _limit("REVENGE_LIMIT_GLOBAL", "50/100"),
    Tier.AUTH: _limit("REVENGE_LIMIT_AUTH", "5/10"),
    # A wall of posters asks for a hundred pictures at once.
    Tier.MEDIA: _limit("REVENGE_LIMIT_MEDIA", "200/1000", Algorithm.FIXED),
    Tier.USER: _limit("REVENGE_LIMIT_USER", "off"),
    Tier.KEY: _limit("REVENGE_LIMIT_KEY", "20/100"),
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

TYPESENSE_URL = env.url("TYPESENSE_URL", "", schemes=("http", "https"))
TYPESENSE_API_KEY = env.secret("TYPESENSE_API_KEY", "")

AUTH_USER_MODEL = "users.User"
# User names are unique whatever their case, by a constraint that this check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "apps.authn.backends.NameOrEmailBackend",
    "apps.rbac.backends.RoleBackend",
    "apps.libraries.backends.GrantBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
# The first hashes; the others are checked, and replaced at the next sign-in.
PASSWORD_HASHERS = [
    "apps.authn.hashers.Argon2Hasher",
    "apps.authn.hashers.BcryptHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "apps.siteconfig.passwords.MinimumLengthValidator"},
    {"NAME": "apps.authn.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "authn:sign-in"
LOGIN_REDIRECT_URL = "movies:home"
STEP_UP_URL = "authn:step-up"


def _mail_server(address: str) -> smtp.SmtpServer:
    try:
        return smtp.parse(address)
    except ValueError as error:
        raise env.EnvError(f"REVENGE_EMAIL_URL: {error}.") from None


EMAIL_URL = env.url("REVENGE_EMAIL_URL", "", schemes=tuple(smtp.Encryption))
if EMAIL_URL:
    _smtp = _mail_server(EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _smtp.host, _smtp.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp.user, _smtp.password
    EMAIL_USE_TLS = _smtp.encryption is smtp.Encryption.STARTTLS
    EMAIL_USE_SSL = _smtp.encryption is smtp.Encryption.TLS
else:
    EMAIL_BACKEND = f"django.core.mail.backends.{'console' if DEBUG else 'dummy'}.EmailBackend"
    EMAIL_HOST_PASSWORD = ""
EMAIL_TIMEOUT = 10
DOMAIN = env.text("REVENGE_DOMAIN", "")
DEFAULT_FROM_EMAIL = env.text("REVENGE_EMAIL_FROM", f"revenge@{DOMAIN or 'localhost'}")
EMAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
if not EMAIL_DOMAIN:
    raise env.EnvError(f"REVENGE_EMAIL_FROM={DEFAULT_FROM_EMAIL!r} is no e-mail address.")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "revenge/theme_locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "apps.core.staticfiles.StaticFiles"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# The edge is the only way in and overwrites the forwarded headers.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "revenge_session"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "revenge_csrf"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "revenge_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": (),
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.authn.api.authentication.BearerAuthentication",
        "apps.apikeys.api.authentication.ApiKeyAuthentication",
        "apps.authn.api.authentication.WebSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.permissions.PolicyPermission"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.ratelimit.throttles.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.JsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.api.negotiation.FirstRenderer",
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.PolicyAutoSchema",
    # RFC 3339, as `apps/movies/json.py` writes it too.
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "EXCEPTION_HANDLER": "apps.core.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "revenge",
    "DESCRIPTION": "The REST API of the revenge movie server.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ApiKeyScope": "apps.apikeys.models.Scope",
        "HealthStatus": ["healthy", "degraded", "unhealthy"],
        "LibraryType": "apps.libraries.models.LibraryType",
        "ScanStatus": "apps.libraries.models.ScanStatus",
        "ScanType": "apps.libraries.models.ScanType",
        "SettingType": ["string", "integer", "boolean", "float", "json"],
    },
}
ACCESS_TOKEN_MINUTES = 15


BROKER_URL = env.url("REVENGE_BROKER_URL", REDIS_URL, schemes=addresses.SCHEMES)
try:
    CELERY_BROKER_URL, _broker_options = addresses.broker(BROKER_URL)
except ValueError as error:
    raise env.EnvError(f"REVENGE_BROKER_URL: {error}; name a server or sentinels.") from error
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
# No results are kept, so nothing has to clean them up.
CELERY_RESULT_EXPIRES = None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What the broker delivers again after `visibility_timeout` does no harm: a job's row tells whether
# it is done or runs (apps/core/jobs/messages.py). The first queues of a worker go first.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "queue_order_strategy": "priority",
    "global_keyprefix": f"{KEY_PREFIX}:jobs:",
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "retry_policy": {"timeout": 3},
    **_broker_options,
}
CELERY_BEAT_SCHEDULER = "apps.core.jobs.beat:Scheduler"
# What was sent is written at once: a killed beat sends nothing again, and its health can be seen.
CELERY_BEAT_SYNC_EVERY = 1
JOBS_RESEND_SECONDS = env.integer("REVENGE_JOBS_RESEND_SECONDS", 60, minimum=1, maximum=3600)
JOBS_KEPT_DAYS = env.integer("REVENGE_JOBS_KEPT_DAYS", 30, minimum=1, maximum=3650)

UNFOLD = {
    "SITE_TITLE": "apps.siteconfig.context_processors.server_name",
    "SITE_HEADER": "apps.siteconfig.context_processors.server_name",
    "SITE_ICON": "apps.core.console.icon",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "apps.core.console.icon"},
    ],
    "SITE_URL": "/",
    "STYLES": ["apps.core.console.style_sheet", "apps.core.console.library_style_sheet"],
    "SIDEBAR": {"navigation": "apps.core.console.navigation"},
}

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGING = logs.configuration(
    env.choice("REVENGE_LOG_FORMAT", logs.LogFormat, logs.LogFormat.CONSOLE),
    env.choice("REVENGE_LOG_LEVEL", LOG_LEVELS, "INFO"),
    secrets=(
        SECRET_KEY,
        TYPESENSE_API_KEY,
        EMAIL_HOST_PASSWORD,
        DATABASES["default"]["PASSWORD"],
        *addresses.passwords(REDIS_URL),
        *addresses.passwords(BROKER_URL),
    ),
)
ACCESS_LOG_LEVEL = env.choice("REVENGE_ACCESS_LOG_LEVEL", LOG_LEVELS, "INFO")
