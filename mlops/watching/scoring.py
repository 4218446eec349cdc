"""Score readings that are given, as if they had come now, and keep nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import ALARM_LINE, LOOK_BACK
from mlops.chosen_detectors import Choice
from mlops.detectors.base import State
from mlops.detectors.explaining import known as finite
from mlops.detectors.suite import Sight, Suite
from mlops.registry import sensor_suite
from mlops.watching import states
from mlops.watching.running import columns_of, idle
from mlops.watching.sensors import HISTORY
from mlops.watching.states import Known
from mlops.watching.stretches import Stretch, alike, side_by_side
from sensors.history.windows import Past, moment_of, pasts
from sensors.models import Sensor
from sensors.store.read_only import read_only

SuiteOf = Callable[[Sequence[Sensor]], Suite]


@dataclass(frozen=True, slots=True)
class Given:
    """Readings of one sensor in order of time, each moment once; arrays have shape (n,).

    `places` tells the readings apart for whoever gave them.
    """

    micros: NDArray[np.int64]
    values: NDArray[np.float64]
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Said:
    """Of one reading, by the detector that finds it the oddest. None where there is nothing
    to say."""

    score: float | None
    expected: float | None
    low: float | None
    high: float | None
    channel: str | None
    alarm: bool
    reason: str | None
    detector: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is by place. A place is missing there if its reading is not after
    `known_until`: the detectors of its sensor have gone past it. `learnt` of `needed`
    readings, where they do not know enough yet to speak."""

    said: dict[int, Said]
    known_until: datetime | None = None
    learnt: int | None = None
    needed: int | None = None


def score_given(
    given: Mapping[int, Given], sensors: Mapping[int, Sensor], choice: Choice | None = None
) -> dict[int, Answer]:
    """What the shipped detectors, or the chosen one, say of readings, by sensor.

    They go on from what they know of a sensor, and where they know nothing from its last
    stored readings before. Raises DetectorChoiceError.
    """

    def suite_of(some: Sequence[Sensor]) -> Suite:
        return Suite(choice.members(some), LOOK_BACK) if choice else sensor_suite(some)

    with read_only():
        stretches = _from_now_on(given, suite_of([]))
        still = idle(stretches, sensors, learn=False)
    answers = {
        stretch.sensor_id: Answer({}, moment_of(stretch.start.until) if stretch.start else None)
        for stretch in stretches
    }
    for group in alike(stretches):
        suite = suite_of([sensors[stretch.sensor_id] for stretch in group])
        unknown = suite.begin(1)[0]
        starts = [unknown if s.start is None else s.start.state for s in group]
        with np.errstate(all="ignore"):
            seen, after = suite.score(
                side_by_side(group), np.stack(starts), columns_of(group, still)
            )
        for series, stretch in enumerate(group):
            said = dict(_said(seen, series, stretch))
            learnt, needed = _learning(suite, after, series)
            before = answers[stretch.sensor_id]
            answers[stretch.sensor_id] = replace(before, said=said, learnt=learnt, needed=needed)
    return answers


def _from_now_on(given: Mapping[int, Given], suite: Suite) -> list[Stretch]:
    """The given readings, marked as new, from what is known of their sensors."""
    found = _known(given, suite)
    unknown = [pk for pk in given if pk not in found]
    asked = [Past(pk, None, int(given[pk].micros[0])) for pk in unknown]
    before = dict(zip(unknown, pasts(asked, most=HISTORY), strict=True))
    return [_stretch(pk, one, found.get(pk), before.get(pk)) for pk, one in given.items()]


def _known(given: Mapping[int, Given], suite: Suite) -> dict[int, Known]:
    shipped = sensor_suite([])
    found: dict[int, Known] = {}
    for pk, known in states.known(list(given), shipped.layout).items():
        state = known.state
        if suite.layout != shipped.layout:
            taken = suite.taken_over(shipped, state[None, :])
            if taken is None:
                continue
            state = taken[0]
        found[pk] = Known(known.until, state)
    return found


def _stretch(
    pk: int,
    given: Given,
    known: Known | None,
    before: tuple[NDArray[np.int64], NDArray[np.float64]] | None,
) -> Stretch:
    marks = given.places + 1
    if known:
        ahead = given.micros > known.until
        return Stretch(pk, known, given.micros[ahead], given.values[ahead], marks[ahead])
    assert before is not None
    micros, values = before
    return Stretch(
        pk,
        None,
        np.concatenate([micros, given.micros]),
        np.concatenate([values, given.values]),
        np.concatenate([np.zeros(micros.size, dtype=np.int64), marks]),
    )


def _said(seen: Sequence[Sight], series: int, stretch: Stretch) -> Iterator[tuple[int, Said]]:
    scores = np.stack([sight.scores.score[: stretch.size, series] for sight in seen])
    # Who has nothing to say comes last; among equals the first member has the word.
    oddest = np.argmax(np.nan_to_num(scores, nan=-1.0), axis=0)
    for row in np.flatnonzero(stretch.is_new).tolist():
        yield int(stretch.batch_ids[row]) - 1, _of_reading(seen[oddest[row]], row, series)


def _of_reading(sight: Sight, row: int, series: int) -> Said:
    scores, detector = sight.scores, sight.member.detector
    score = finite(float(scores.score[row, series]))
    alarm = score is not None and score >= ALARM_LINE
    channel = detector.channels[int(scores.channel[row, series])]
    return Said(
        score=score,
        expected=finite(float(scores.expected[row, series])),
        low=finite(float(scores.low[row, series])),
        high=finite(float(scores.high[row, series])),
        channel=None if score is None else channel,
        alarm=alarm,
        reason=sight.explain(row, series).reason if alarm else None,
        detector=sight.member.label,
    )


def _learning(suite: Suite, after: State, series: int) -> tuple[int | None, int | None]:
    """Of the detector that has most to learn yet: how many readings it knows, and needs."""
    lacking = [
        (member.detector.min_history - int(learnt[series]), member.detector.min_history)
        for member, learnt in suite.learning(after)
        if learnt[series] < member.detector.min_history
        and (member.watches is None or member.watches[series])
    ]
    if not lacking:
        return None, None
    missing, needed = max(lacking)
    return needed - missing, needed
