from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("smart_maintenance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def share_with_children(**kwargs: Any) -> None:
    """Have the collector pass over what is there before the pool is forked.

    It writes into all that it looks at, so that each child would get a copy of its own.
    """
    gc.collect()
    gc.freeze()
