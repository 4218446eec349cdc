"""Runs to failure: what is learnt from about how long an asset lasts (ISO 14224)."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q, Value
from django.utils import timezone

from sensors.access import Principal, Right
from sensors.models import Asset


class LivesOverlapError(Exception):
    """Another life of the asset is kept for a part of the same time."""


class LifeQuerySet(models.QuerySet["Life"]):
    def failed(self) -> Self:
        """Those that ran until the asset failed: the others only outlasted something."""
        return self.filter(ending=self.model.Ending.FAILED)

    def running(self) -> Self:
        return self.filter(ended_at=None)

    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(asset__site__in=sites)


OVERLAP = "lives_of_an_asset_do_not_overlap"
# An exclusion needs an operator class of GiST for each part. Ranges have one of their own;
# for the bare id it would take an extension, so the id stands as a range of one.
ONE_ASSET = Func(
    F("asset"), F("asset"), Value("[]"), function="int8range", output_field=BigIntegerRangeField()
)
WHILE = Func(
    F("started_at"),
    F("ended_at"),
    RangeBoundary(),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


class Life(models.Model):
    """One run of an asset, from new or as good as new until it failed or was renewed.

    It runs while `ended_at` is empty. One that was ended before the asset failed is
    censored: it tells that the asset lasted so long, not how long it would have.
    """

    class Ending(models.TextChoices):
        FAILED = "failed", "Failed"
        REPLACED = "replaced", "Replaced or overhauled before it failed"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="lives")
    started_at = models.DateTimeField(help_text="Installed or overhauled: as good as new")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Empty while it runs")
    ending = models.CharField(
        "how it ended", max_length=8, choices=Ending, blank=True, help_text="Empty while it runs"
    )
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.CharField(max_length=150, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = LifeQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "lives"
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("started_at")),
                name="a_life_ends_after_it_started",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (~Q(ended_at=None) & ~Q(ending="")),
                name="a_life_says_how_it_ended",
            ),
            ExclusionConstraint(
                name=OVERLAP,
                expressions=[
                    (ONE_ASSET, RangeOperators.OVERLAPS),
                    (WHILE, RangeOperators.OVERLAPS),
                ],
                violation_error_code="lives_overlap",
                violation_error_message="Another life of the asset overlaps this one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset.tag} from {self.started_at:%Y-%m-%d}"

    def clean(self) -> None:
        """Faults by field, so that people are told of all of them and of none twice."""
        faults: dict[str, Any] = {}
        now = timezone.now()
        if self.started_at and self.started_at > now:
            faults["started_at"] = ValidationError("It has not begun yet.", code="in_the_future")
        if self.ended_at and self.ended_at > now:
            faults["ended_at"] = ValidationError("It has not ended yet.", code="in_the_future")
        elif self.ended_at and self.started_at and self.ended_at <= self.started_at:
            faults["ended_at"] = ValidationError("It ends before it starts.", code="before_start")
        if bool(self.ending) != bool(self.ended_at):
            words = "Say how it ended." if self.ended_at else "It has not ended."
            faults["ending"] = ValidationError(words, code="ending_does_not_fit")
        if faults:
            raise ValidationError(faults)

    def record(self, *, by: str) -> None:
        """Check and keep a life, new or changed, in the name of somebody.

        Raises ValidationError for what cannot be so by itself, and LivesOverlapError. The
        database decides about the overlap: two may be put down at the same time.
        """
        self.recorded_by = by[:150]
        self.full_clean(validate_constraints=False)
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError as exc:
            if OVERLAP in str(exc):
                raise LivesOverlapError from exc
            raise
