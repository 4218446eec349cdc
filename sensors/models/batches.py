"""What came in, as it came in, and what became of it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from sensors.access import Principal, Right
from sensors.models.access import ApiKey
from sensors.models.plant import Site


class ReadingBatchQuerySet(models.QuerySet["ReadingBatch"]):
    def waiting(self) -> Self:
        """Batches that no run has claimed yet."""
        return self.filter(status=self.model.Status.WAITING)

    def light(self) -> Self:
        """Without what may be large: neither what was sent nor what was wrong with it."""
        return self.defer("payload", "rejections")

    def located(self) -> Self:
        """Only with what leads to their readings: runs carry thousands of them."""
        return self.only("received_at", "correlation_id", "spans")

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)

    def claim(self, *, readings: int) -> list[ReadingBatch]:
        """Take waiting batches of one mode, oldest first, up to so many readings.

        And up to so many bytes, for a reading with a waveform may have a megabyte. Live
        batches go before backfill. What another worker is taking is passed over. Needs a
        transaction; the batches come light.
        """
        octets = Func(F("payload"), function="octet_length", output_field=models.IntegerField())
        free = self.waiting().light().annotate(octets=octets)
        free = free.select_for_update(skip_locked=True)
        for mode in (self.model.Mode.LIVE, self.model.Mode.BACKFILL):
            taken: list[ReadingBatch] = []
            total = size = 0
            for batch in free.filter(mode=mode).order_by("pk")[:MOST_BATCHES]:
                total += batch.accepted
                size += batch.octets or 0  # type: ignore[attr-defined]
                if taken and (total > readings or size > MOST_BYTES):
                    break
                taken.append(batch)
            if taken:
                self.filter(pk__in=[b.pk for b in taken]).update(status=self.model.Status.CLAIMED)
                return taken
        return []


# Batches in one claim: their ids and request ids travel with the run.
MOST_BATCHES = 2_000
# Of payloads in one claim: what a worker has at hand is some four times as much.
MOST_BYTES = 32 * 1024 * 1024


class ReadingBatch(models.Model):
    """One upload: its payload until the readings are stored, its receipt for good."""

    class Mode(models.TextChoices):
        LIVE = "live"
        # Stored and used for training, never the cause of an alarm.
        BACKFILL = "backfill"

    class Status(models.TextChoices):
        WAITING = "waiting"
        CLAIMED = "claimed"
        STORED = "stored"

    # Each index is written three times for each post, so these two have none: the unique
    # one below begins with the site, and nobody asks for the batches of a key.
    site = models.ForeignKey(Site, models.PROTECT, related_name="batches", db_index=False)
    api_key = models.ForeignKey(
        ApiKey, models.SET_NULL, null=True, blank=True, related_name="batches", db_index=False
    )
    source = models.CharField(max_length=100, help_text="Who sent it; scope of its key")
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    correlation_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.LIVE)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    may_register = models.BooleanField(default=False)

    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the upload")
    payload = models.BinaryField(null=True, editable=False)
    accepted = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField(default=0)
    rejections = models.JSONField(default=list, blank=True)
    stored = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)

    # Where the stored readings are, see spans.py: [sensor's id, first, last], each.
    spans = models.JSONField(default=list, blank=True, editable=False)

    objects = ReadingBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "reading batches"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "source", "idempotency_key"],
                name="one_batch_per_idempotency_key",
            ),
            models.CheckConstraint(
                name="receipt_adds_up_once_stored",
                condition=~Q(status="stored")
                | Q(
                    accepted=F("stored") + F("duplicates") + F("conflicts") + F("quarantined"),
                    payload=None,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["correlation_id"], name="batches_of_a_request"),
            # For claims and for the backlog. Stored batches, nearly all rows, stay out.
            models.Index(
                fields=["status", "mode", "id"],
                name="unstored_batches",
                condition=~Q(status="stored"),
            ),
            models.Index(
                fields=["-id"], name="batches_with_rejections", condition=Q(rejected__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}"

    @property
    def sensor_ids(self) -> set[int]:
        """Of which sensors it stored readings."""
        return {sensor_id for sensor_id, _, _ in self.spans}
