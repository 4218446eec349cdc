"""The project's settings, made fast and quiet for tests."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0" * 50)
os.environ.setdefault("NOTIFY_EMAILS", "planner@example.org")

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Agents run in the test's own process; tests with a real worker switch this off.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# In the test's own process nothing can come back later.
GATHER_FOR = 0
# A test that changes a key sees the change at once; one of them switches this on.
KEYS_KNOWN_FOR = 0
# A client of Django's would read all static files before its first request.
WHITENOISE_AUTOREFRESH = True
