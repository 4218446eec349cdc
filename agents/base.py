from __future__ import annotations

from typing import Any

from celery.contrib.django.task import DjangoTask
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from sensors import correlation


class Persistent(DjangoTask):
    """Only passing faults are retried: a few times, further and further apart."""

    autoretry_for = (OperationalError, InterfaceError, BrokerError)
    max_retries = 5
    retry_backoff = True
    retry_backoff_max = 60
    retry_jitter = True


class Agent(Persistent):
    """A step of the pipeline. It takes a run's id and may be delivered twice.

    What is no passing fault ends the run, see pipeline.fail.
    """

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Put the run into Celery's own log lines as well.

        Its requests come with the run itself: looking them up here too would cost a
        tenth of the worker's time.
        """
        for run_id in args:
            correlation.mark(run_id=run_id)

    def after_return(self, *args: Any) -> None:
        correlation.mark()
