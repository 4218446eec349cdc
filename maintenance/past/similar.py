"""Past orders that are like one that is open: what fixed them, and how long it took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from maintenance.models import WorkOrder
from maintenance.past.likeness import Likeness, Told, likenesses
from sensors.access import Principal

State = WorkOrder.State
DONE = (State.COMPLETED, State.CLOSED)
FOUND = (WorkOrder.FoundFault.YES, WorkOrder.FoundFault.PARTLY)
# The newest that are compared. Beyond, the answer gets slower and hardly better.
MOST_COMPARED = 2_000
# Text of an order that is looked at.
LONGEST_TEXT = 2_000
# Less alike is not worth anybody's time.
LEAST_SCORE = 0.2


@dataclass(frozen=True, slots=True)
class Similar:
    order: WorkOrder
    likeness: Likeness

    @property
    def labour_hours(self) -> float:
        return sum(one.hours for one in self.order.labour.all())

    @property
    def took(self) -> timedelta | None:
        """From when the work began until it was completed."""
        order = self.order
        if not (order.started_at and order.completed_at):
            return None
        return order.completed_at - order.started_at


def similar_to(order: WorkOrder, by: Principal, most: int = 5) -> list[Similar]:
    """The past orders most like it, among those that the asker may see, the most alike first.

    Compared are the newest of the same asset or type that were completed, at most
    MOST_COMPARED; nothing is kept between two questions.
    """
    asked = told(order)
    rows = list(_comparable(order, by))
    found = likenesses(asked, [_told_of(row) for row in rows])
    ranked = sorted(zip(found, rows, strict=True), key=lambda pair: -pair[0].score)
    best = [(like, row["pk"]) for like, row in ranked[:most] if like.score >= LEAST_SCORE]
    orders = _in_full(pk for _, pk in best)
    return [Similar(orders[pk], like) for like, pk in best if pk in orders]


def told(order: WorkOrder) -> Told:
    return _told_of(_with_signs(WorkOrder.objects.filter(pk=order.pk)).get())


def _comparable(order: WorkOrder, by: Principal) -> QuerySet:
    asset = order.asset
    alike = Q(asset=asset.pk)
    if asset.type_id:
        alike |= Q(asset__type=asset.type_id)
    past = WorkOrder.objects.visible_to(by).filter(alike, state__in=DONE).exclude(pk=order.pk)
    if order.origin != WorkOrder.Origin.PREVENTIVE:
        # A round on which nothing was found fixed nothing.
        past = past.exclude(~Q(found_fault__in=FOUND), origin=WorkOrder.Origin.PREVENTIVE)
    newest = past.order_by("-pk").values("pk")[:MOST_COMPARED]
    return _with_signs(WorkOrder.objects.filter(pk__in=newest))


def _with_signs(orders: QuerySet[WorkOrder]) -> QuerySet:
    """One row an order: its words and codes, and what its anomalies showed."""
    sign = Concat("anomalies__sensor__kind", Value(" "), "anomalies__kind")
    told_by = Q(anomalies__isnull=False)
    return orders.values(
        "pk",
        "asset_id",
        "title",
        "description",
        "resolution",
        type=F("asset__type_id"),
        tag=F("asset__tag"),
        suspected=F("suspected_mode__code"),
        found=F("failure_mode__code"),
    ).annotate(signs=ArrayAgg(sign, filter=told_by, distinct=True, default=Value([])))


def _told_of(row: dict) -> Told:
    texts: Sequence[str] = (row["title"], row["description"], row["resolution"])
    words = " ".join(text[:LONGEST_TEXT] for text in texts)
    return Told(
        # The machine's number says nothing of the fault, and asset counts by itself.
        words=words.replace(row["tag"], " "),
        asset_id=row["asset_id"],
        type_id=row["type"],
        modes=frozenset(code for code in (row["suspected"], row["found"]) if code),
        signs=frozenset(row["signs"]),
    )


def _in_full(pks: Iterable[int]) -> dict[int, WorkOrder]:
    named = WorkOrder.objects.select_related(
        "asset__site", "failure_mode", "failure_cause", "remedy"
    )
    return named.prefetch_related("labour", "parts").in_bulk(list(pks))
