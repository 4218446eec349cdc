from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery.contrib.django.task import DjangoTask
from django.db import DatabaseError, InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from agents.models import PipelineRun
from sensors import correlation


class Agent(DjangoTask):
    """A step of the pipeline. It takes a run's id and may be delivered twice.

    Only passing faults are retried: a few times, further and further apart.
    Any other exception ends the run, see pipeline.fail.
    """

    autoretry_for = (OperationalError, InterfaceError, BrokerError)
    max_retries = 5
    retry_backoff = True
    retry_backoff_max = 60
    retry_jitter = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Put the run's requests into Celery's own log lines as well."""
        # A database that is away is the business of the task, which is retried then.
        with suppress(DatabaseError, InterfaceError, PipelineRun.DoesNotExist):
            for run_id in args:
                run = PipelineRun.objects.get(pk=run_id)
                correlation.mark(request_ids=run.request_ids, run_id=run.pk)

    def after_return(self, *args: Any) -> None:
        correlation.mark()
