from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import DateTimeField, DurationField, F, Func, Max, Min, Value
from timescale.db.models.fields import TimescaleDateTimeField

from sensors.models.batches import ReadingBatch
from sensors.models.sensors import Sensor


class ReadingQuerySet(models.QuerySet["Reading"]):
    def between(self, start: datetime, end: datetime) -> Self:
        """Readings in the half-open interval [start, end)."""
        return self.filter(taken_at__gte=start, taken_at__lt=end)

    def believable(self) -> Self:
        """Readings that are not known to be wrong. Doubtful ones are among them."""
        return self.filter(quality__lt=self.model.Quality.BAD)

    def newest(self, most: int) -> list[tuple[datetime, float]]:
        """The last `most` moments and values, in order of time. Asked for one sensor."""
        newest = self.order_by("-taken_at").values_list("taken_at", "value")[:most]
        return list(newest)[::-1]

    def outline(
        self, start: datetime, end: datetime, *, steps: int
    ) -> list[tuple[datetime, float]]:
        """The course from `start` to `end`, in at most so many steps, by lowest and highest.

        However many readings there are, it stays as large as a picture needs. Asked for
        one sensor; a step with equal values gives one point, any other two.
        """
        width = max((end - start) / steps, timedelta(microseconds=1))
        bin_of = Func(
            Value(width, DurationField()),
            F("taken_at"),
            Value(start, DateTimeField()),
            function="date_bin",
            output_field=DateTimeField(),
        )
        binned = self.between(start, end).annotate(bin=bin_of).values("bin").order_by("bin")
        bins = binned.values_list(Min("taken_at"), Min("value"), Max("value"))
        # A set: a step with one value has it as its lowest and as its highest.
        return [(at, value) for at, *ends in bins for value in sorted(set(ends))]


class Reading(models.Model):
    """One value of one sensor at one moment. It is stored once and never changed,
    but for its quality, which the validate agent may lower."""

    class Quality(models.IntegerChoices):
        """As in OPC UA: may the value be believed?"""

        GOOD = 0
        UNCERTAIN = 1
        BAD = 2

    class Flag(models.IntegerChoices):
        """Why the quality was lowered, or what to know beside it. Bits, added up."""

        OUT_OF_RANGE = 1
        STUCK = 2
        JUMP = 4
        AFTER_GAP = 8
        FUTURE = 16

    pk = models.CompositePrimaryKey("sensor_id", "taken_at")
    sensor = models.ForeignKey(Sensor, models.PROTECT, related_name="readings", db_index=False)
    taken_at = TimescaleDateTimeField(interval="1 day")
    value = models.FloatField()
    quality = models.PositiveSmallIntegerField(choices=Quality, default=Quality.GOOD)
    flags = models.PositiveSmallIntegerField(default=0)
    # No index and no constraint: the way back is the batch's spans and the primary key.
    batch = models.ForeignKey(
        ReadingBatch,
        models.DO_NOTHING,
        related_name="readings",
        db_index=False,
        db_constraint=False,
    )

    objects = ReadingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.sensor_id} @ {self.taken_at:%Y-%m-%d %H:%M:%S}"
