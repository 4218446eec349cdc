"""What carrying out an order took: hours, parts, standstill, and what was said and shown."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from maintenance.models.lives import ONE_ASSET, WHILE
from maintenance.models.people import Technician
from maintenance.models.work_orders import WorkOrder
from sensors.models import Asset

AT_LEAST_0 = [MinValueValidator(0)]
LABOUR_OVERLAP = "labour_of_one_person_does_not_overlap"
DOWNTIME_OVERLAP = "downtime_of_an_asset_does_not_overlap"
# A technician is told by the id; who is none, by a number below 0 made of the name, for an
# exclusion over text would take an extension (see models/lives.py).
NUMBER_OF_NAME = Func(
    F("person"),
    template="(-1 - (hashtextextended(lower(%(expressions)s), 0) & 4611686018427387903))",
    output_field=models.BigIntegerField(),
)
WHO = Coalesce(F("technician"), NUMBER_OF_NAME)
ONE_PERSON = Func(WHO, WHO, Value("[]"), function="int8range", output_field=BigIntegerRangeField())


def in_cents(amount: Decimal) -> Decimal:
    """Rounded as on an invoice: half a cent is a cent.

    >>> in_cents(Decimal("16.665"))
    Decimal('16.67')
    """
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


class Labour(models.Model):
    """Time that one person worked on an order."""

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="labour")
    technician = models.ForeignKey(
        Technician, models.PROTECT, null=True, blank=True, related_name="labour"
    )
    person = models.CharField(max_length=100, help_text="Name, also of who is no technician here")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    hourly_rate = models.DecimalField(
        max_digits=8, decimal_places=2, default=Decimal(0), validators=AT_LEAST_0
    )
    booked_by = models.CharField(max_length=150, editable=False)
    booked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "labour"
        ordering = ["started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")), name="labour_ends_after_it_started"
            ),
            ExclusionConstraint(
                name=LABOUR_OVERLAP,
                expressions=[
                    (ONE_PERSON, RangeOperators.OVERLAPS),
                    (WHILE, RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.hours:.1f} h"

    @property
    def hours(self) -> float:
        return (self.ended_at - self.started_at).total_seconds() / 3_600

    @property
    def cost(self) -> Decimal:
        seconds = (self.ended_at - self.started_at) // timedelta(seconds=1)
        return in_cents(seconds * self.hourly_rate / 3_600)


class PartUsed(models.Model):
    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="parts")
    name = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True, help_text="The plant's or the maker's")
    quantity = models.DecimalField(
        max_digits=10, decimal_places=3, default=Decimal(1), validators=[MinValueValidator(0)]
    )
    unit_cost = models.DecimalField(
        max_digits=10, decimal_places=2, default=Decimal(0), validators=AT_LEAST_0
    )
    booked_by = models.CharField(max_length=150, editable=False)
    booked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "parts used"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="some_of_a_part_is_used")
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} × {self.name}"

    @property
    def cost(self) -> Decimal:
        return in_cents(self.quantity * self.unit_cost)


class Downtime(models.Model):
    """A time in which an asset could not do what it is there for (ISO 14224)."""

    class Reason(models.TextChoices):
        FAILURE = "failure", "It failed"
        REPAIR = "repair", "It was repaired"
        PREVENTIVE = "preventive", "Preventive work"
        INSPECTION = "inspection", "It was inspected"
        WAITING = "waiting", "Waiting for parts or people"
        PROCESS = "process", "The process did not need it"
        OTHER = "other", "Other"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="downtime")
    work_order = models.ForeignKey(
        WorkOrder, models.SET_NULL, null=True, blank=True, related_name="downtime"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Empty while it lasts")
    reason = models.CharField(max_length=10, choices=Reason)
    is_planned = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.CharField(max_length=150, editable=False)

    class Meta:
        verbose_name_plural = "downtime"
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("started_at")),
                name="downtime_ends_after_it_started",
            ),
            ExclusionConstraint(
                name=DOWNTIME_OVERLAP,
                expressions=[
                    (ONE_ASSET, RangeOperators.OVERLAPS),
                    (WHILE, RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset.tag} down from {self.started_at:%Y-%m-%d %H:%M}"


class Comment(models.Model):
    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="comments")
    words = models.TextField(max_length=4_000)
    author = models.CharField(max_length=150, editable=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.author}: {self.words[:50]}"


class Attachment(models.Model):
    """A picture or document of an order, kept by Django's storage."""

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="work_orders/%Y/%m", max_length=200)
    name = models.CharField(max_length=150)
    content_type = models.CharField(max_length=100, editable=False)
    size = models.PositiveIntegerField(editable=False, help_text="Bytes")
    added_by = models.CharField(max_length=150, editable=False)
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
