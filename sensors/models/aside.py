"""What was accepted but not stored: kept until a person, or a replay, settles it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from sensors.access import Principal, Right
from sensors.models.batches import ReadingBatch
from sensors.models.curations import Curation
from sensors.models.plant import Site
from sensors.models.readings import Reading
from sensors.models.sensors import Sensor


class QuarantinedReadingQuerySet(models.QuerySet["QuarantinedReading"]):
    def visible_to(self, principal: Principal, right: Right = Right.READ) -> Self:
        """Rows of the sites at which the principal has `right`."""
        return self.at(principal.sites(right))

    def at(self, sites: list[int] | None) -> Self:
        """Rows of the sites; None means all."""
        return self.all() if sites is None else self.filter(site__in=sites)

    def waiting(self) -> Self:
        """Rows about which nothing has been settled."""
        return self.filter(state=self.model.State.WAITING)

    def matching(self, chosen: Mapping[str, Any]) -> Self:
        """Rows chosen in the words of LOOKUPS; no words choose all."""
        return self.filter(**{self.model.LOOKUPS[word]: v for word, v in chosen.items()})

    def of(self, curation: Curation) -> Self:
        """What the curation has still to look at."""
        ahead = Q(pk__gt=curation.done_id, pk__lte=curation.last_id)
        return self.waiting().at(curation.sites).matching(curation.chosen).filter(ahead)

    def settle(
        self,
        pks: Sequence[int],
        state: str,
        curation: Curation,
        *,
        reason: str | None = None,
        attempts: int = 0,
    ) -> None:
        """Note on rows what the curation made of them. A row may still wait afterwards."""
        waits = state == self.model.State.WAITING
        self.filter(pk__in=pks).update(
            state=state,
            settled_at=None if waits else timezone.now(),
            curation=curation,
            attempts=F("attempts") + attempts,
            **({"reason": reason} if reason else {}),
        )

    def summary(self) -> models.QuerySet[QuarantinedReading, dict[str, Any]]:
        """By site, reason and sensor code: how many, first and last. The most come first."""
        grouped = self.order_by().values("site", "reason", "sensor_code")
        counted = grouped.annotate(
            count=Count("*"), first_at=Min("quarantined_at"), last_at=Max("quarantined_at")
        )
        return counted.order_by("-count", "site", "reason", "sensor_code")


class QuarantinedReading(models.Model):
    """A reading that could not be stored, with the reason, as it came in. It is never
    deleted: it waits until it is replayed or discarded, and keeps what became of it."""

    class Reason(models.TextChoices):
        UNKNOWN_SENSOR = "unknown_sensor"
        RETIRED_SENSOR = "retired_sensor"
        UNIT_MISMATCH = "unit_mismatch"
        IMPOSSIBLE_TIME = "impossible_time"

    class State(models.TextChoices):
        WAITING = "waiting"
        STORED = "stored"
        DUPLICATE = "duplicate"
        CONFLICT = "conflict"
        DISCARDED = "discarded"

    # By what a curation may choose rows: none of it ever changes, but for the reason.
    LOOKUPS = {
        "ids": "pk__in",
        "reason": "reason",
        "sensor": "sensor_code",
        "sensor_prefix": "sensor_code__startswith",
        "site": "site__code",
        "site_id": "site",
        "batch": "batch",
        "curation": "curation",
        "since": "quarantined_at__gte",
        "until": "quarantined_at__lt",
    }

    batch = models.ForeignKey(ReadingBatch, models.PROTECT, related_name="quarantine")
    # The batch's; here too, so that lists need not look at the batches.
    site = models.ForeignKey(Site, models.PROTECT, related_name="quarantine", db_index=False)
    sensor_code = models.CharField(max_length=100, db_index=True)
    reason = models.CharField(max_length=15, choices=Reason)
    reading = models.JSONField()
    quarantined_at = models.DateTimeField(default=timezone.now, editable=False)

    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, help_text="How often it was replayed")
    curation = models.ForeignKey(
        Curation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rows",
        db_index=False,
        help_text="What settled it, or tried last",
    )

    objects = QuarantinedReadingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quarantined_reading_waits_or_is_settled",
                condition=Q(state="waiting", settled_at=None)
                | (~Q(state="waiting") & Q(settled_at__isnull=False, curation__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["site", "id"], name="quarantine_of_site"),
            models.Index(
                fields=["curation"],
                name="quarantine_of_curation",
                condition=Q(curation__isnull=False),
            ),
            # The work that is left, for curations and counts: settled rows stay out.
            models.Index(fields=["id"], name="waiting_quarantine", condition=Q(state="waiting")),
            models.Index(
                fields=["site", "reason", "sensor_code"],
                include=["quarantined_at"],
                name="waiting_by_reason",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sensor_code}: {self.reason}"


class ReadingConflictQuerySet(models.QuerySet["ReadingConflict"]):
    def visible_to(self, principal: Principal, right: Right = Right.READ) -> Self:
        """Rows of the sites at which the principal has `right`."""
        sites = principal.sites(right)
        return self.all() if sites is None else self.filter(site__in=sites)

    def open(self) -> Self:
        """Conflicts that nobody has resolved."""
        return self.filter(resolution="")

    def resolved(self) -> Self:
        return self.exclude(resolution="")


class ReadingConflict(models.Model):
    """A second value for a moment that has one already. The first was kept, until a
    person says otherwise, see resolving.py."""

    class Resolution(models.TextChoices):
        KEEP_STORED = "keep_stored"
        TAKE_OFFERED = "take_offered"

    batch = models.ForeignKey(ReadingBatch, models.PROTECT, related_name="conflict_set")
    site = models.ForeignKey(Site, models.PROTECT, related_name="conflicts", db_index=False)
    sensor = models.ForeignKey(Sensor, models.PROTECT, related_name="conflicts", db_index=False)
    taken_at = models.DateTimeField()
    stored_value = models.FloatField(help_text="When the other value came")
    offered_value = models.FloatField()
    offered_quality = models.PositiveSmallIntegerField(
        choices=Reading.Quality, default=Reading.Quality.GOOD
    )
    found_at = models.DateTimeField(default=timezone.now, editable=False)

    resolution = models.CharField(max_length=12, choices=Resolution, blank=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    replaced_value = models.FloatField(
        null=True, blank=True, help_text="What stood there when the offered value was taken"
    )

    objects = ReadingConflictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="conflict_is_open_or_says_who_resolved_it",
                condition=Q(resolution="", resolved_by="", resolved_at=None)
                | (~Q(resolution="") & ~Q(resolved_by="") & Q(resolved_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="taken_value_keeps_the_one_it_replaced",
                condition=Q(replaced_value__isnull=False) | ~Q(resolution="take_offered"),
            ),
        ]
        indexes = [
            models.Index(fields=["site", "id"], name="conflicts_of_site"),
            models.Index(fields=["sensor", "taken_at"], name="conflicts_of_moment"),
            models.Index(fields=["id"], name="open_conflicts", condition=Q(resolution="")),
        ]

    def __str__(self) -> str:
        return (
            f"{self.sensor} at {self.taken_at:%Y-%m-%d %H:%M:%S}: "
            f"{self.stored_value:g} or {self.offered_value:g}"
        )
