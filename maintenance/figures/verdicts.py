"""Whether anomalies were right, and how long before the failure they came. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from maintenance.figures.estimates import quantile, wilson
from maintenance.figures.facts import Alarm, Failure, Order
from maintenance.figures.figure import HOURS, SHARE, Figure, Row
from maintenance.figures.spans import Span, length
from maintenance.figures.tree import Tree

# As labels of back-tests: a fault of a sensor is one that had to be found.
RIGHT = ("confirmed", "sensor_fault")
# Duplicates and what is inconclusive say nothing of a detector.
WRONG = ("false_positive", "expected_operation")
# In the words of models.WorkOrder.
PREDICTIVE, FOUND, NOT_FOUND = "predictive", ("yes", "partly"), "no"
CONFIRMED, DUPLICATE = "confirmed", "duplicate"

# An anomaly further ahead is not taken for a warning of this failure.
AS_FAR_AS = timedelta(days=30)
# Nor one that nobody confirmed and that was over so long before.
OVER_BEFORE = timedelta(hours=24)
EVER = datetime.min.replace(tzinfo=UTC)


def precision(alarms: Iterable[Alarm], within: Span) -> Figure:
    """Share of the anomalies with a verdict that were right, with Wilson's interval."""
    judged = [
        alarm
        for alarm in alarms
        if within[0] <= alarm.detected_at < within[1]
        and not alarm.merged
        and alarm.verdict in (*RIGHT, *WRONG)
    ]
    right = sum(alarm.verdict in RIGHT for alarm in judged)
    n = len(judged)
    share = right / n if n else None
    methods = sorted({alarm.method for alarm in judged})
    return Figure(
        "detector_precision",
        share,
        SHARE,
        n,
        why="" if n else "no_verdicts",
        interval=wilson(share, n) if share is not None else None,
        details={
            "detectors": [
                _of_method(method, [alarm for alarm in judged if alarm.method == method])
                for method in methods
            ]
        },
        rows=tuple(
            Row("anomaly", alarm.pk, alarm.detected_at, float(alarm.verdict in RIGHT))
            for alarm in judged
        ),
    )


def _of_method(method: str, judged: Sequence[Alarm]) -> dict[str, object]:
    right = sum(alarm.verdict in RIGHT for alarm in judged)
    low, high = wilson(right / len(judged), len(judged))
    return {
        "detector": method,
        "value": right / len(judged),
        "n": len(judged),
        "low": low,
        "high": high,
    }


def fault_found(orders: Iterable[Order], within: Span) -> Figure:
    """Share of the completed orders of the software's own in which a fault was found, or a part
    of one, with Wilson's interval. Orders of which nobody said it are left out."""
    told = [
        order
        for order in orders
        if order.origin == PREDICTIVE
        and order.found in (*FOUND, NOT_FOUND)
        and order.completed_at is not None
        and within[0] <= order.completed_at < within[1]
    ]
    right = sum(order.found in FOUND for order in told)
    n = len(told)
    return Figure(
        "fault_found",
        right / n if n else None,
        SHARE,
        n,
        why="" if n else "nobody_said",
        interval=wilson(right / n, n) if n else None,
        details={"partly": sum(order.found == "partly" for order in told)},
        rows=tuple(
            Row("work_order", order.pk, order.completed_at, float(order.found in FOUND))
            for order in told
            if order.completed_at
        ),
    )


def forewarning(
    failures: Iterable[Failure], alarms: Sequence[Alarm], within: Span, tree: Tree
) -> Figure:
    """Median hours from the first anomaly that warned of a failure until the failure.

    Failures without a warning have no hours; how many there were is told beside.
    """
    by_asset: dict[int, list[Alarm]] = {}
    for alarm in alarms:
        by_asset.setdefault(alarm.asset, []).append(alarm)
    rows, counted = [], 0
    last: dict[int, datetime] = {}
    for failure in sorted(failures, key=lambda failure: (failure.at, failure.pk)):
        since = max(failure.at - AS_FAR_AS, last.get(failure.asset, EVER))
        last[failure.asset] = failure.at
        if not within[0] <= failure.at < within[1]:
            continue
        counted += 1
        warned = [
            alarm.detected_at
            for part in tree.below(failure.asset)
            for alarm in by_asset.get(part, ())
            if since < alarm.detected_at <= failure.at and warns_of(alarm, failure)
        ]
        if warned:
            ahead = length((min(warned), failure.at))
            rows.append(Row(failure.kind, failure.pk, failure.at, ahead))
    values = [row.value for row in rows if row.value is not None]
    return Figure(
        "forewarning",
        quantile(values, 0.5) if values else None,
        HOURS,
        len(values),
        why="" if values else "no_failure_forewarned" if counted else "no_failures",
        details={"failures": counted, "not_forewarned": counted - len(values)},
        rows=tuple(rows),
    )


def warns_of(alarm: Alarm, failure: Failure) -> bool:
    """Whether an anomaly from before a failure is taken for a warning of it.

    One that was confirmed is. Another has to last until shortly before, and nobody may have
    said that it was something else.
    """
    if alarm.merged or alarm.verdict in (*WRONG, "sensor_fault", DUPLICATE):
        return False
    lasted = alarm.ended_at is None or alarm.ended_at >= failure.at - OVER_BEFORE
    return alarm.verdict == CONFIRMED or lasted
