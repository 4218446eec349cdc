"""When does an anomaly begin and end? Pure rules: no database, no clock.

An anomaly is an episode, not a point. It opens when enough of the last readings are
past the alarm line and closes when the readings have been calm for a while (ISA-18.2
calls these on-delay and off-delay, here counted in readings).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

import numpy as np
from numpy.typing import NDArray

ALARM_LINE = 1.0
# Between the two a reading confirms nothing and ends nothing. Of a limit with a deadband
# this is where the deadband ends.
CALM_LINE = 0.9


@dataclass(frozen=True, slots=True)
class Rules:
    """`needed` of the last `among` readings past the line open an episode, or one at
    `at_once`; `calm_for` readings in a row below `calm_below` close it, if the first of them
    is `off_delay` ago. For the time `refractory` from the beginning of an episode no other
    opens, but for a score of `much_worse` times its peak: a fault that comes and goes is one
    thing to look at."""

    needed: int
    among: int
    at_once: float
    calm_below: float = CALM_LINE
    calm_for: int = 5
    off_delay: timedelta = timedelta(0)
    refractory: timedelta = timedelta(0)
    much_worse: float = inf


# A limit is somebody's decision: the first reading beyond it counts.
LIMIT_RULES = Rules(needed=1, among=1, at_once=ALARM_LINE)
# A statistical detector is wrong now and then: one odd reading is not yet a fault.
DEVIATION_RULES = Rules(needed=3, among=5, at_once=3.0)
# A detector whose score is a tail probability of a mean over readings needs no second
# delay, and whoever went to look needs not be called again on the same day.
TAIL_RULES = Rules(
    needed=1, among=1, at_once=ALARM_LINE, refractory=timedelta(days=1), much_worse=3.0
)
# Who looks once a night tells of a stretch that is odd, once: the same part of a signal is
# seen in many readings in a row, and one of those alone past the line means little.
SHAPE_RULES = replace(DEVIATION_RULES, refractory=timedelta(days=1), much_worse=3.0)
# What a rule says of a sensor counts at once, and is over with the first reading that is as
# it was. A sensor that comes and goes is one thing to look at.
SENSOR_RULES = replace(TAIL_RULES, calm_for=1)

# A process may step once. A value that jumps away and back is no process any more.
JUMP_RULES = replace(TAIL_RULES, needed=2, among=5, at_once=inf)

# How many readings before the new ones a caller must score, so that the rules give the
# same answer whether readings come one by one or together.
LOOK_BACK = 4


@dataclass(frozen=True, slots=True)
class Sighting:
    """One scored reading. Readings that are not new only give the rules their past."""

    at: datetime
    value: float
    score: float
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Episode:
    """`score` is the one now, `peak` the sighting with the highest. `scored_until` is how
    far it has come: a reading from before then came late and changes nothing. `calm_since`
    is the first of the calm readings that it ends with so far."""

    started_at: datetime
    last_seen_at: datetime
    scored_until: datetime
    score: float
    peak: Sighting
    ended_at: datetime | None = None
    calm_since: datetime | None = None

    def after(self, sighting: Sighting, calm_below: float) -> Episode:
        """The episode, still open, after one more reading."""
        calm_since = (self.calm_since or sighting.at) if sighting.score < calm_below else None
        moved_on = replace(
            self, score=sighting.score, scored_until=sighting.at, calm_since=calm_since
        )
        if sighting.score < ALARM_LINE:
            return moved_on
        return replace(
            moved_on,
            last_seen_at=sighting.at,
            peak=max(self.peak, sighting, key=lambda seen: seen.score),
        )


def advance(
    episode: Episode | None,
    sightings: Sequence[Sighting],
    rules: Rules,
    previous: Episode | None = None,
) -> list[Episode]:
    """Carry an open episode, or none, through scored readings in order of time.

    `previous` is the last one that has ended, for rules with a refractory period.
    Returns the episodes that new readings opened, changed or closed, in order: the one
    handed in comes first, and only the last may be open.
    """
    ended: list[Episode] = []
    recent: deque[Sighting] = deque(maxlen=rules.among)
    calm = 0
    touched = False
    for sighting in sightings:
        if sighting.is_new and episode and sighting.at <= episode.scored_until:
            continue
        recent.append(sighting)
        calm = calm + 1 if sighting.score < rules.calm_below else 0
        if not sighting.is_new:
            continue
        if episode is None:
            episode = _opened(recent, rules, previous)
        else:
            episode = episode.after(sighting, rules.calm_below)
            if calm >= rules.calm_for and _calm_time(episode) >= rules.off_delay:
                previous = replace(episode, ended_at=sighting.at)
                ended.append(previous)
                episode = None
        touched = episode is not None
    return [*ended, episode] if episode and touched else ended


def _calm_time(episode: Episode) -> timedelta:
    since = episode.calm_since
    return episode.scored_until - since if since else timedelta(0)


def _opened(recent: deque[Sighting], rules: Rules, previous: Episode | None) -> Episode | None:
    past = [sighting for sighting in recent if sighting.score >= ALARM_LINE]
    latest = recent[-1]
    if latest.score < ALARM_LINE:
        return None
    if len(past) < rules.needed and latest.score < rules.at_once:
        return None
    if (
        previous
        and latest.at < previous.started_at + rules.refractory
        and latest.score < rules.much_worse * previous.peak.score
    ):
        return None
    return Episode(
        started_at=past[0].at,
        last_seen_at=latest.at,
        scored_until=latest.at,
        score=latest.score,
        peak=max(past, key=lambda sighting: sighting.score),
    )


def openings(
    micros: NDArray[np.int64], scores: NDArray[np.float64], rules: Rules
) -> NDArray[np.intp]:
    """Rows at which episodes open, as `advance` would say, but fast enough for years.

    Both arrays have shape (rows,), in order of time; NaN is no sighting. A row counts from
    when the episode is known: with an on-delay this is later than its `started_at`.
    """
    seen = np.flatnonzero(~np.isnan(scores))
    at, score = micros[seen], scores[seen]
    past = score >= ALARM_LINE
    before = np.append(0, past.cumsum())
    among = before[1:] - before[np.maximum(np.arange(score.size) - rules.among + 1, 0)]
    ready = np.flatnonzero(past & ((among >= rules.needed) | (score >= rules.at_once)))
    refractory = rules.refractory // timedelta(microseconds=1)
    rows: list[int] = []
    free_from, peak, next_row = None, inf, 0
    for row in ready.tolist():
        if row < next_row:
            continue
        if free_from is not None and at[row] < free_from and score[row] < rules.much_worse * peak:
            continue
        begin = max(row - rules.among + 1, 0)
        first = begin + int(np.argmax(past[begin : row + 1]))
        last = _calm_at(at, score, row, rules)
        rows.append(row)
        free_from, peak = int(at[first]) + refractory, float(score[first : last + 1].max())
        next_row = last + 1
    return seen[np.array(rows, dtype=np.intp)]


def _calm_at(at: NDArray[np.int64], score: NDArray[np.float64], row: int, rules: Rules) -> int:
    """The row at which an episode that opened at `row` ends, or the number of rows."""
    off_delay = rules.off_delay // timedelta(microseconds=1)
    calm = 0
    for later in range(row + 1, score.size):
        calm = calm + 1 if score[later] < rules.calm_below else 0
        if calm >= rules.calm_for and at[later] - at[later - calm + 1] >= off_delay:
            return later
    return score.size
