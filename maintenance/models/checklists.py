"""What has to be looked at on an order, point by point."""

from __future__ import annotations

from django.db import models

from maintenance.models.work_orders import WorkOrder
from sensors.models import AssetType


class OnFail(models.TextChoices):
    NOTHING = "nothing", "Nothing more"
    CREATE_WORK_ORDER = "create_work_order", "Create a work order"


class ChecklistTemplate(models.Model):
    name = models.CharField(max_length=100, unique=True)
    asset_type = models.ForeignKey(
        AssetType,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="checklists",
        help_text="Empty for all types",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Point(models.Model):
    """One thing to look at."""

    position = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=300)
    is_mandatory = models.BooleanField(default=True)
    on_fail = models.CharField(max_length=20, choices=OnFail, default=OnFail.NOTHING)

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return self.words


class TemplatePoint(Point):
    template = models.ForeignKey(ChecklistTemplate, models.CASCADE, related_name="points")

    class Meta(Point.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["template", "position"], name="one_point_per_place_in_a_template"
            )
        ]


class ChecklistPoint(Point):
    """A point of an order's own list: the template may change, what was asked does not."""

    class Result(models.TextChoices):
        OPEN = "", "Not yet"
        OK = "ok", "In order"
        FAILED = "failed", "Not in order"
        NOT_APPLICABLE = "na", "Does not apply"

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="checklist")
    result = models.CharField(max_length=6, choices=Result, blank=True)
    note = models.CharField(max_length=500, blank=True)
    done_by = models.CharField(max_length=150, blank=True, editable=False)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    follow_up = models.OneToOneField(
        WorkOrder,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The order that was made because the point failed",
    )

    class Meta(Point.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "position"], name="one_point_per_place_on_an_order"
            )
        ]
