from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sensors.models import Sensor


class KeptForecastQuerySet(models.QuerySet["KeptForecast"]):
    def over(self, before: datetime) -> Self:
        """Forecasts not compared yet of which all has come true, or has not."""
        return self.filter(checked_at=None, ends_at__lte=before).order_by("ends_at", "pk")


class KeptForecast(models.Model):
    """The latest forecast of a sensor that was put aside, to be held against what comes.

    One at a time, so that those which are counted do not overlap.
    """

    sensor = models.OneToOneField(Sensor, models.CASCADE, related_name="kept_forecast")
    made_at = models.DateTimeField(default=timezone.now)
    method = models.CharField(
        max_length=40, blank=True, help_text="Empty where there was not enough data"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="The end of its horizon")
    interval = models.DurationField(default=timedelta(hours=1), help_text="Of a step")
    levels = ArrayField(models.FloatField(), default=list)
    point = ArrayField(models.FloatField(), default=list, help_text="One of each step")
    low = ArrayField(ArrayField(models.FloatField()), default=list, help_text="By level")
    high = ArrayField(ArrayField(models.FloatField()), default=list, help_text="By level")
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = KeptForecastQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="a_forecast_ends_after_it_starts"
            )
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], name="unchecked_forecasts", condition=Q(checked_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.method or 'no'} forecast of sensor {self.sensor_id}"


class ForecastCover(models.Model):
    """How many values came inside the bands of one level, as counted."""

    sensor = models.ForeignKey(
        Sensor, models.CASCADE, related_name="forecast_covers", db_index=False
    )
    method = models.CharField(max_length=40)
    level = models.FloatField(help_text="What the band promises to hold")
    inside = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    forecasts = models.PositiveIntegerField(default=0)
    aim = models.FloatField(help_text="The level aimed at, so that the promise is kept")

    class Meta:
        ordering = ["method", "level"]
        constraints = [
            models.UniqueConstraint(
                fields=["sensor", "method", "level"], name="one_cover_per_sensor_method_and_level"
            ),
            models.CheckConstraint(
                condition=Q(inside__lte=F("total")), name="no_more_came_inside_than_came"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} at {self.level}: {self.inside} of {self.total}"
