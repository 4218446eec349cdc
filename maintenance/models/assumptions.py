"""What people assume a failure costs: what saved costs are computed from."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from sensors.access import Principal, Right
from sensors.models import AssetType, Site

AT_LEAST_0 = [MinValueValidator(0)]


class CostAssumptionQuerySet(models.QuerySet["CostAssumption"]):
    def visible_to(self, principal: Principal) -> Self:
        sites = principal.sites(Right.READ)
        return self.all() if sites is None else self.filter(site__in=sites)


class CostAssumption(models.Model):
    """What a failure of an asset of a type, or of any, would have cost at a site."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="cost_assumptions")
    asset_type = models.ForeignKey(
        AssetType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="cost_assumptions",
        help_text="Empty for all types that have none of their own",
    )
    cost_per_hour = models.DecimalField(
        "cost of an hour",
        max_digits=12,
        decimal_places=2,
        validators=AT_LEAST_0,
        help_text="Of unplanned downtime",
    )
    hours = models.DecimalField(
        "hours of a failure",
        max_digits=7,
        decimal_places=2,
        validators=AT_LEAST_0,
        help_text="For which the asset would have stood",
    )
    share_failing = models.DecimalField(
        "share that fails",
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.5"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Of confirmed anomalies that would have become failures, 0 to 1",
    )
    note = models.CharField(max_length=500, blank=True, help_text="Where the numbers are from")
    changed_by = models.CharField(max_length=150, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = CostAssumptionQuerySet.as_manager()

    class Meta:
        ordering = ["site", "asset_type"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "asset_type"],
                nulls_distinct=False,
                name="one_cost_assumption_per_site_and_type",
                violation_error_message="The site has one for this type of asset.",
                violation_error_code="assumption_exists",
            ),
            models.CheckConstraint(
                condition=Q(share_failing__gte=0, share_failing__lte=1),
                name="no_more_fail_than_there_are",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site}, {self.asset_type or 'all types'}"

    def in_words(self, currency: str) -> str:
        """As it is printed with each figure that rests on it."""
        return (
            f"{self}: an hour of unplanned downtime costs {self.cost_per_hour:.2f} {currency}, "
            f"a failure takes {_short(self.hours)} h, and {_short(100 * self.share_failing)} % "
            "of confirmed anomalies would have become one."
        )


def _short(number: Decimal) -> str:
    """Without zeros at its end."""
    return f"{number.normalize():f}"
