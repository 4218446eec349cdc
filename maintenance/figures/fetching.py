"""The rows that figures are made of: a fixed number of queries, however many rows there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from maintenance.figures.capacity import Capacity, capacity_of
from maintenance.figures.facts import Alarm, Assumption, Order, Part, Standstill, Waiting, Work
from maintenance.figures.question import MOST_ROWS, FiguresError, Question
from maintenance.figures.spans import HOUR
from maintenance.figures.tree import Place, Tree
from maintenance.figures.verdicts import AS_FAR_AS
from maintenance.models import (
    Anomaly,
    CostAssumption,
    Downtime,
    Labour,
    Life,
    PartUsed,
    WorkOrder,
    WorkOrderTransition,
)
from sensors.models import Asset, Sensor

CANCELLED = WorkOrder.State.CANCELLED


@dataclass(frozen=True)
class Fetched:
    """What there is to say about a question. Each kind of rows is asked for once."""

    question: Question

    @cached_property
    def tree(self) -> Tree:
        assets = Asset.objects.filter(site__in=self.question.sites).order_by("pk")
        with_sensors = Exists(Sensor.objects.filter(asset=OuterRef("pk")))
        rows = assets.values_list("pk", "site", "tag", "type", "parent", with_sensors)
        places = [
            Place(pk, site, tag, kind, parent, has_sensors, tag != Asset.UNASSIGNED)
            for pk, site, tag, kind, parent, has_sensors in bounded(rows)
        ]
        return Tree(places, self.question.asset)

    def of_assets(self, field: str = "asset", *, with_those_above: bool = False) -> Q:
        """Rows of the assets that were asked about."""
        if self.question.asset is None:
            return Q(**{f"{field}__site__in": self.question.sites})
        tree = self.tree
        return Q(**{f"{field}__in": tree.standing if with_those_above else tree.asked})

    @cached_property
    def standstills(self) -> list[Standstill]:
        """Of the interval and after, until the moment of asking: an asset that failed later
        was not saved."""
        asked = self.question
        rows = Downtime.objects.filter(
            self.of_assets(with_those_above=True),
            Q(ended_at=None) | Q(ended_at__gt=asked.start - AS_FAR_AS),
            started_at__lt=asked.as_of,
        ).order_by("started_at", "pk")
        fields = ("pk", "asset", "started_at", "ended_at", "reason", "is_planned")
        return [
            Standstill(pk, asset, since, self.by_then(until), reason, planned)
            for pk, asset, since, until, reason, planned in bounded(rows.values_list(*fields))
        ]

    @cached_property
    def failed_lives(self) -> list[tuple[int, int, datetime]]:
        asked = self.question
        rows = Life.objects.failed().filter(
            self.of_assets(), ended_at__gte=asked.start - AS_FAR_AS, ended_at__lt=asked.as_of
        )
        return bounded(rows.order_by("ended_at", "pk").values_list("pk", "asset", "ended_at"))

    @cached_property
    def alarms(self) -> list[Alarm]:
        """Anomalies noticed in the interval or shortly before, and older ones that lasted."""
        asked = self.question
        lasted = Q(ended_at=None) | Q(ended_at__gte=asked.start)
        rows = Anomaly.objects.filter(
            self.of_assets(),
            Q(detected_at__gte=asked.start - AS_FAR_AS) | lasted,
            detected_at__lt=asked.within[1],
        ).order_by("detected_at", "pk")
        return [self._alarm(row) for row in bounded(rows.values(*ALARM_FIELDS))]

    def _alarm(self, row: dict[str, Any]) -> Alarm:
        judged_at = row["verdict_at"]
        return Alarm(
            pk=row["pk"],
            asset=row["asset"],
            site=row["asset__site"],
            sensor=row["sensor__code"],
            kind=row["kind"],
            detector=row["detector"],
            detected_at=row["detected_at"],
            started_at=row["started_at"],
            ended_at=self.by_then(row["ended_at"]),
            acknowledged_at=self.by_then(row["acknowledged_at"]),
            ordered_at=self.by_then(row["work_order__opened_at"]),
            work_started_at=self.by_then(row["work_order__started_at"]),
            work_completed_at=self.by_then(row["work_order__completed_at"]),
            order=row["work_order"],
            verdict=row["verdict"] if judged_at is None or self.by_then(judged_at) else "",
            # What was told once and kept quiet later was an alarm all the same.
            suppressed=self.by_then(row["suppressed_at"]) is not None
            and row["announced_severity"] is None,
            merged=row["merged_into"] is not None,
        )

    def by_then(self, moment: datetime | None) -> datetime | None:
        """A moment, unless it had not come when it was asked."""
        return moment if moment is not None and moment < self.question.as_of else None

    @cached_property
    def orders(self) -> list[Order]:
        """Orders that were due, were to be done, or were completed in the interval."""
        span = self._span()
        rows = WorkOrder.objects.filter(
            self.of_assets(),
            Q(origin=WorkOrder.Origin.PREVENTIVE, due_at__range=span)
            | Q(scheduled_end__range=span)
            | Q(completed_at__range=span),
            opened_at__lt=self.question.as_of,
        ).order_by("pk")
        fields = ("pk", "asset", "origin", "due_at", "scheduled_end", "completed_at")
        found = bounded(rows.values_list(*fields, "state", "found_fault"))
        return [
            Order(pk, asset, origin, due, slot, self.by_then(done), state == CANCELLED, fault)
            for pk, asset, origin, due, slot, done, state, fault in found
        ]

    def _span(self) -> tuple[datetime, datetime]:
        """For lookups that take both ends; what falls on the end is left out later."""
        return self.question.start, self.question.end

    @cached_property
    def waiting(self) -> list[Waiting]:
        """Orders that were open at the end of the interval, or now if that has not come."""
        now = self.question.within[1]
        moved_since = WorkOrderTransition.objects.filter(
            work_order=OuterRef("pk"), moved_at__gte=now
        ).order_by("pk")
        rows = WorkOrder.objects.filter(self.of_assets(), opened_at__lt=now).filter(
            Q(state__in=WorkOrder.OPEN_STATES) | Exists(moved_since)
        )
        # What the first move since then led away from is what it was then.
        then = rows.annotate(then=moved_since.values("from_state")[:1]).order_by("pk")
        fields = ("pk", "opened_at", "then", "state", "planned_duration")
        found = (
            Waiting(pk, opened, before or state, planned / HOUR)
            for pk, opened, before, state, planned in bounded(then.values_list(*fields))
        )
        return [order for order in found if order.state in WorkOrder.OPEN_STATES]

    @cached_property
    def work(self) -> list[Work]:
        span = self._span()
        rows = Labour.objects.filter(
            self.of_assets("work_order__asset"),
            Q(started_at__range=span) | Q(work_order__completed_at__range=span),
            started_at__lt=self.question.as_of,
        ).order_by("started_at", "pk")
        rows = rows.annotate(origin=F("work_order__origin"))
        return [
            Work(
                booked.pk,
                booked.work_order_id,
                (booked.started_at, booked.ended_at),
                float(booked.cost),
                repairs=booked.origin != WorkOrder.Origin.PREVENTIVE,
            )
            for booked in bounded(rows)
        ]

    @cached_property
    def parts(self) -> list[Part]:
        rows = PartUsed.objects.filter(
            self.of_assets("work_order__asset"),
            booked_at__range=self._span(),
            booked_at__lt=self.question.as_of,
        ).order_by("pk")
        return [Part(used.pk, used.booked_at, float(used.cost)) for used in bounded(rows)]

    @cached_property
    def capacity(self) -> Capacity:
        return capacity_of(self.question.sites)

    @cached_property
    def assumptions(self) -> dict[tuple[int, int | None], Assumption]:
        rows = CostAssumption.objects.filter(site__in=self.question.sites)
        return {
            (row.site_id, row.asset_type_id): Assumption(
                row.in_words(settings.CURRENCY),
                float(row.cost_per_hour),
                float(row.hours),
                float(row.share_failing),
            )
            for row in rows.select_related("site", "asset_type").order_by("pk")
        }


ALARM_FIELDS = (
    "pk",
    "asset",
    "asset__site",
    "sensor__code",
    "kind",
    "detector",
    "detected_at",
    "started_at",
    "ended_at",
    "acknowledged_at",
    "verdict",
    "verdict_at",
    "suppressed_at",
    "announced_severity",
    "merged_into",
    "work_order",
    "work_order__opened_at",
    "work_order__started_at",
    "work_order__completed_at",
)


def bounded(rows: QuerySet | Iterable[Any]) -> list[Any]:
    """All of the rows. Raises FiguresError if there are too many."""
    found = list(rows[: MOST_ROWS + 1])  # type: ignore[index]
    if len(found) > MOST_ROWS:
        words = f"More than {MOST_ROWS} rows would have to be gone through: ask for less."
        raise FiguresError("too_many_rows", words, MOST_ROWS)
    return found
