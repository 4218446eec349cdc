from __future__ import annotations

from celery.contrib.django.task import DjangoTask
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError


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
