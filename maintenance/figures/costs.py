"""What maintenance costs, and what it saved under stated assumptions. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from maintenance.figures.facts import Alarm, Assumption, Assumptions, Failure, Part, Work
from maintenance.figures.figure import Figure, Row
from maintenance.figures.spans import Span, length
from maintenance.figures.tree import Tree
from maintenance.figures.verdicts import CONFIRMED


def maintenance_cost(
    work: Iterable[Work], parts: Iterable[Part], within: Span, currency: str
) -> Figure:
    """What labour and parts of orders cost: hours by when they began, parts by when booked."""
    done = [one for one in work if within[0] <= one.span[0] < within[1]]
    used = [part for part in parts if within[0] <= part.at < within[1]]
    labour, material = sum(one.cost for one in done), sum(part.cost for part in used)
    return Figure(
        "maintenance_cost",
        round(labour + material, 2),
        currency,
        len(done) + len(used),
        details={
            "labour": round(labour, 2),
            "parts": round(material, 2),
            "labour_hours": sum(length(one.span) for one in done),
        },
        rows=(
            *(Row("labour", one.pk, one.span[0], one.cost) for one in done),
            *(Row("part", part.pk, part.at, part.cost) for part in used),
        ),
    )


def cost_avoided(
    alarms: Iterable[Alarm],
    failures: Sequence[Failure],
    within: Span,
    tree: Tree,
    assumptions: Assumptions,
    currency: str,
) -> Figure:
    """What failures would have cost that confirmed anomalies foresaw. Gross: what the work
    on them cost is not taken off.

    Anomalies of one order are one fault. Where the asset failed before the work was done,
    nothing was avoided.
    """
    faults = [fault for fault in _faults(alarms) if within[0] <= fault.detected_at < within[1]]
    failed: dict[int, list[datetime]] = {}
    for failure in sorted(failures, key=lambda failure: failure.at):
        failed.setdefault(failure.asset, []).append(failure.at)
    avoided = [fault for fault in faults if not _failed_anyway(fault, failed, tree)]
    rows, used = [], dict[str, None]()
    for fault in avoided:
        assumed = _assumed(fault, tree, assumptions)
        if assumed:
            rows.append(Row("anomaly", fault.pk, fault.detected_at, round(assumed.cost, 2)))
            used[assumed.words] = None
    without = len(avoided) - len(rows)
    known = bool(rows) or (bool(assumptions) and not without)
    return Figure(
        "cost_avoided",
        round(sum(row.value or 0.0 for row in rows), 2) if known else None,
        currency,
        len(rows),
        why="" if known else "no_assumptions",
        details={
            "confirmed_faults": len(faults),
            "failed_anyway": len(faults) - len(avoided),
            "without_assumption": without,
        },
        assumptions=tuple(used),
        rows=tuple(rows),
    )


def _faults(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The first confirmed anomaly of each fault: those of one order belong to one."""
    found: dict[tuple[str, int], Alarm] = {}
    confirmed = [a for a in alarms if a.verdict == CONFIRMED and not a.merged]
    for alarm in sorted(confirmed, key=lambda alarm: (alarm.detected_at, alarm.pk)):
        key = ("order", alarm.order) if alarm.order is not None else ("anomaly", alarm.pk)
        found.setdefault(key, alarm)
    return list(found.values())


def _failed_anyway(fault: Alarm, failed: Mapping[int, Sequence[datetime]], tree: Tree) -> bool:
    """Whether the asset, a part of it, or what it is a part of failed before the work was done.

    `failed` has the moments by asset, in order.
    """
    for asset in tree.above(fault.asset) | tree.below(fault.asset):
        moments = failed.get(asset, ())
        following = bisect_left(moments, fault.detected_at)
        if following < len(moments) and (
            fault.work_completed_at is None or moments[following] <= fault.work_completed_at
        ):
            return True
    return False


def _assumed(fault: Alarm, tree: Tree, assumptions: Assumptions) -> Assumption | None:
    place = tree[fault.asset]
    of_type = assumptions.get((place.site, place.type))
    return of_type or assumptions.get((place.site, None))
