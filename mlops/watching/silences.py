"""Which sensors have fallen silent? Nothing comes in to say so: somebody has to look.

A sensor is overdue when it has said nothing for longer than its interval allows, and for
twice as long as it lately took until readings came in: what is uploaded once an hour is
not missed after five minutes. A stated interval counts from the first reading on; without
one, both have to be learnt before. When nothing at all has come from a site since then, it
is more likely the way of its readings than each of its sensors: one of them stands for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from maintenance.models import Symptom
from maintenance.policy import SENSOR_FAULT_FROM
from maintenance.recording import Scored
from mlops.detectors.base import Explanation, State
from mlops.detectors.explaining import spoken
from mlops.detectors.silence import Silence
from mlops.detectors.suite import Member, Suite
from mlops.registry import sensor_suite
from mlops.watching.stretches import Stretch
from sensors.history.windows import micros_of, moment_of
from sensors.models import ReadingBatch, Sensor

# So many times as long as it lately took until readings came in is too long.
WAITS = 2.0
# Whoever looks once a minute cannot tell more.
SHORTEST = timedelta(minutes=1)
# What interval learnt from wild gaps would be longer than PostgreSQL has numbers for.
LONGEST = timedelta(days=3650)
# One that goes on is written down again when it is graded as worse.
WORSE = SENSOR_FAULT_FROM[-1][0]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A sensor that has said nothing since `until`, where `allowed` was the most.

    `others` counts the sensors of its site that are overdue as well and for which it
    stands; 0 where other sensors of the site go on.
    """

    sensor_id: int
    until: datetime
    value: float
    allowed: timedelta
    others: int

    def score(self, now: datetime) -> float:
        return (now - self.until) / self.allowed


def usual_silences(suite: Suite, state: State) -> list[timedelta | None]:
    """How long each series may say nothing, as learnt; None while that is not known."""
    member, detector = _silence(suite)
    seconds = np.minimum(detector.usual(suite.part(member, state)), LONGEST.total_seconds())
    return [None if np.isnan(s) else timedelta(seconds=float(s)) for s in seconds]


def waited(stretch: Stretch, batches: Mapping[int, ReadingBatch]) -> timedelta | None:
    """How old the last reading was when the next ones came in. None if that is not known."""
    brought = set(stretch.batch_ids[stretch.is_new].tolist())
    if stretch.start is None or stretch.goes_back or not brought:
        return None
    came = min(batches[pk].received_at for pk in brought)
    return max(came - moment_of(stretch.start.until), timedelta(0))


# Of a site that says nothing at all, only the first; none if one stands for it already.
OVERDUE = """
    WITH known AS (
        SELECT sensor_id, site_id, retired_at, until, longest_wait,
            CASE WHEN expected_interval > interval '0' THEN expected_interval * %(times)s
                WHEN longest_wait IS NOT NULL THEN usual_silence END AS usual
        FROM mlops_sensorstate JOIN sensors_sensor ON id = sensor_id
    ),
    watched AS (
        SELECT sensor_id, site_id, until, max(until) OVER (PARTITION BY site_id) AS heard_at,
            greatest(usual, longest_wait * %(waits)s, %(shortest)s) AS allowed,
            retired_at IS NULL AND usual IS NOT NULL AS can_be_missed
        FROM known
    ),
    overdue AS (
        SELECT sensor_id, site_id, until, allowed, heard_at < until + allowed AS all_silent
        FROM watched
        WHERE can_be_missed AND until + allowed < %(now)s AND NOT EXISTS (
            SELECT FROM sensors_reading AS later
            WHERE later.sensor_id = watched.sensor_id AND later.taken_at > until
        )
    ),
    open AS (
        SELECT sensor_id, score_worst FROM maintenance_symptom
        WHERE kind = %(kind)s AND ended_at IS NULL
    ),
    placed AS (
        SELECT overdue.*, score_worst, count(*) OVER (PARTITION BY site_id, all_silent) AS silent,
            row_number() OVER (
                PARTITION BY site_id, all_silent ORDER BY open.sensor_id, overdue.sensor_id
            ) AS place
        FROM overdue LEFT JOIN open ON open.sensor_id = overdue.sensor_id
    )
    SELECT placed.sensor_id, until, last.value, allowed,
        CASE WHEN all_silent THEN silent - 1 ELSE 0 END
    FROM placed CROSS JOIN LATERAL (
        SELECT value FROM sensors_reading AS reading
        WHERE reading.sensor_id = placed.sensor_id AND reading.taken_at = until
    ) AS last
    WHERE (place = 1 OR NOT all_silent)
        AND (score_worst IS NULL
            OR score_worst < %(worse)s AND until + allowed * %(worse)s <= %(now)s)
    ORDER BY until DESC, sensor_id LIMIT %(most)s
"""


def overdue(now: datetime, *, most: int) -> list[Overdue]:
    """Sensors that are missed by now and that nobody was told of, `most` of them at most.

    Sensors that are retired, or whose readings only ever came as history, are not missed.
    """
    asked: dict[str, Any] = {
        "times": _silence(sensor_suite([]))[1].times,
        "waits": WAITS,
        "shortest": SHORTEST,
        "kind": Symptom.Kind.NO_DATA.value,
        "worse": WORSE,
        "now": now,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, asked)
        return [Overdue(*row) for row in cursor.fetchall()]


def scored(silent: Overdue, sensor: Sensor, now: datetime) -> Scored:
    """A silence as a detector would have scored it, had there been a reading at `now`."""
    score = silent.score(now)
    explanation = Explanation(
        _reason(silent, now),
        {
            "value": silent.value,
            "score": score,
            "seconds": (now - silent.until).total_seconds(),
            "allowed_seconds": silent.allowed.total_seconds(),
            "others_silent": float(silent.others),
        },
    )
    return Scored(
        asset=sensor.asset,
        sensor=sensor,
        kind=Symptom.Kind.NO_DATA,
        detector=_silence(sensor_suite([]))[0].label,
        micros=np.array([micros_of(now)]),
        values=np.array([silent.value]),
        scores=np.array([score]),
        is_new=np.array([True]),
        explain=lambda position: explanation,
    )


def _reason(silent: Overdue, now: datetime) -> str:
    allowed = spoken(silent.allowed.total_seconds())
    reason = (
        f"There was no reading for {spoken((now - silent.until).total_seconds())}; "
        f"{allowed} is the most that is usual or was stated"
    )
    if silent.others:
        reason += f". Nothing has come from its site: {silent.others} more are silent"
    return reason


def _silence(suite: Suite) -> tuple[Member, Silence]:
    """The member that knows silences, and its detector."""
    return next((m, m.detector) for m in suite.members if isinstance(m.detector, Silence))
