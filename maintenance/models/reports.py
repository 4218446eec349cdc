"""Reports that were asked for, and the files that were made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sensors.access import Principal, Right
from sensors.models import Asset, Site


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)

    def unfinished(self) -> Self:
        Status = self.model.Status
        return self.filter(status__in=(Status.WAITING, Status.RUNNING))

    def untouched_since(self, moment: datetime) -> Self:
        return self.filter(updated_at__lt=moment)

    def claim(self, pk: int) -> bool:
        """Take one that waits. False if another worker has it, or had."""
        Status = self.model.Status
        now = timezone.now()
        return self._move(pk, Status.WAITING, status=Status.RUNNING, started_at=now)

    def progress(self, pk: int, percent: int) -> bool:
        """Note how far one that runs has come. False if it is not to run any more."""
        return self._move(pk, self.model.Status.RUNNING, percent=percent)

    def finish(self, pk: int, digest: str) -> bool:
        """Close one that runs. False if it is not to run any more."""
        Status, now = self.model.Status, timezone.now()
        done = {"status": Status.DONE, "percent": 100, "digest": digest, "finished_at": now}
        return self._move(pk, Status.RUNNING, **done)

    def close_failed(self, pk: int, error: str) -> bool:
        """Note that it gave up. False if it had ended before."""
        return self.unfinished().filter(pk=pk).update(**self._failed(error)) == 1

    def reopen(self, pk: int) -> bool:
        """Let one that failed wait again."""
        again = {"error": "", "percent": 0, "finished_at": None, "started_at": None}
        Status = self.model.Status
        return self._move(pk, Status.FAILED, status=Status.WAITING, **again)

    def give_up(self, *, untouched_since: datetime) -> int:
        """Close those whose worker was lost, and say how many."""
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


class Report(models.Model):
    """A report on a site, or on one of its assets with its parts.

    WAITING -> RUNNING -> DONE, and from the first two -> FAILED, which may wait again.
    """

    class Kind(models.TextChoices):
        ANOMALY_SUMMARY = "anomaly_summary"
        MAINTENANCE_OVERVIEW = "maintenance_overview"
        SYSTEM_HEALTH = "system_health"
        ASSET_HISTORY = "asset_history"

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=20, choices=Kind)
    site = models.ForeignKey(Site, models.CASCADE, related_name="reports")
    asset = models.ForeignKey(
        Asset,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reports",
        help_text="With its parts; empty for the whole site",
    )
    start = models.DateTimeField(verbose_name="from")
    end = models.DateTimeField(verbose_name="to", help_text="Excluded")
    as_of = models.DateTimeField(help_text="What happened later is left out")

    asked_by = models.CharField(max_length=150, help_text="A person or a key; empty: by schedule")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what it says")
    started_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "site", "asset", "start", "end", "as_of"],
                nulls_distinct=False,
                name="one_report_per_request",
            ),
            models.CheckConstraint(
                condition=Q(end__gt=F("start")), name="a_report_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~Q(kind="asset_history") | Q(asset__isnull=False),
                name="a_history_is_of_an_asset",
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                name="unfinished_reports",
                condition=Q(status__in=["waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class ReportFile(models.Model):
    """One form of a report, kept by Django's storage."""

    class Form(models.TextChoices):
        HTML = "html", "HTML"
        PDF = "pdf", "PDF"
        CSV = "csv", "CSV"
        JSON = "json", "JSON"

    report = models.ForeignKey(Report, models.CASCADE, related_name="files")
    form = models.CharField(max_length=4, choices=Form)
    file = models.FileField(upload_to="reports/%Y/%m", max_length=200)
    size = models.PositiveIntegerField(help_text="Bytes")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "form"], name="one_file_per_form")
        ]

    def __str__(self) -> str:
        return f"{self.report} as {self.get_form_display()}"
