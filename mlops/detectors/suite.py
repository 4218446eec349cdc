"""The detectors that watch single sensors, as one: a block goes in, scores by kind come out.

Beside what its members know, the state holds the last few scores of each kind, because
whether an episode begins depends on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Detector, Explanation, Scores, State, Values

Mask = NDArray[np.bool_]

# Time, value and score of one sighting.
FIELDS = 3
# The channel of a member whose scores of readings are no alarms: it has to be asked.
ONLY_ASKED = -1


@dataclass(frozen=True, slots=True)
class Member:
    """A detector of the suite, and the kind of anomaly that its alarms are.

    With `channel`, only the scores of that channel count: one detector may stand for
    several kinds. What is not `gated` sees readings of a machine that does not run as well.
    `watches`, of shape (series,), leaves series out: to those it is as if nothing came.
    """

    kind: str
    name: str
    detector: Detector
    channel: int | None = None
    gated: bool = True
    watches: Mask | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """What an anomaly stores of its detector."""
        return f"{self.name}#{self.detector.version}"


@dataclass(frozen=True, slots=True)
class Recent:
    """The last sightings of one kind before a block; arrays of shape (count, series).

    Where there were fewer, the first ones are NaN.
    """

    micros: Values
    values: Values
    scores: Values


@dataclass(frozen=True, slots=True)
class Sight:
    """What one member saw of a block; what it was not shown is NaN in `block`."""

    member: Member
    block: Block
    scores: Scores
    before: Recent

    @property
    def alarms(self) -> Values:
        """Scores of shape (rows, series), 0 where the member has nothing to say."""
        return np.nan_to_num(self.scores.score, nan=0.0)

    def explain(self, row: int, series: int) -> Explanation:
        """Why a reading scored as it did, and in which of the detector's channels."""
        detector = self.member.detector
        said = detector.explain(self.block, self.scores, row, series)
        channel = detector.channels[int(self.scores.channel[row, series])]
        return Explanation(said.reason, {**said.evidence, "channel": channel})


class Suite:
    """Members that each see every block. `recent` is how many sightings are remembered."""

    def __init__(self, members: Sequence[Member], recent: int) -> None:
        self.members = members
        self.recent = recent
        # Members that share a detector share its state and its scores.
        self._detectors = list({id(m.detector): m.detector for m in members}.values())
        self._widths = [detector.begin(0).shape[1] for detector in self._detectors]

    @property
    def layout(self) -> str:
        """Names what a state means: states of another layout cannot be gone on from."""
        told = [
            f"{m.kind} {m.label} {m.channel} {m.detector.begin(0).shape[1]}" for m in self.members
        ]
        return hashlib.sha256(repr((told, self.recent)).encode()).hexdigest()

    @property
    def width(self) -> int:
        return sum(self._widths) + len(self.members) * self.recent * FIELDS

    def begin(self, series: int) -> State:
        unseen = np.full((series, len(self.members) * self.recent * FIELDS), np.nan)
        return np.hstack([*(detector.begin(series) for detector in self._detectors), unseen])

    def taken_over(self, other: Suite, state: State) -> State | None:
        """The state to go on with where another suite left off, with no sightings yet.

        None if the other has not all of these detectors, by name, version and width.
        """
        *parts, _ = np.split(state, np.cumsum(other._widths), axis=1)
        found = {
            (m.label, part.shape[1]): part
            for detector, part in zip(other._detectors, parts, strict=True)
            for m in other.members
            if m.detector is detector
        }
        mine = [self._member_of(detector).label for detector in self._detectors]
        wanted = list(zip(mine, self._widths, strict=True))
        if not all(key in found for key in wanted):
            return None
        unseen = self.begin(len(state))[:, sum(self._widths) :]
        return np.hstack([*(found[key] for key in wanted), unseen])

    def score(
        self, block: Block, state: State, idle: Mask | None = None
    ) -> tuple[list[Sight], State]:
        """What each member sees, and the state after the block.

        `idle`, of the shape of the values, says where the machine did not run.
        """
        *parts, recents = np.split(state, np.cumsum(self._widths), axis=1)
        scored, shown, after = {}, {}, []
        for detector, part in zip(self._detectors, parts, strict=True):
            member = self._member_of(detector)
            seen = shown[id(detector)] = _shown(block, member, idle)
            if member.watches is not None and not member.watches.any():
                scored[id(detector)], new = _nothing(seen), part
            else:
                scored[id(detector)], new = detector.score(seen, part)
            after.append(new)
        remembered = recents.reshape(block.columns, len(self.members), self.recent, FIELDS)
        sights = [
            Sight(
                member,
                shown[id(member.detector)],
                _of_channel(scored[id(member.detector)], member.channel),
                Recent(*np.moveaxis(remembered[:, number], (2, 1), (0, 1))),
            )
            for number, member in enumerate(self.members)
        ]
        now = np.stack([_remember(sight, self.recent) for sight in sights], axis=1)
        return sights, np.hstack([*after, now.reshape(block.columns, -1)])

    def learning(self, state: State) -> Iterator[tuple[Member, NDArray[np.int64]]]:
        """The members that have not learnt enough of some series, and how far they are."""
        *parts, _ = np.split(state, np.cumsum(self._widths), axis=1)
        for detector, part in zip(self._detectors, parts, strict=True):
            learnt, watches = detector.learnt(part), self._member_of(detector).watches
            if watches is not None:
                # There is nothing to learn of those that it leaves out.
                learnt = np.where(watches, learnt, detector.min_history)
            if (learnt < detector.min_history).any():
                yield self._member_of(detector), learnt

    def part(self, member: Member, state: State) -> State:
        """What a member's detector knows, out of the state of all."""
        *parts, _ = np.split(state, np.cumsum(self._widths), axis=1)
        return next(
            part
            for detector, part in zip(self._detectors, parts, strict=True)
            if detector is member.detector
        )

    def _member_of(self, detector: Detector) -> Member:
        return next(member for member in self.members if member.detector is detector)


def together(parts: Sequence[Sequence[Sight]]) -> list[Sight]:
    """What was seen of a block in parts, one after another, as if it had been seen at once."""
    if len(parts) == 1:
        return list(parts[0])
    names = ("score", "expected", "low", "high", "channel")
    return [
        replace(
            sights[0],
            block=Block(
                np.vstack([sight.block.micros for sight in sights]),
                np.vstack([sight.block.values for sight in sights]),
            ),
            scores=Scores(*(np.vstack([getattr(s.scores, n) for s in sights]) for n in names)),
        )
        for sights in zip(*parts, strict=True)
    ]


def _shown(block: Block, member: Member, idle: Mask | None) -> Block:
    """What a member is shown of a block."""
    hidden = np.zeros(block.values.shape, dtype=bool)
    if idle is not None and member.gated:
        hidden |= idle
    if member.watches is not None:
        hidden |= ~member.watches
    return replace(block, values=np.where(hidden, np.nan, block.values)) if hidden.any() else block


def _nothing(block: Block) -> Scores:
    """The scores of who watches nobody."""
    unknown = np.full(block.values.shape, np.nan)
    return Scores(unknown, unknown, unknown, unknown, np.zeros(unknown.shape, dtype=np.int8))


def _of_channel(scores: Scores, channel: int | None) -> Scores:
    if channel is None:
        return scores
    if channel == ONLY_ASKED:
        return replace(scores, score=np.full(scores.score.shape, np.nan))
    score = np.where((scores.channel == channel) | np.isnan(scores.score), scores.score, 0.0)
    return Scores(score, scores.expected, scores.low, scores.high, scores.channel)


def _remember(sight: Sight, count: int) -> Values:
    """The last sightings after a block, of shape (series, count, FIELDS)."""
    block, before = sight.block, sight.before
    micros = np.broadcast_to(block.micros, block.values.shape)
    seen = np.stack(
        [
            np.vstack([before.micros, micros]),
            np.vstack([before.values, block.values]),
            np.vstack([before.scores, sight.alarms]),
        ],
        axis=2,
    )
    # Where there was a reading, how many there are from here to the end.
    there = ~np.isnan(seen[:, :, 1])
    left = np.where(there, np.cumsum(there[::-1], axis=0)[::-1], 0)
    kept = np.full((block.columns, count, FIELDS), np.nan)
    for back in range(1, count + 1):
        row, series = np.nonzero(left == back)
        kept[series, count - back] = seen[row, series]
    return kept
