"""How long anomalies wait for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from maintenance.figures.estimates import quantile
from maintenance.figures.facts import Alarm
from maintenance.figures.figure import HOURS, Figure, Row
from maintenance.figures.spans import Span, length

STEPS = {
    "reaction_acknowledged": "acknowledged_at",
    "reaction_ordered": "ordered_at",
    "reaction_started": "work_started_at",
}


def reactions(alarms: Iterable[Alarm], within: Span) -> list[Figure]:
    """Hours from when an anomaly was noticed until somebody acknowledged it, until there was
    an order for it, and until work on that began: each the median.

    Those that wait still are counted, but have no hours yet: the fewer, the better the median
    tells. What nobody was told of, and what was merged into another, is left out.
    """
    counted = [
        alarm
        for alarm in alarms
        if within[0] <= alarm.detected_at < within[1] and not (alarm.suppressed or alarm.merged)
    ]
    return [_reaction(name, step, counted) for name, step in STEPS.items()]


def _reaction(name: str, step: str, alarms: Sequence[Alarm]) -> Figure:
    rows = [
        # An anomaly that joins an order finds it there.
        Row("anomaly", alarm.pk, alarm.detected_at, length((alarm.detected_at, at)))
        for alarm in alarms
        if (at := _moment(alarm, step)) is not None
    ]
    values = [row.value for row in rows if row.value is not None]
    return Figure(
        name,
        quantile(values, 0.5) if values else None,
        HOURS,
        len(values),
        why="" if values else "no_reaction" if alarms else "no_anomalies",
        details={
            "p90": quantile(values, 0.9) if values else None,
            "waiting": len(alarms) - len(values),
        },
        rows=tuple(rows),
    )


def _moment(alarm: Alarm, step: str) -> datetime | None:
    moment: datetime | None = getattr(alarm, step)
    return moment
