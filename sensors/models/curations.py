from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sensors.access import Principal, Right


class CurationQuerySet(models.QuerySet["Curation"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None, failed_at=None)

    def stalled(self) -> Self:
        """Curations that should have moved on by now: a message or a worker was lost."""
        return self.unfinished().filter(updated_at__lt=timezone.now() - settings.STALLED_AFTER)

    def visible_to(self, principal: Principal) -> Self:
        """Those that reach no further than the principal sees."""
        return self.within(principal.sites(Right.READ))

    def within(self, sites: list[int] | None) -> Self:
        """Curations of rows at the sites only; None means all sites."""
        return self.all() if sites is None else self.filter(sites__contained_by=sites)

    def close_failed(self, pk: int, *, error: str) -> bool:
        """Note that a curation gave up. False if it had ended before."""
        now = timezone.now()
        failed = self.unfinished().filter(pk=pk)
        return failed.update(failed_at=now, updated_at=now, error=error[:1000]) == 1

    def reopen(self, pk: int) -> bool:
        """Let a failed curation go on from where it stood."""
        failed = self.exclude(failed_at=None).filter(pk=pk)
        return failed.update(failed_at=None, error="", updated_at=timezone.now()) == 1


class Curation(models.Model):
    """What a person had done with rows of the quarantine: who, when, with which, and what
    became of them. Worked off in chunks along the rows' ids, see curating.py."""

    class Action(models.TextChoices):
        REPLAY = "replay"
        DISCARD = "discard"

    action = models.CharField(max_length=7, choices=Action)
    asked_by = models.CharField(max_length=150, help_text="A person or a key, as named then")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    note = models.CharField(max_length=500, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)

    chosen = models.JSONField(help_text="Which rows, in the words of QuarantinedReading.LOOKUPS")
    # A list of ids, or null for all: frozen when asked, since no person is there later.
    sites = models.JSONField(null=True, blank=True)
    # What is put aside later, or again, is not taken: so it comes to an end.
    last_id = models.BigIntegerField(editable=False)
    done_id = models.BigIntegerField(default=0, editable=False)

    matched = models.PositiveIntegerField(help_text="Waiting rows when it was asked for")
    stored = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    still_quarantined = models.PositiveIntegerField(default=0)
    discarded = models.PositiveIntegerField(default=0)

    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    objects = CurationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["updated_at"],
                name="unfinished_curations",
                condition=Q(finished_at=None, failed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    TALLIES = ("stored", "duplicates", "conflicts", "still_quarantined", "discarded")

    @property
    def done(self) -> int:
        """How many rows it has worked off."""
        return sum(getattr(self, name) for name in self.TALLIES)

    @property
    def state(self) -> str:
        if self.failed_at:
            return "failed"
        return "finished" if self.finished_at else "running"

    def record(self, tally: dict[str, int], *, done_id: int) -> None:
        """Note a chunk, in the transaction of its work."""
        for name, count in tally.items():
            setattr(self, name, getattr(self, name) + count)
        self.done_id = done_id
        self.save(update_fields=[*tally, "done_id", "updated_at"])

    def finish(self, at: datetime) -> None:
        self.finished_at = at
        self.save(update_fields=["finished_at", "updated_at"])
