"""How an alarm system treats its operator, by ISA-18.2 and EEMUA 191. Pure.

An alarm is an anomaly that was announced; one that was suppressed is counted apart. A site
has one operator's console.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.figures.facts import Alarm
from maintenance.figures.figure import COUNT, SHARE, Figure, Row
from maintenance.figures.spans import HOUR, Span, hours, length

TEN_MINUTES = timedelta(minutes=10)
# A flood begins with so many alarms in ten minutes and ends when there are fewer than so many.
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
# So many of one source in a minute.
CHATTERS, CHATTERS_IN = 3, timedelta(minutes=1)
FLEETING = timedelta(minutes=1)
STALE = timedelta(hours=24)
WORST = 10
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Flood:
    span: Span
    alarms: int


def floods(moments: Sequence[datetime]) -> list[Flood]:
    """Floods among the alarms of one console, whose moments are in order.

    One begins with the first of ten alarms within ten minutes. It ends at the moment from
    which the ten minutes before hold fewer than five. What was in one is not in the next.
    """
    found: list[Flood] = []
    first: int | None = None
    # The first alarm that belongs to no flood, and when the last flood was over.
    free, over = 0, None
    for i, at in enumerate(moments):
        if first is not None and at > _ends(moments, i - 1):
            found.append(_flood(moments, first, i - 1, over))
            first, free, over = None, i, found[-1].span[1]
        begin = i + 1 - FLOOD_BEGINS
        if first is None and begin >= 0 and at - moments[begin] < TEN_MINUTES:
            first = max(begin, free)
    if first is not None:
        found.append(_flood(moments, first, len(moments) - 1, over))
    return found


def _flood(moments: Sequence[datetime], first: int, last: int, over: datetime | None) -> Flood:
    start = max(moments[first], over) if over else moments[first]
    return Flood((start, _ends(moments, last)), last - first + 1)


def _ends(moments: Sequence[datetime], last: int) -> datetime:
    """When fewer than five are left of the last ten minutes, if nothing more comes."""
    return moments[last + 1 - FLOOD_ENDS] + TEN_MINUTES


def chatters(moments: Sequence[datetime]) -> bool:
    """Whether three of these, in order, lie within a minute."""
    apart = zip(moments, moments[CHATTERS - 1 :], strict=False)
    return any(late - early <= CHATTERS_IN for early, late in apart)


def alarm_figures(
    alarms: Iterable[Alarm], within: Span, sites: int, labels: Mapping[int, str]
) -> list[Figure]:
    """All figures of the interval. `labels` names assets, for lists of the worst."""
    known = sorted(alarms, key=lambda alarm: (alarm.detected_at, alarm.pk))
    came = [alarm for alarm in known if within[0] <= alarm.detected_at < within[1]]
    announced = [alarm for alarm in came if not alarm.suppressed]
    by_source: dict[tuple[int, str, str], list[Alarm]] = {}
    for alarm in announced:
        by_source.setdefault(alarm.source, []).append(alarm)
    operator_hours = length(within) * sites
    return [
        *_rates(announced, operator_hours),
        _floods(announced, operator_hours, within),
        _chattering(by_source, labels),
        _fleeting(announced),
        _stale(known, within),
        _bad_actors(by_source, len(announced), labels),
        _suppressed(came),
    ]


def _rates(announced: Sequence[Alarm], operator_hours: float) -> list[Figure]:
    return [
        Figure(
            name,
            len(announced) * share / operator_hours if operator_hours else None,
            unit,
            len(announced),
            why="" if operator_hours else "no_hours",
            details={"operator_hours": operator_hours},
            rows=_rows(announced),
        )
        for name, unit, share in (
            ("alarm_rate", "1/h", 1.0),
            ("alarm_rate_10_min", "1/10 min", TEN_MINUTES / HOUR),
        )
    ]


def _floods(announced: Sequence[Alarm], operator_hours: float, within: Span) -> Figure:
    at_sites: dict[int, list[datetime]] = {}
    for alarm in announced:
        at_sites.setdefault(alarm.site, []).append(alarm.detected_at)
    found = [(site, flood) for site in sorted(at_sites) for flood in floods(at_sites[site])]
    spans = [(flood.span[0], min(flood.span[1], within[1])) for _, flood in found]
    in_flood = sum(hours([span]) for span in spans)
    flooded = [
        alarm
        for alarm in announced
        if any(
            site == alarm.site and flood.span[0] <= alarm.detected_at <= flood.span[1]
            for site, flood in found
        )
    ]
    return Figure(
        "alarm_floods",
        float(len(found)) if operator_hours else None,
        COUNT,
        len(announced),
        why="" if operator_hours else "no_hours",
        details={
            "hours": in_flood,
            "share_of_time": in_flood / operator_hours if operator_hours else None,
            "alarms": sum(flood.alarms for _, flood in found),
            "largest": max((flood.alarms for _, flood in found), default=0),
        },
        rows=_rows(flooded),
    )


def _chattering(
    by_source: Mapping[tuple[int, str, str], list[Alarm]], labels: Mapping[int, str]
) -> Figure:
    found = {
        source: raised
        for source, raised in by_source.items()
        if chatters([alarm.detected_at for alarm in raised])
    }
    return Figure(
        "alarm_chattering",
        float(len(found)),
        COUNT,
        len(by_source),
        details={"sources": _named(found, labels)},
        rows=_rows(alarm for raised in found.values() for alarm in raised),
    )


def _fleeting(announced: Sequence[Alarm]) -> Figure:
    found = [
        alarm
        for alarm in announced
        if alarm.ended_at is not None and alarm.ended_at - alarm.started_at < FLEETING
    ]
    return Figure(
        "alarm_fleeting",
        len(found) / len(announced) if announced else None,
        SHARE,
        len(announced),
        why="" if announced else "no_anomalies",
        details={"alarms": len(found)},
        rows=_rows(found),
    )


def _stale(known: Sequence[Alarm], within: Span) -> Figure:
    """Those that had stood for more than a day at some moment of the interval."""
    found = [
        alarm
        for alarm in known
        if not alarm.suppressed
        and max(alarm.started_at + STALE, within[0]) < min(alarm.ended_at or within[1], within[1])
    ]
    still = sum(alarm.ended_at is None or alarm.ended_at >= within[1] for alarm in found)
    return Figure(
        "alarm_stale",
        float(len(found)),
        COUNT,
        len(found),
        details={"at_the_end": still},
        rows=_rows(found),
    )


def _bad_actors(
    by_source: Mapping[tuple[int, str, str], list[Alarm]], n: int, labels: Mapping[int, str]
) -> Figure:
    worst = dict(sorted(by_source.items(), key=lambda item: (-len(item[1]), item[0]))[:WORST])
    raised = sum(len(alarms) for alarms in worst.values())
    return Figure(
        "alarm_bad_actors",
        raised / n if n else None,
        SHARE,
        n,
        why="" if n else "no_anomalies",
        details={"sources": _named(worst, labels), "of": len(by_source)},
        rows=_rows(alarm for alarms in worst.values() for alarm in alarms),
    )


def _suppressed(came: Sequence[Alarm]) -> Figure:
    found = [alarm for alarm in came if alarm.suppressed]
    return Figure(
        "alarm_suppressed",
        len(found) / len(came) if came else None,
        SHARE,
        len(came),
        why="" if came else "no_anomalies",
        details={"alarms": len(found)},
        rows=_rows(found),
    )


def _named(
    sources: Mapping[tuple[int, str, str], Sequence[Alarm]], labels: Mapping[int, str]
) -> list[dict[str, object]]:
    ordered = sorted(sources.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {"asset": labels.get(asset, ""), "sensor": sensor, "kind": kind, "alarms": len(raised)}
        for (asset, sensor, kind), raised in ordered[:MOST_NAMED]
    ]


def _rows(alarms: Iterable[Alarm]) -> tuple[Row, ...]:
    return tuple(Row("anomaly", alarm.pk, alarm.detected_at) for alarm in alarms)
