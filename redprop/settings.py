"""All settings. Every value that differs between machines comes from the environment.

`make demo` and `make test` set DATABASE_URL and REDIS_URL for embedded servers; in
production they come from the environment or a `.env` file (see `.env.example`).
A missing or malformed value stops the start with a sentence that names it.
"""

import datetime as dt
from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()  # NAME_FILE names a file that holds the value of NAME
environ.Env.read_env(BASE_DIR / ".env")


def required(name: str, how: str) -> str:
    """Return the value of environment variable `name`, or stop with a sentence saying `how` to set it."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {how}")
    return value


def from_file_or_environment(name: str) -> str:
    """Return a secret: the content of the file that NAME_FILE names, else the variable NAME, else ""."""
    if path := env.str(f"{name}_FILE", default=""):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from None
    return env.str(name, default="")


DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)

DEMO_KEY = "demo-only-key-of-no-secrecy-0123456789"
SECRET_KEY = env.str("SECRET_KEY", default=DEMO_KEY if DEMO else "") or required(
    "SECRET_KEY", "Set it to 50 or more random characters, see .env.example."
)
# The address in links of messages that leave the portal
SITE_ADDRESS = env("SITE_ADDRESS", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
# Who may read /metrics besides this host itself: whoever brings this token
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# With less room than this where files are written /health/ready says "degraded"
DISK_RESERVE_MB = env.int("DISK_RESERVE_MB", default=1024)
# Where the nightly backup lies: the age of its newest *.backup is watched
BACKUP_FOLDER = Path(env.str("BACKUP_FOLDER", default="/var/lib/redprop/backups"))
# How many proxies stand in front (nginx: 1): from the right in X-Forwarded-For stands whom they saw.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "redprop.accounts",
    "redprop.areas",
    "redprop.core",
    "enterprises",
    "communities",
    "evaluations",
    "redprop.desk",
    "redprop.public",
    "redprop.operations",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "redprop.core.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_include_bootstrap",
    "csp",
    "axes",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "redprop.operations.middleware.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "redprop.public.middleware.PublicLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "redprop.core.middleware.UploadLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "redprop.accounts.kept_words.IdleMiddleware",
    "redprop.accounts.middleware.AuditContextMiddleware",
    "redprop.accounts.middleware.SecondFactorMiddleware",
    "redprop.accounts.middleware.FirstPasswordMiddleware",
    "redprop.accounts.kept_words.KeptWordsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "redprop.core.middleware.AdminPolicyMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "redprop.urls"
WSGI_APPLICATION = "redprop.wsgi.application"

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
                "redprop.core.context.site",
            ]
        },
    }
]

DATABASES = {
    "default": {
        **env.db_url_config(
            required("DATABASE_URL", "Point it at PostgreSQL, or start through `make demo` or `make test`.")
        ),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
# A cable that is cut is noticed within half a minute on both sides: here not after the quarter of an hour that
# the system would wait, there not after two hours in which the lost host's rows stay locked.
DATABASES["default"]["OPTIONS"] = {
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
    "-c tcp_user_timeout=25000 -c client_connection_check_interval=5000",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    **DATABASES["default"].get("OPTIONS", {}),
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database (postgres://…): no other engine is supported."
    )

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = required("REDIS_URL", "Point it at Redis or Valkey, or start through `make demo` or `make test`.")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # A broker that does not answer must not hold up a page.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
SESSION_ENGINE = "redprop.accounts.sessions"

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "redprop.accounts.backends.PostingBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "full_name", "email", "work_phone"]},
    },
    {"NAME": "redprop.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "redprop.accounts.passwords.Kinds"},
    {"NAME": "redprop.accounts.passwords.NotOneself"},
    {"NAME": "redprop.accounts.passwords.CommonHere"},
]
# Days after which a password of one's own is changed (the level protection wants it changed at times); 0: never.
PASSWORD_DAYS = env.int("PASSWORD_DAYS", default=0 if DEMO else 180)
# Guessing: a user name is locked only for the address the guesses came from, so nobody locks a rival out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.int("SIGN_IN_ATTEMPTS", default=5)
# Wrong passwords from one address, whatever the names, after which names that never came in from there wait.
SIGN_IN_ATTEMPTS_FROM_ADDRESS = env.int("SIGN_IN_ATTEMPTS_FROM_ADDRESS", default=50)
AXES_COOLOFF_TIME = dt.timedelta(minutes=env.int("SIGN_IN_LOCK_MINUTES", default=15))
# Accounts nobody has signed in with for so long are named in the quarterly review.
ACCOUNT_UNUSED_DAYS = env.int("ACCOUNT_UNUSED_DAYS", default=90)
# Masked fields that one account may open within an hour; an office opens a few a day.
OPENINGS_AN_HOUR = env.int("OPENINGS_AN_HOUR", default=60)
SIGN_IN_LOG_DAYS = env.int("SIGN_IN_LOG_DAYS", default=365)
# Months after which personal data go, by table, where the district wants others than the rules (people_rules.py)
RETENTION_MONTHS = {k: int(v) for k, v in env.dict("RETENTION_MONTHS", default={}).items()}
# Months that the audit trail and former versions are kept; the law asks for six, and the database refuses less.
AUDIT_MONTHS = env.int("AUDIT_MONTHS", default=12)
if AUDIT_MONTHS < 6:
    raise ImproperlyConfigured("AUDIT_MONTHS is below 6: the law asks for logs of six months at least.")
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "redprop.common.senders.sender"
AXES_LOCKOUT_CALLABLE = "redprop.accounts.views.locked_out"
AXES_ENABLE_ADMIN = False
# Signing in is logged by our own table, which triggers keep.
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# Second factor of whoever gets into the admin; in a demo off unless switched on, so that it is easy to enter.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEMO)
# A district's own identity provider by OpenID Connect, if it has one (docs/operations.md)
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = from_file_or_environment("OIDC_CLIENT_SECRET")
OIDC_ALGORITHM = env.str("OIDC_ALGORITHM", default="RS256")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid profile")
OIDC_USER_CLAIM = env.str("OIDC_USER_CLAIM", default="preferred_username")
OIDC_NAME = env.str("OIDC_NAME", default="统一身份认证")
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "desk:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=8 * 3600)
# Staff who do nothing for so long are signed out; 0: only after SESSION_COOKIE_AGE.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=0 if DEMO else 60)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=not (DEBUG or DEMO))

# Keys for the encrypted columns (ID numbers, bank accounts): `key-id:base64 key`, newest first.
DATA_KEYS = env.list(
    "DATA_KEYS", default=["demo:ZGVtby1vbmx5LWtleS1vZi0zMi1ieXRlcy1sZW5ndGg="] if DEMO else []
)
HASH_KEY = env.str("HASH_KEY", default="demo-only-hash-key" if DEMO else "")

# Key and certificate (PEM files) with which credit reports are signed; a demo makes its own pair there
_SIGNING = BASE_DIR / ".local" / "signing"
SIGNING_KEY = env.str("SIGNING_KEY", default=str(_SIGNING / "key.pem") if DEMO else "")
SIGNING_CERTIFICATE = env.str(
    "SIGNING_CERTIFICATE", default=str(_SIGNING / "certificate.pem") if DEMO else ""
)
SIGNING_KEY_PASSWORD = env.str("SIGNING_KEY_PASSWORD", default="")

# Stages of party membership (发展党员): off where the installation can be reached from the internet.
PARTY_DEVELOPMENT = env.bool("PARTY_DEVELOPMENT", default=DEMO)

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
FORMAT_MODULE_PATH = ["redprop.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# Files
STATIC_URL = "/static/"  # absolute: also for pages below /en/
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "redprop.public.styles.JoinedStyles",
]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / ".local" / "static")))
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media")))
PUBLISHED_ROOT = Path(env.str("PUBLISHED_ROOT", default=str(BASE_DIR / ".local" / "published")))
# Code of the district whose public pages this site shows; empty: the first one that has published.
PUBLIC_DISTRICT = env.str("PUBLIC_DISTRICT", default="")
# Under what terms the open data may be used; the district decides (docs/open-data.md).
OPEN_DATA_LICENCE = env.str("OPEN_DATA_LICENCE", default="CC BY 4.0")
OPEN_DATA_LICENCE_URL = env.str(
    "OPEN_DATA_LICENCE_URL", default="https://creativecommons.org/licenses/by/4.0/deed.zh-hans"
)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# Days after which the night takes files and values away (docs/operations.md).
IMPORT_UPLOAD_DAYS = env.int("IMPORT_UPLOAD_DAYS", default=14)
IMPORT_ERROR_FILE_DAYS = env.int("IMPORT_ERROR_FILE_DAYS", default=7)
IMPORT_UNDO_DAYS = env.int("IMPORT_UNDO_DAYS", default=180)
IMPORT_UNDO_DAYS_PEOPLE = env.int("IMPORT_UNDO_DAYS_PEOPLE", default=30)
ORPHAN_FILE_DAYS = env.int("ORPHAN_FILE_DAYS", default=2)

# E-mail: in a demo messages are written into files; elsewhere they go to the server named here.
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.filebased.EmailBackend"
    if DEMO
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=str(BASE_DIR / ".local" / "mail"))
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="redprop@localhost")

# Celery: the row in the database is the truth, the broker only wakes workers up.
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Rendering public pages has a queue of its own: a worker given only one of them keeps closing and
# publishing from waiting for each other; a worker without -Q serves both.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("publishing")]
CELERY_TASK_ROUTES = {"redprop.public.tasks.*": {"queue": "publishing"}}
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_TIME_LIMIT = 3000
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sweep-closing-runs": {"task": "evaluations.tasks.sweep_runs", "schedule": 30.0},
    "sweep-jobs": {"task": "redprop.core.tasks.sweep_jobs", "schedule": 15.0},
    "sweep-publishing": {"task": "redprop.public.tasks.sweep_publishing", "schedule": 60.0},
    "expire-display": {
        "task": "evaluations.tasks.expire_display",
        "schedule": crontab(hour="1", minute="10"),
    },
    "propose-flag-withdrawals": {
        "task": "evaluations.tasks.propose_flag_withdrawals",
        "schedule": crontab(minute="35"),
    },
    "remind-of-calendar": {
        "task": "redprop.core.tasks.remind_of_calendar",
        "schedule": crontab(hour="6", minute="5"),
    },
    "tend-surveys": {"task": "evaluations.tasks.tend_surveys", "schedule": crontab(hour="6", minute="10")},
    "expire-letters": {"task": "evaluations.tasks.expire_letters", "schedule": crontab(minute="35")},
    "prepare-reports": {"task": "redprop.core.tasks.prepare_reports", "schedule": 300.0},
    "expire-exports": {"task": "redprop.core.tasks.expire_exports", "schedule": crontab(minute="25")},
    "record-credit": {"task": "evaluations.tasks.record_credit", "schedule": crontab(hour="1", minute="40")},
    "compute-entitlements": {
        "task": "evaluations.tasks.compute_entitlements",
        "schedule": crontab(hour="2", minute="10"),
    },
    "deliver-notices": {"task": "redprop.core.tasks.deliver_notices", "schedule": 60.0},
    "issue-supervision-orders": {
        "task": "communities.tasks.issue_orders",
        "schedule": crontab(hour="6", minute="20"),
    },
    "remind-of-filing": {
        "task": "communities.tasks.remind_of_filing",
        "schedule": crontab(hour="6", minute="40"),
    },
    "remind-of-party": {
        "task": "enterprises.tasks.remind_of_party",
        "schedule": crontab(hour="6", minute="50"),
    },
    "lapse-offers-of-apartments": {
        "task": "enterprises.tasks.lapse_offers",
        "schedule": crontab(hour="6", minute="55"),
    },
    "erase-due-help": {
        "task": "communities.tasks.erase_due_help",
        "schedule": crontab(hour="0", minute="20"),
    },
    "tend-accounts": {"task": "redprop.core.tasks.tend_accounts", "schedule": crontab(hour="5", minute="30")},
    "tidy-files": {"task": "redprop.core.tasks.tidy_files", "schedule": crontab(hour="3", minute="20")},
    "forget-in-time": {
        "task": "communities.tasks.forget_in_time",
        "schedule": crontab(hour="3", minute="15"),
    },
    "seal-audit": {"task": "redprop.core.tasks.seal_audit", "schedule": crontab(minute="*/10")},
    "forget-audit": {"task": "redprop.core.tasks.forget_audit", "schedule": crontab(hour="4", minute="5")},
    "keep-people-data-in-time": {
        "task": "redprop.core.tasks.keep_people_data_in_time",
        "schedule": crontab(hour="4", minute="35"),
    },
    "verify-audit": {"task": "redprop.core.tasks.verify_audit", "schedule": crontab(hour="4", minute="20")},
    "reseal": {"task": "communities.tasks.reseal", "schedule": crontab(hour="3", minute="40")},
    "reseal-accounts": {"task": "evaluations.tasks.reseal", "schedule": crontab(hour="3", minute="50")},
    "publish-changes": {"task": "redprop.public.tasks.publish_changes", "schedule": crontab(minute="*/10")},
    "refresh-public-pages": {
        "task": "redprop.public.tasks.refresh_public_pages",
        "schedule": crontab(hour="2", minute="10"),
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(BASE_DIR / ".local" / "celerybeat-schedule")

# Content security policy: strict everywhere; the admin alone is relaxed (Unfold needs Alpine's eval).
from csp.constants import NONE, SELF  # noqa: E402

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"

from redprop.admin_menu import UNFOLD  # noqa: E402, F401

SECURE_CONTENT_TYPE_NOSNIFF = True
# No script of ours reads either cookie
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
# Outside a demo everything goes through TLS: the proxy says in X-Forwarded-Proto whether it did.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=SESSION_COOKIE_SECURE)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if SESSION_COOKIE_SECURE else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
# W021: putting a name on the browsers' preload list is up to who owns the whole domain (the district's or city's)
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"

# One JSON object a line, to standard error (systemd's journal or the container's log takes it); in a demo plain lines.
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEMO or DEBUG else "json")
if LOG_FORMAT not in ("json", "line"):
    raise ImproperlyConfigured("LOG_FORMAT must be json or line.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "redprop.common.logs.JsonLines"},
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        # Django's own handlers would write a second line that is not JSON; axes names users and addresses
        "django": {"handlers": [], "propagate": True},
        "axes": {"level": "ERROR"},
        "pgtrigger": {"level": "WARNING"},  # a line for each of some five hundred triggers at every `migrate`
    },
}

# Triggers are made by the code and installed after every `migrate`, in one pass: as operations of
# migrations each of them would render the whole model state once more (30 s for an empty database).
PGTRIGGER_MIGRATIONS = False
PGTRIGGER_INSTALL_ON_MIGRATE = True
