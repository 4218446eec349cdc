from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from sensors import correlation
from sensors.models import ReadingBatch

logger = logging.getLogger(__name__)


class PipelineRunQuerySet(models.QuerySet["PipelineRun"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None, failed_at=None)

    def stalled(self) -> Self:
        """Runs that should have moved on by now: a message or a worker was lost."""
        return self.unfinished().filter(updated_at__lt=timezone.now() - settings.STALLED_AFTER)

    def before_detection(self) -> Self:
        """Runs whose readings the detectors have not seen yet."""
        ahead = self.model.ORDER[: self.model.ORDER.index(self.model.Stage.DETECTED)]
        return self.unfinished().filter(stage__in=ahead)

    def finished(self) -> Self:
        return self.exclude(finished_at=None)

    def failed(self) -> Self:
        return self.exclude(failed_at=None)

    def claim(self) -> PipelineRun | None:
        """A new run over the batches that wait, or None if none does. Needs a transaction."""
        batches = ReadingBatch.objects.claim(readings=settings.MAX_READINGS_PER_RUN)
        return self.begin(batches) if batches else None

    def begin(self, batches: Sequence[ReadingBatch], *, stage: str | None = None) -> PipelineRun:
        run = self.create(
            stage=stage or self.model.Stage.RECEIVED,
            readings=sum(batch.accepted for batch in batches),
            first_received_at=min(batch.received_at for batch in batches),
        )
        Claim.objects.bulk_create(Claim(run=run, batch=batch) for batch in batches)
        return run

    def close_failed(self, pk: int, *, error: str) -> bool:
        """Note that a run gave up. False if it had ended before."""
        now = timezone.now()
        failed = self.unfinished().filter(pk=pk)
        return failed.update(failed_at=now, updated_at=now, error=error[:1000]) == 1

    def split(self, pk: int, *, error: str) -> list[PipelineRun]:
        """Close a run that gave up; a run of several batches lives on as two halves.

        Needs a transaction. Returns the halves, none for a run of one batch.
        """
        if not self.close_failed(pk, error=error):
            return []
        run = self.get(pk=pk)
        batches = list(ReadingBatch.objects.light().filter(runs=run).order_by("pk"))
        if len(batches) < 2:
            return []
        run.claims.all().delete()
        middle = len(batches) // 2
        parts = (batches[:middle], batches[middle:])
        return [self.begin(part, stage=run.stage) for part in parts]

    def reopen(self, pk: int) -> bool:
        """Let a failed run try again from where it stood."""
        failed = self.failed().filter(pk=pk)
        return failed.update(failed_at=None, error="", updated_at=timezone.now()) == 1

    @contextmanager
    def entering(self, pk: int, stage: str) -> Iterator[PipelineRun | None]:
        """Lock a run, yield it if `stage` is its next stage, then record the stage.

        Yields None when it is not, or when another worker has the run, so a message
        that is delivered twice does its work once. The work and the record of it commit
        together or not at all.
        """
        with transaction.atomic():
            run = self.select_for_update(skip_locked=True).filter(pk=pk).first()
            if run is None or run.next_stage != stage:
                yield None
                return
            started, clock = timezone.now(), time.perf_counter()
            with correlation.about(request_ids=run.request_ids, run_id=run.pk):
                yield run
                seconds = time.perf_counter() - clock
                run.record(stage, started=started, seconds=seconds)
                logger.info("run %s is %s after %.3f s", pk, stage, seconds)


class PipelineRun(models.Model):
    """The way of some batches through the agents.

    received → ingested → validated → detected → decided → notified. A run that gave up
    keeps the stage it had reached and says when and why it failed.
    """

    class Stage(models.TextChoices):
        RECEIVED = "received"
        INGESTED = "ingested"
        VALIDATED = "validated"
        DETECTED = "detected"
        DECIDED = "decided"
        NOTIFIED = "notified"

    ORDER = (
        Stage.RECEIVED,
        Stage.INGESTED,
        Stage.VALIDATED,
        Stage.DETECTED,
        Stage.DECIDED,
        Stage.NOTIFIED,
    )

    stage = models.CharField(max_length=9, choices=Stage, default=Stage.RECEIVED)
    readings = models.PositiveIntegerField(help_text="Accepted readings of its batches")
    batches = models.ManyToManyField(ReadingBatch, through="Claim", related_name="runs")
    timings = models.JSONField(
        default=dict, help_text="By stage: when it was entered, how many seconds it took"
    )
    error = models.CharField(max_length=1000, blank=True)
    first_received_at = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = PipelineRunQuerySet.as_manager()

    class Meta:
        indexes = [
            # For resume_stalled_runs. Ended runs, nearly all rows, stay out of it.
            models.Index(
                fields=["updated_at"],
                name="unfinished_runs",
                condition=Q(finished_at=None, failed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def stages_ahead(self) -> tuple[Stage, ...]:
        return self.ORDER[self.ORDER.index(self.Stage(self.stage)) + 1 :]

    @property
    def next_stage(self) -> Stage | None:
        if self.failed_at:
            return None
        return next(iter(self.stages_ahead), None)

    @property
    def state(self) -> str:
        if self.failed_at:
            return "failed"
        return "finished" if self.finished_at else "running"

    @property
    def request_ids(self) -> tuple[str, ...]:
        """The requests that brought its batches."""
        ids = self.batches.order_by("pk").values_list("correlation_id", flat=True)
        return tuple(dict.fromkeys(ids))

    def record(self, stage: str, *, started: datetime, seconds: float) -> None:
        """Note that a stage is done, in the transaction of its work."""
        self.stage = stage
        self.timings[stage] = {"entered": started.isoformat(), "seconds": round(seconds, 6)}
        if not self.stages_ahead:
            self.finished_at = timezone.now()
        self.save(update_fields=["stage", "timings", "finished_at", "updated_at"])


class Claim(models.Model):
    """That a run has taken a batch."""

    run = models.ForeignKey(PipelineRun, models.CASCADE, related_name="claims")
    batch = models.OneToOneField(ReadingBatch, models.PROTECT, related_name="claim")

    def __str__(self) -> str:
        return f"{self.batch_id} in {self.run_id}"
