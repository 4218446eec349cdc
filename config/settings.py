"""All settings. The environment is the only difference between one place and another."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dj_database_url

from config import env
from config.logging import logging_config
from config.schedule import BEAT_SCHEDULE
from config.storing import attachment_storage

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.secret("SECRET_KEY", "insecure-development-key" if DEBUG else None)
ALLOWED_HOSTS = env.csv("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env.csv("CSRF_TRUSTED_ORIGINS")
# How people outside reach this server: stands in mails and in the demo's summary.
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
# Only the demo's launcher sets this. It lets the well-known demo key in.
DEMO = env.flag("DEMO", False)
DEMO_ADMIN_PASSWORD = env.secret("DEMO_ADMIN_PASSWORD", "")

INSTALLED_APPS = [
    "agents",
    "mlops",
    "maintenance",
    "sensors",
    "rest_framework",
    "django_filters",
    "timescale",
    "config.admin_apps.PlantAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.Csrf",
    "config.middleware.People",
    "config.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Stores. timescale://… selects the TimescaleDB engine, postgresql://… plain PostgreSQL.
DATABASES = {
    "default": dj_database_url.parse(
        env.secret("DATABASE_URL", "postgresql://postgres@localhost:5432/smart_maintenance"),
        # For good: what the server has closed is seen in sensors/store/connections.py.
        conn_max_age=None,
    )
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.secret("CACHE_URL", "redis://localhost:6379/1"),
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where and when
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "static"))
WHITENOISE_USE_FINDERS = True

# Safety
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("HTTPS", False) else None
SECURE_REDIRECT_EXEMPT = [r"^health$"]  # Probes come from inside, without TLS
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("HTTPS", False)
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if env.flag("HTTPS", False) else 0
AUTHENTICATION_BACKENDS = ["config.role_backend.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "admin:login"

# The way in
DATA_UPLOAD_MAX_MEMORY_SIZE = env.number("MAX_BODY_BYTES", 10 * 1024 * 1024)
MAX_READINGS_PER_BATCH = env.number("MAX_READINGS_PER_BATCH", 10_000)
# Seconds for which a server takes a key as it last saw it: a revoked one is out by then.
KEYS_KNOWN_FOR = env.decimal("KEYS_KNOWN_FOR_SECONDS", 1)
MAX_READINGS_PER_RUN = env.number("MAX_READINGS_PER_RUN", 50_000)
# Requests that a key without a limit of its own may make, such as 600/m; empty: any number.
RATE_LIMIT = env.rate("RATE_LIMIT")
# More than this accepted but not yet stored, and no more is taken in for a while.
MOST_BATCHES_WAITING = env.number("MOST_BATCHES_WAITING", 100_000)
MOST_READINGS_WAITING = env.number("MOST_READINGS_WAITING", 5_000_000)
# A reading further ahead than this is flagged; a day or more ahead it is quarantined.
CLOCK_TOLERANCE = timedelta(seconds=env.number("CLOCK_TOLERANCE_SECONDS", 300))

# The MQTT bridge, manage.py bridge_mqtt. docs/mqtt.md says what these mean.
MQTT_URL = env.text("MQTT_URL", "")
MQTT_USERNAME = env.text("MQTT_USERNAME", "")
MQTT_PASSWORD = env.secret("MQTT_PASSWORD", "")
MQTT_CA_FILE = env.text("MQTT_CA_FILE", "")
MQTT_CERT_FILE = env.text("MQTT_CERT_FILE", "")
MQTT_KEY_FILE = env.text("MQTT_KEY_FILE", "")
MQTT_CLIENT_ID = env.text("MQTT_CLIENT_ID", "smart-maintenance")
MQTT_SITE = env.text("MQTT_SITE", "")
MQTT_SENSOR_TOPIC = env.text("MQTT_SENSOR_TOPIC", "")
MQTT_SENSOR_CODE = env.text("MQTT_SENSOR_CODE", "{sensor_id}")
MQTT_TOPICS = env.csv("MQTT_TOPICS")
MQTT_REGISTER = env.flag("MQTT_REGISTER", False)
MQTT_SESSION_HOURS = env.number("MQTT_SESSION_HOURS", 168)
MQTT_BATCH_MESSAGES = env.number("MQTT_BATCH_MESSAGES", 500)
MQTT_BATCH_MILLISECONDS = env.number("MQTT_BATCH_MILLISECONDS", 200)
MQTT_MESSAGE_BYTES = env.number("MQTT_MESSAGE_BYTES", 131_072)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sensors.api.authentication.ApiKeyAuthentication",
        "sensors.api.authentication.MemberAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.permissions.RoutePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "sensors.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "PAGE_SIZE": 100,
    "EXCEPTION_HANDLER": "config.api.problems.problem_details",
    "URL_FORMAT_OVERRIDE": None,
}

# The store of readings. TimescaleDB takes these over after each migrate.
READINGS_CHUNK = timedelta(days=env.number("READINGS_CHUNK_DAYS", 1))
COMPRESS_READINGS_AFTER = timedelta(days=env.number("COMPRESS_READINGS_AFTER_DAYS", 7))
# Poolers and emulations may not pass COPY on; without it the same rows go in by INSERT.
STORE_TAKES_COPY = env.flag("STORE_TAKES_COPY", True)
KEEP_READINGS_FOR = timedelta(days=env.number("KEEP_READINGS_DAYS", 180))

# What detectors have learnt is kept here as files; workers and web servers share it.
ARTIFACTS_DIR = env.text("ARTIFACTS_DIR", str(BASE_DIR / "var" / "artifacts"))
# What assets and sensors have taught is learnt anew after so long, by night.
REFIT_MODELS_AFTER = timedelta(days=env.number("REFIT_MODELS_AFTER_DAYS", 7))
# Versions that are off duty and that nobody names are removed after so long.
KEEP_MODELS_FOR = timedelta(days=env.number("KEEP_MODELS_DAYS", 30))
# What a model saw of a machine is given up when nothing more came that it could be seen in.
UNSEEN_AFTER = timedelta(days=env.number("UNSEEN_AFTER_DAYS", 7))
# What is still active so long after it was acknowledged has to be acknowledged again. For a
# sensor another time may be set; 0 is never.
RE_ALARM_AFTER = timedelta(hours=env.number("RE_ALARM_AFTER_HOURS", 24))
# An anomaly that no reading has confirmed for so long is over; likewise.
AUTO_CLEAR_AFTER = timedelta(days=env.number("AUTO_CLEAR_AFTER_DAYS", 7))

# Work orders. What is attached to them, and the files of reports, lie in a directory that web
# servers and workers share, or in a bucket where one is named; the key to that is in the
# variables that boto3 reads itself.
MAX_ATTACHMENT_BYTES = env.number("MAX_ATTACHMENT_BYTES", 10 * 1024 * 1024)
STORAGES = attachment_storage(
    directory=env.text("ATTACHMENTS_DIR", str(BASE_DIR / "var" / "attachments")),
    bucket=env.text("ATTACHMENTS_BUCKET", ""),
    endpoint=env.text("ATTACHMENTS_S3_ENDPOINT", ""),
    region=env.text("ATTACHMENTS_S3_REGION", ""),
) | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# A repair is proven once the machine has operated so long without what it was about.
VERIFY_FOR = timedelta(hours=env.number("VERIFICATION_HOURS", 48))

# Celery
CELERY_BROKER_URL = env.secret("CELERY_BROKER_URL", "redis://localhost:6379/0")
# Longer than any task may run: a message not acknowledged by then is delivered again.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    # A broker that accepts and says nothing must not hold uploads up. Workers wait for
    # messages one second at a time, so they stay below it.
    "socket_timeout": 3,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = env.number("TASK_TIME_LIMIT", 300)
CELERY_TASK_DEFAULT_QUEUE = "pipeline"
CELERY_TASK_ROUTES = {
    # A slow mail server must not hold up the pipeline.
    "agents.send_notification": {"queue": "notify"},
    # Nor what takes minutes of computing.
    "mlops.*": {"queue": "training"},
    "agents.look_at_shapes": {"queue": "training"},
    "agents.make_report": {"queue": "training"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Else each of the five agents would open a connection of its own for each run.
CELERY_DB_REUSE_MAX = 10_000
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
# How much workers stand back where they share processors with the web server.
WORKER_NICENESS = env.number("WORKER_NICENESS", 10)
# Seconds for which readings are gathered for one run while they keep coming. Less than the
# second after which most sensors read again: what comes then is taken at once.
GATHER_FOR = env.decimal("GATHER_FOR_SECONDS", 0.8)
# A run that has not moved for so long has lost its message or its worker.
STALLED_AFTER = timedelta(seconds=env.number("STALLED_AFTER_SECONDS", 30))

# Figures
# What money is counted in; rates and costs are stored without it.
CURRENCY = env.text("CURRENCY", "EUR")
WEEKLY_HOURS_PER_TECHNICIAN = env.decimal("WEEKLY_HOURS_PER_TECHNICIAN", 40)

# Notifications
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", str(BASE_DIR / "var" / "mail"))
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "maintenance@localhost")
NOTIFY_EMAILS = env.csv("NOTIFY_EMAILS")
NOTIFY_WEBHOOK_URL = env.text("NOTIFY_WEBHOOK_URL", "")
NOTIFY_WEBHOOK_SECRET = env.secret("NOTIFY_WEBHOOK_SECRET", "")
# Channels name these: NOTIFY_SECRET_OPS, or NOTIFY_SECRET_OPS_FILE, is called OPS there.
NOTIFY_SECRETS = env.secrets("NOTIFY_SECRET_")
# Webhooks of channels may go to this machine only if this is set.
NOTIFY_ALLOW_LOOPBACK = env.flag("NOTIFY_ALLOW_LOOPBACK", False)
# How often a message is tried: after 30 s, 2 min, 8 min, 32 min and about 2 h again.
NOTIFY_ATTEMPTS = env.number("NOTIFY_ATTEMPTS", 6)
# The first of a group waits for others; then the group waits; what goes on is told again.
NOTIFY_GROUP_WAIT = timedelta(seconds=env.number("NOTIFY_GROUP_WAIT_SECONDS", 30))
NOTIFY_GROUP_INTERVAL = timedelta(seconds=env.number("NOTIFY_GROUP_INTERVAL_SECONDS", 300))
NOTIFY_REPEAT_INTERVAL = timedelta(seconds=env.number("NOTIFY_REPEAT_INTERVAL_SECONDS", 14_400))
# What a person is sent in ten minutes at most; what comes beyond becomes one message.
NOTIFY_MOST_MESSAGES = env.number("NOTIFY_MOST_MESSAGES", 10)
# SMS through Twilio's API, or that of a provider which speaks the same.
SMS_API_URL = env.text("SMS_API_URL", "https://api.twilio.com/2010-04-01").rstrip("/")
SMS_ACCOUNT = env.text("SMS_ACCOUNT", "")
SMS_TOKEN = env.secret("SMS_TOKEN", "")
SMS_FROM = env.text("SMS_FROM", "")

LOGGING = logging_config(env.text("LOG_LEVEL", "INFO"))
