"""How likely is an episode real? Stated rules, each with its part. Pure: no database.

Each rule speaks for or against in log-odds, and the sum is turned into a number from 0 to
1. So rules can be read one by one, none can decide alone, and what people found out before
outweighs them all in the end. The numbers are judgement, not learnt: raise VERSION when one
changes, for it stands with each episode that was rated by it.

References: Good, Weighing Evidence, 1985, for adding log-odds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, log

VERSION = "1"

LIMIT = 2.0  # A limit is somebody's decision, and a value beyond it is a fact.
SENSOR_RULE = 1.0
STATISTICAL = -0.4  # A chance of one in a thousand comes by once in a thousand.
PER_SCORE, MOST_OF_SCORE = 0.8, 2.4
ALL_GOOD, NONE_GOOD = 0.3, -2.0
PER_SENSOR, MOST_OF_SENSORS, NOBODY_AGREES = 0.7, 1.4, -0.4
# So few others would have seen it too: their silence says something.
OTHERS_THAT_COUNT = 2
STABLE, VOLATILE, RECURRING = 0.4, -0.8, 0.1
VOLATILE_FROM = 5
MOST_OF_VERDICTS = 2.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known when an episode opens or gets worse.

    `good_share` is that of the last readings of its sensor, None where there are none.
    `agreeing` of `others`, the other sensors of the asset, show something too; None where
    the sensors are not of one machine. `before` counts episodes of this sensor and kind in
    the last 30 days, `brief` those of them that were soon over by themselves. `right` and
    `wrong` are verdicts on the same detector and asset.
    """

    score: float
    is_limit: bool = False
    of_sensor: bool = False
    good_share: float | None = None
    agreeing: int | None = None
    others: int = 0
    before: int = 0
    brief: int = 0
    right: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one rule says: in log-odds, above zero for real."""

    rule: str
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Credibility:
    value: float
    contributions: tuple[Contribution, ...]

    def as_rows(self) -> list[dict[str, object]]:
        """The contributions as JSON keeps them."""
        return [asdict(part) | {"version": VERSION} for part in self.contributions]


def rate(evidence: Evidence) -> Credibility:
    """How likely an episode is real, and what each rule has to say to that.

    >>> rate(Evidence(score=2.5, is_limit=True)).value > 0.9
    True
    >>> [part.rule for part in rate(Evidence(score=1.1)).contributions]
    ['detector', 'history']
    """
    rules = (_detector, _quality, _agreement, _history, _verdicts)
    parts = tuple(part for rule in rules if (part := rule(evidence)))
    odds = sum(part.points for part in parts)
    return Credibility(round(1 / (1 + exp(-odds)), 3), parts)


def _detector(evidence: Evidence) -> Contribution:
    if evidence.is_limit:
        points, words = LIMIT, "a limit that somebody set"
    elif evidence.of_sensor:
        points, words = SENSOR_RULE, "a rule about sensors"
    else:
        points, words = STATISTICAL, "an unusual reading"
    points += min(PER_SCORE * max(evidence.score - 1, 0.0), MOST_OF_SCORE)
    return _part("detector", points, f"{words}, score {evidence.score:.3g}")


def _quality(evidence: Evidence) -> Contribution | None:
    # Doubtful readings are what a fault of a sensor looks like: no argument against it.
    if evidence.good_share is None or evidence.of_sensor:
        return None
    points = NONE_GOOD + (ALL_GOOD - NONE_GOOD) * evidence.good_share
    return _part("quality", points, f"{evidence.good_share:.0%} of its last readings are good")


def _agreement(evidence: Evidence) -> Contribution | None:
    if evidence.agreeing is None or evidence.of_sensor:
        return None
    if evidence.agreeing:
        points = min(PER_SENSOR * evidence.agreeing, MOST_OF_SENSORS)
        words = f"{evidence.agreeing} of {evidence.others} other sensors show something too"
        return _part("agreement", points, words)
    if evidence.others < OTHERS_THAT_COUNT:
        return None
    words = f"none of {evidence.others} other sensors shows anything"
    return _part("agreement", NOBODY_AGREES, words)


def _history(evidence: Evidence) -> Contribution:
    if evidence.before <= 1:
        return _part("history", STABLE, "stable: hardly ever seen on this sensor in 30 days")
    seen = f"seen {evidence.before} times in 30 days"
    if evidence.before >= VOLATILE_FROM and 2 * evidence.brief > evidence.before:
        return _part("history", VOLATILE, f"volatile: {seen}, mostly over within minutes")
    return _part("history", RECURRING, f"recurring: {seen}")


def _verdicts(evidence: Evidence) -> Contribution | None:
    if not evidence.right + evidence.wrong:
        return None
    points = log((evidence.right + 1) / (evidence.wrong + 1))
    points = max(-MOST_OF_VERDICTS, min(points, MOST_OF_VERDICTS))
    words = f"this detector was right {evidence.right} and wrong {evidence.wrong} times here"
    return _part("verdicts", points, words)


def _part(rule: str, points: float, words: str) -> Contribution:
    return Contribution(rule, round(points, 3), words)
