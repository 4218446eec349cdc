from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from mlops.models.versions import ModelVersion
from sensors.access import Principal, Right
from sensors.models import Asset, Sensor, Site


class BacktestQuerySet(models.QuerySet["Backtest"]):
    def unfinished(self) -> Self:
        Status = self.model.Status
        return self.filter(status__in=(Status.WAITING, Status.RUNNING))

    def untouched_since(self, moment: datetime) -> Self:
        return self.filter(updated_at__lt=moment)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)

    def claim(self, pk: int) -> bool:
        """Take one that waits. False if another worker has it, or had."""
        Status = self.model.Status
        return self._move(pk, Status.WAITING, status=Status.RUNNING, started_at=timezone.now())

    def report(self, pk: int, percent: int) -> bool:
        """Note how far one that runs has come. False if it is not to run any more."""
        return self._move(pk, self.model.Status.RUNNING, percent=percent)

    def finish(self, pk: int, result: dict[str, Any]) -> bool:
        """Keep the result of one that runs. False if it is not to run any more."""
        Status = self.model.Status
        return self._move(
            pk,
            Status.RUNNING,
            status=Status.DONE,
            percent=100,
            result=result,
            # Of several settings it would be the count of none.
            alarm_count=result.get("alarm_count"),
            finished_at=timezone.now(),
        )

    def close_failed(self, pk: int, error: str) -> bool:
        """Note that it gave up. False if it had ended before."""
        unfinished = self.unfinished().filter(pk=pk)
        return unfinished.update(**self._failed(error)) == 1

    def give_up(self, *, untouched_since: datetime) -> int:
        """Close those whose worker was lost, and say how many. Nobody knows how far it was,
        and it may be what they asked for that killed it, so it is not done again."""
        running = self.filter(status=self.model.Status.RUNNING)
        return running.untouched_since(untouched_since).update(
            **self._failed("Its worker was lost; ask for it again")
        )

    def _failed(self, error: str) -> dict[str, Any]:
        now = timezone.now()
        status = self.model.Status.FAILED
        return {"status": status, "error": error[:1000], "finished_at": now, "updated_at": now}

    def _move(self, pk: int, status_before: str, **fields: Any) -> bool:
        fields["updated_at"] = timezone.now()
        return self.filter(pk=pk, status=status_before).update(**fields) == 1


class Backtest(models.Model):
    """What somebody asked a detector to be tried on, and what it would have said.

    WAITING -> RUNNING -> DONE, and from the first two -> FAILED.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    asked_by = models.CharField(max_length=150, help_text="A person or a key, as named then")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)

    site = models.ForeignKey(Site, models.CASCADE, related_name="backtests")
    asset = models.ForeignKey(
        Asset,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="backtests",
        help_text="Where all of its sensors were asked for",
    )
    sensors = models.ManyToManyField(Sensor, related_name="backtests", blank=True)
    start = models.DateTimeField(verbose_name="from")
    end = models.DateTimeField(verbose_name="to", help_text="Excluded")
    detector = models.CharField(max_length=60, help_text="Name of the detector")
    parameters = models.JSONField(
        default=dict,
        blank=True,
        help_text="The others are as shipped; a list has several settings to compare",
    )
    warm_up = models.PositiveIntegerField(help_text="Readings before, gone through unjudged")
    train_start = models.DateTimeField(null=True, blank=True, verbose_name="fitted from")
    train_end = models.DateTimeField(null=True, blank=True, verbose_name="fitted to")
    version = models.ForeignKey(
        ModelVersion,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="backtests",
        help_text="Tried as it is, without a fit",
    )
    labels = models.JSONField(default=list, blank=True, help_text="What people said of the time")

    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    # Alarms, rates and judgement, see backtesting/results.py.
    result = models.JSONField(null=True, blank=True)
    # Beside it, so that lists need not load it.
    alarm_count = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BacktestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")), name="a_backtest_goes_forwards_in_time"
            ),
            models.CheckConstraint(
                condition=Q(train_start=None, train_end=None)
                | Q(train_start__lt=F("train_end"), train_end__lte=F("start")),
                name="a_backtest_learns_from_before_it_is_tried",
            ),
            models.CheckConstraint(
                condition=Q(train_start=None) | Q(version=None),
                name="a_backtest_fits_or_takes_a_version",
            ),
            models.CheckConstraint(
                condition=Q(status="done", result__isnull=False)
                | (~Q(status="done") & Q(result__isnull=True)),
                name="a_backtest_has_a_result_once_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                name="unfinished_backtests",
                condition=Q(status__in=("waiting", "running")),
            )
        ]

    def __str__(self) -> str:
        return f"back-test {self.pk}"
