"""The project's Celery app with one disturbance built in, chosen by the environment.

KILL_IN=stage      the whole worker is killed in that stage, before its work is committed
KILL_AFTER=stage   the same just after the commit, before the next message is sent
KILL_CHILD_IN=…    only the pool's process is killed
TWICE=1            every message is sent twice
KILLED=path        a file that is made by the first kill; there is no second one
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from celery.signals import worker_init
from django.db import transaction
from kombu.messaging import Producer

from celery_app import app

__all__ = ["app"]


def once(kill: Any) -> None:
    killed = Path(os.environ["KILLED"])
    if not killed.exists():
        killed.touch()
        kill()


def kill_worker() -> None:
    os.killpg(0, signal.SIGKILL)


def kill_child() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@worker_init.connect
def disturb(**kwargs: Any) -> None:
    from agents.models import PipelineRun

    record = PipelineRun.record

    def record_or_die(self: PipelineRun, stage: str, **kwargs: Any) -> None:
        record(self, stage, **kwargs)
        if os.environ.get("KILL_IN") == stage:
            once(kill_worker)
        if os.environ.get("KILL_CHILD_IN") == stage:
            once(kill_child)
        if os.environ.get("KILL_AFTER") == stage:
            transaction.on_commit(lambda: once(kill_worker))

    PipelineRun.record = record_or_die  # type: ignore[method-assign]
    if os.environ.get("TWICE"):
        Producer.publish = twice(Producer.publish)  # type: ignore[method-assign]


def twice(publish: Any) -> Any:
    def published(self: Producer, *args: Any, **kwargs: Any) -> Any:
        publish(self, *args, **kwargs)
        return publish(self, *args, **kwargs)

    return published
