"""Carry the detectors of assets through the rows that a run has closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import ALARM_LINE, LOOK_BACK
from maintenance.models import Symptom
from maintenance.recording import Scored
from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Block, Scores, Times, Values
from mlops.models import ModelVersion
from mlops.registry import asset_detectors
from mlops.watching import asset_states
from mlops.watching.asset_states import KnownAsset
from mlops.watching.closing import complete_until, heard_of
from mlops.watching.explaining import AssetExplanation, explanation, foremost_values
from mlops.watching.rows import SECOND, Rows, Wanted, closed_before, rows_of
from mlops.watching.sensors import HIGHEST_SCORE
from sensors.history.bins import extents
from sensors.intake.spans import Span, merged
from sensors.models import Asset, ReadingBatch, Sensor

# Rows over which the smoothing of a detector that is new to an asset finds its level.
WARM_UP = 30
# Rows that are gone through at once, at most; of more, only the latest.
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Watched:
    """An asset with the version on duty; `members` are its sensors, by their codes."""

    asset: Asset
    version: ModelVersion
    detector: AssetDetector
    members: Mapping[str, Sensor]

    @property
    def width(self) -> int:
        """Of a bin, in microseconds."""
        return int(self.version.parameters["bin_seconds"]) * SECOND

    @property
    def columns(self) -> list[Sensor]:
        return [self.members[code] for code in self.version.columns]


@dataclass(frozen=True, slots=True)
class Course:
    """Rows of an asset with their scores. The first `past` of them are not new."""

    watched: Watched
    block: Block
    batch_ids: NDArray[np.int64]
    scores: Scores
    past: int

    @property
    def alarms(self) -> Values:
        return np.minimum(np.nan_to_num(self.scores.score[:, 0], nan=0.0), HIGHEST_SCORE)


def watch_assets(
    batches: Sequence[ReadingBatch], assets: Mapping[int, Asset]
) -> tuple[list[Scored], set[int]]:
    """Score the rows that the readings of batches have closed, and move the states of
    their assets on. Also tells which assets are watched; the others have no detector.

    Needs the rows of the assets to be locked: that of a sensor is not enough, for another
    run may bring readings of another sensor of the same asset. What is neither past the
    alarm line nor belongs to an open episode is left out.
    """
    watched = watched_of(assets)
    if not watched:
        return [], set()
    moments = _moments(batches, watched)
    courses = _seen([watched[pk] for pk in sorted(moments)], moments)
    open_ones = set(
        Symptom.objects.open()
        .filter(asset__in=[course.watched.asset.pk for course in courses], sensor=None)
        .values_list("asset", flat=True)
    )
    noteworthy = [
        course
        for course in courses
        if (course.alarms >= ALARM_LINE).any() or course.watched.asset.pk in open_ones
    ]
    requests = _requests(noteworthy)
    return [_scored(course, requests) for course in noteworthy], set(watched)


def watched_of(assets: Mapping[int, Asset]) -> dict[int, Watched]:
    """The assets that have a detector and still all of the sensors that it knows."""
    found = asset_detectors(assets)
    members: dict[int, dict[str, Sensor]] = {pk: {} for pk in found}
    for sensor in Sensor.objects.filter(asset__in=found):
        members[sensor.asset_id][sensor.code] = sensor
    return {
        pk: Watched(assets[pk], version, detector, members[pk])
        for pk, (version, detector) in found.items()
        if members[pk].keys() >= set(version.columns)
    }


def _moments(
    batches: Sequence[ReadingBatch], watched: Mapping[int, Watched]
) -> dict[int, tuple[int, int]]:
    """Of each watched asset the times of its first and last reading in the batches."""
    asset_of = {s.pk: pk for pk, one in watched.items() for s in one.columns}
    spans = merged(Span(*span) for batch in batches for span in batch.spans)
    found: dict[int, tuple[int, int]] = {}
    for sensor, (first, last) in extents(s for s in spans if s.sensor_id in asset_of).items():
        begin, end = found.get(asset_of[sensor], (first, last))
        found[asset_of[sensor]] = min(begin, first), max(end, last)
    return found


def _seen(watched: Sequence[Watched], moments: Mapping[int, tuple[int, int]]) -> list[Course]:
    """Take closed rows through the detectors, and keep the states after them."""
    widths = {one.asset.pk: (one.version, one.detector.begin(1).shape[1]) for one in watched}
    mine, others = asset_states.known(widths)
    heard = heard_of([sensor.pk for one in watched for sensor in one.columns])
    begun: list[tuple[Watched, int, int]] = []
    for one in watched:
        first, last = moments[one.asset.pk]
        # New to the asset: as if it had watched it until just before the first reading.
        edge = others.get(one.asset.pk, closed_before(first, one.width))
        until = mine[one.asset.pk].until if one.asset.pk in mine else edge
        sensors = [sensor.pk for sensor in one.columns]
        before = max(complete_until(sensors, heard, last, one.width), until)
        if before > until or one.asset.pk not in mine:
            begun.append((one, until, before))
    wanted = [
        Wanted(
            sensors=[sensor.pk for sensor in one.columns],
            width=one.width,
            first=until - (0 if one.asset.pk in mine else WARM_UP * one.width),
            before=before,
        )
        for one, until, before in begun
    ]
    courses, after = [], []
    for (one, until, before), rows in zip(begun, rows_of(wanted, most=MOST_ROWS), strict=True):
        course, now = _go_on(one, mine.get(one.asset.pk), rows, until, before)
        after.append((one.version, now))
        if course.past < course.block.rows:
            courses.append(course)
    asset_states.keep(after)
    return courses


def _go_on(
    watched: Watched, known: KnownAsset | None, rows: Rows, until: int, before: int
) -> tuple[Course, KnownAsset]:
    """Score rows, those kept from before in front, and what is known after them."""
    state = watched.detector.begin(1) if known is None else known.state
    micros, values = (rows.micros, rows.values) if known is None else _joined(known, rows)
    past = int(np.sum(micros < until))
    kept = max(micros.size - LOOK_BACK, 0)
    with np.errstate(all="ignore"):
        earlier, state = watched.detector.score(_block(micros[:kept], values[:kept]), state)
        latest, _ = watched.detector.score(_block(micros[kept:], values[kept:]), state)
    batch_ids = np.zeros(values.shape, dtype=np.int64)
    batch_ids[micros.size - len(rows) :] = rows.batch_ids
    course = Course(watched, _block(micros, values), batch_ids, _scores_of(earlier, latest), past)
    return course, KnownAsset(before, state, micros[kept:], values[kept:])


def _joined(known: KnownAsset, rows: Rows) -> tuple[Times, Values]:
    return np.r_[known.micros, rows.micros], np.vstack([known.values, rows.values])


def _block(micros: Times, values: Values) -> Block:
    return Block(micros[:, None], values)


def _scores_of(*parts: Scores) -> Scores:
    names = ("score", "expected", "low", "high", "channel", "contributions")
    return Scores(*(np.vstack([getattr(part, name) for part in parts]) for name in names))


def _requests(courses: Iterable[Course]) -> dict[int, str]:
    """The requests that brought the rows past the line, by their batches."""
    batches = {int(pk) for course in courses for pk in _beyond(course)}
    named = ReadingBatch.objects.filter(pk__in=batches) if batches else ReadingBatch.objects.none()
    return dict(named.values_list("pk", "correlation_id"))


def _beyond(course: Course) -> list[int]:
    past_line = course.alarms >= ALARM_LINE
    past_line[: course.past] = False
    found: list[int] = np.unique(course.batch_ids[past_line]).tolist()
    return [pk for pk in found if pk]


def _scored(course: Course, requests: Mapping[int, str]) -> Scored:
    # Of what was gone through before, the rules look at the last few rows only.
    begin = max(course.past - LOOK_BACK, 0)
    micros = course.block.micros[begin:, 0]
    watched = course.watched
    return Scored(
        asset=watched.asset,
        sensor=None,
        kind=Symptom.Kind.RELATION,
        detector=str(watched.version),
        micros=micros,
        values=foremost_values(course.block.values, course.scores)[begin:],
        scores=course.alarms[begin:],
        is_new=np.arange(begin, course.block.rows) >= course.past,
        explain=partial(_explain, course, begin),
        request_ids=tuple(requests[pk] for pk in _beyond(course) if pk in requests),
        members={code: watched.members[code] for code in watched.version.columns},
    )


def _explain(course: Course, begin: int, position: int) -> AssetExplanation:
    watched = course.watched
    return explanation(
        watched.detector, watched.version.columns, course.block, course.scores, begin + position
    )
