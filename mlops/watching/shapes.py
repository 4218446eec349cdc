"""A look at the shapes of a sensor's readings since the look before: once a night.

It needs no state but how far it has come, for what a shape takes of the past is read back.
That, and the symptoms it leads to, are stored in one transaction, so each reading is looked
at once, however often a look dies and is begun again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import ALARM_LINE, LOOK_BACK
from maintenance.models import Symptom
from maintenance.recording import Explanation, Scored
from mlops.detectors.base import Block, Scores, Times, Values
from mlops.detectors.subsequences import Subsequences
from mlops.models import ModelVersion, ShapeLook
from mlops.registry import shape_detector
from mlops.watching.running import idle_rows
from mlops.watching.sensors import HIGHEST_SCORE
from sensors.history.windows import Past, micros_of, moment_of, pasts
from sensors.models import Reading, ReadingBatch, Sensor

# What is younger waits for the next night, so that what comes late finds its place.
SETTLED_AFTER = timedelta(hours=1)
# What is older than that is no news any more.
OLDEST = timedelta(days=3)
# In one look; of more, only the latest.
MOST_READINGS = 50_000
# Numbers beyond are no measurements, and overflow on the way. As in the hourly rollup.
LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class Seen:
    """Readings of a sensor with their scores. Those before `past` are not new."""

    sensor: Sensor
    version: ModelVersion
    detector: Subsequences
    block: Block
    scores: Scores
    past: int

    @property
    def alarms(self) -> Values:
        """NaN where there is nothing to say, as behind a gap."""
        return np.minimum(self.scores.score[:, 0], HIGHEST_SCORE)

    def explain(self, rows: NDArray[np.intp], position: int) -> Explanation:
        return self.detector.explain(self.block, self.scores, int(rows[position]), 0)


def settled(now: datetime) -> datetime:
    """Before this moment nothing more is expected to come."""
    return now - SETTLED_AFTER


def believed(values: Values) -> Values:
    """The values without those that nothing can be computed with."""
    return np.where(np.abs(values) <= LARGEST, values, np.nan)


def look_at_shapes(sensor: Sensor, now: datetime) -> Scored | None:
    """Score what came since the last look, and note how far it has come.

    Needs the row of the sensor to be locked. None where nothing is past the alarm line and
    no episode goes on, or where the shapes are not known yet.
    """
    look = ShapeLook.objects.filter(sensor=sensor).exclude(until=None).first()
    known = shape_detector(sensor.pk)
    if look is None or look.until is None or known is None:
        return None
    since = max(look.until, now - OLDEST)
    [(micros, values)] = pasts(
        [Past(sensor.pk, micros_of(since), micros_of(settled(now)))], most=MOST_READINGS
    )
    if not micros.size:
        return None
    look.until = moment_of(micros[-1])
    look.save(update_fields=["until"])
    return _noteworthy(_seen(sensor, *known, micros, values))


def _seen(
    sensor: Sensor, version: ModelVersion, detector: Subsequences, micros: Times, values: Values
) -> Seen:
    lags = detector.longest - 1
    [(earlier, before)] = pasts([Past(sensor.pk, None, int(micros[0]))], most=lags + LOOK_BACK)
    micros, values = np.r_[earlier, micros], believed(np.r_[before, values])
    values[idle_rows(sensor, micros, values)] = np.nan
    block = Block(micros[:, None], values[:, None])
    with np.errstate(all="ignore"):
        scores, _ = detector.score(block, detector.begin(1))
    # The first were held against the end of what was learnt, not what came before them.
    scores.score[np.cumsum(~np.isnan(values)) <= lags] = np.nan
    return Seen(sensor, version, detector, block, scores, earlier.size)


def _noteworthy(seen: Seen) -> Scored | None:
    rows = np.flatnonzero(~np.isnan(seen.alarms))
    beyond = rows[seen.alarms[rows] >= ALARM_LINE]
    new = rows >= seen.past
    sensor = seen.sensor
    goes_on = Symptom.objects.open().filter(sensor=sensor, kind=Symptom.Kind.ODD_SHAPE)
    if not (beyond >= seen.past).any() and not (new.any() and goes_on.exists()):
        return None
    requests, history = _brought(seen, beyond)
    rows = np.setdiff1d(rows, history)
    return Scored(
        asset=sensor.asset,
        sensor=sensor,
        kind=Symptom.Kind.ODD_SHAPE,
        detector=str(seen.version),
        micros=seen.block.micros[rows, 0],
        values=seen.block.values[rows, 0],
        scores=seen.alarms[rows],
        is_new=rows >= seen.past,
        explain=partial(seen.explain, rows),
        request_ids=requests,
    )


def _brought(seen: Seen, beyond: NDArray[np.intp]) -> tuple[tuple[str, ...], list[int]]:
    """The requests that brought the new readings past the line, and which of those past it
    came as history: that is stored and learnt from, and raises no alarm."""
    if not beyond.size:
        return (), []
    micros = seen.block.micros[:, 0]
    first, last = moment_of(micros[beyond[0]]), moment_of(micros[beyond[-1]])
    found = Reading.objects.filter(sensor=seen.sensor, taken_at__gte=first, taken_at__lte=last)
    batch_of = {micros_of(at): pk for at, pk in found.values_list("taken_at", "batch_id")}
    batches = ReadingBatch.objects.only("mode", "correlation_id").in_bulk(set(batch_of.values()))
    brought = {row: batches[batch_of[int(micros[row])]] for row in beyond.tolist()}
    live = [batch for row, batch in brought.items() if row >= seen.past and _is_live(batch)]
    requests = dict.fromkeys(batch.correlation_id for batch in live)
    return tuple(requests), [row for row, batch in brought.items() if not _is_live(batch)]


def _is_live(batch: ReadingBatch) -> bool:
    return batch.mode == ReadingBatch.Mode.LIVE
