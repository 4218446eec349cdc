"""How long machines run, how long they stand, how often they fail (ISO 14224, EN 15341). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean

from maintenance.figures.estimates import mean_time
from maintenance.figures.facts import Failure, Standstill, Work
from maintenance.figures.figure import HOURS, SHARE, Figure, Row
from maintenance.figures.spans import Span, clipped, hours, length, union
from maintenance.figures.tree import Tree

# Reasons of standstills, in the words of models.Downtime.
FAILURE, PROCESS = "failure", "process"
# A life that ended in a failure and a standstill because of one, so near each other, are
# the same event put down twice.
SAME_EVENT = timedelta(hours=24)
FEWEST_FAILURES = 2


def failures_of(
    lives: Iterable[tuple[int, int, datetime]], standstills: Iterable[Standstill]
) -> list[Failure]:
    """Every failure once, in order of time, from standstills and from lives that ended.

    Lives are triples of id, asset and end.
    """
    found = [
        Failure("downtime", stop.pk, stop.asset, stop.since)
        for stop in standstills
        if stop.reason == FAILURE
    ]
    seen: dict[int, list[datetime]] = {}
    for failure in found:
        seen.setdefault(failure.asset, []).append(failure.at)
    found += [
        Failure("life", pk, asset, ended)
        for pk, asset, ended in lives
        if not any(abs(ended - at) <= SAME_EVENT for at in seen.get(asset, ()))
    ]
    return sorted(found, key=lambda failure: (failure.at, failure.kind, failure.pk))


def stood(
    tree: Tree, standstills: Iterable[Standstill], within: Span, now: datetime
) -> dict[int, list[Span]]:
    """When each machine stood, in disjoint spans. With an asset stand the parts of it."""
    spans: dict[int, list[Span]] = {pk: [] for pk in tree.machines}
    for stop in standstills:
        for machine in tree.below(stop.asset) & tree.machines:
            spans[machine] += clipped([stop.span(now)], within)
    return {machine: union(found) for machine, found in spans.items()}


def total(spans: Mapping[int, Sequence[Span]]) -> float:
    """Hours over all machines."""
    return sum(hours(spans[machine]) for machine in sorted(spans))


def mtbf(failures: Sequence[Failure], within: Span, operating_hours: float) -> Figure:
    """Hours of operation per failure, with an exact interval; none below two failures."""
    counted = [failure for failure in failures if within[0] <= failure.at < within[1]]
    n = len(counted)
    known = n >= FEWEST_FAILURES and operating_hours > 0
    return Figure(
        "mtbf",
        operating_hours / n if known else None,
        HOURS,
        n,
        why="" if known else "fewer_than_two_failures" if operating_hours > 0 else "no_hours",
        interval=mean_time(operating_hours, n) if known else None,
        details={"operating_hours": operating_hours, "failures": n},
        rows=tuple(Row(failure.kind, failure.pk, failure.at) for failure in counted),
    )


def mttr(standstills: Iterable[Standstill], within: Span) -> Figure:
    """Mean time to restoration: from a failure until the asset no longer stood unplanned.

    Unplanned standstills of an asset that overlap or touch are one, for it waited and was
    repaired in the same stop. It counts where it ended, once however often it is put down.
    """
    by_asset: dict[int, list[Standstill]] = {}
    for stop in standstills:
        if not stop.planned:
            by_asset.setdefault(stop.asset, []).append(stop)
    rows = []
    for asset in sorted(by_asset):
        # What still lasts is nowhere near an end.
        lasting = max(within[1], *(stop.since for stop in by_asset[asset])) + timedelta.resolution
        for span in union((stop.since, stop.until or lasting) for stop in by_asset[asset]):
            started = [
                stop
                for stop in by_asset[asset]
                if stop.reason == FAILURE and span[0] <= stop.since <= span[1]
            ]
            if started and within[0] <= span[1] < within[1]:
                first = min(started, key=lambda stop: (stop.since, stop.pk))
                rows.append(Row("downtime", first.pk, first.since, length((first.since, span[1]))))
    return mean_hours("mttr", rows, why="no_failure_restored")


def repair_time(work: Iterable[Work], completed: Mapping[int, datetime]) -> Figure:
    """Mean hours in which somebody worked on a repair. Two at the same time count once.

    `completed` are the orders that count, by when they were completed.
    """
    spans: dict[int, list[Span]] = {}
    for booked in work:
        if booked.repairs and booked.order in completed:
            spans.setdefault(booked.order, []).append(booked.span)
    rows = [Row("work_order", pk, completed[pk], hours(spans[pk])) for pk in sorted(spans)]
    return mean_hours("repair_time", rows, why="no_labour_booked")


def mean_hours(name: str, rows: Sequence[Row], *, why: str) -> Figure:
    values = [row.value for row in rows if row.value is not None]
    mean = fmean(values) if values else None
    return Figure(name, mean, HOURS, len(values), why="" if values else why, rows=tuple(rows))


def availability(
    tree: Tree, standstills: Sequence[Standstill], within: Span, now: datetime
) -> Figure:
    """Share of the hours of machines in which they could do what they are there for.

    What the process did not need could have run.
    """
    stops = [stop for stop in standstills if stop.reason != PROCESS]
    calendar = length(within) * len(tree.machines)
    down = total(stood(tree, stops, within, now))
    unplanned = total(stood(tree, [s for s in stops if not s.planned], within, now))
    known = calendar > 0
    why = "" if known else "no_hours"
    return Figure(
        "availability",
        1 - down / calendar if known else None,
        SHARE,
        len(tree.machines),
        why=why,
        details={
            "asset_hours": calendar,
            "down_hours": down,
            "unplanned_hours": unplanned,
            "only_planned_hours": down - unplanned,
            "share_without_planned_stops": 1 - unplanned / calendar if known else None,
        },
        rows=_rows(stops, within, now),
    )


def _rows(stops: Iterable[Standstill], within: Span, now: datetime) -> tuple[Row, ...]:
    """The standstills, each with the hours of it that lie in the interval."""
    cut = ((stop, clipped([stop.span(now)], within)) for stop in stops)
    return tuple(
        Row("downtime", stop.pk, stop.since, hours(spans)) for stop, spans in cut if spans
    )
