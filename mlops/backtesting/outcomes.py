"""What came of trying a detector, of sensors or of an asset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlops.backtesting.alarms import Alarm, Rates
from mlops.backtesting.judging import Judgement
from mlops.backtesting.standing import Standing

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Taught:
    """What a detector of an asset had learnt from: `rows` rows of `columns`, codes of
    sensors, in bins of `bin_seconds`. `left_out` rows were known to be odd."""

    learnt_from: datetime
    learnt_until: datetime
    rows: int
    left_out: int
    bin_seconds: int
    columns: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`detector` names the version too. Alarms come in order of time, rates in the order in
    which the sensors were given."""

    detector: str
    parameters: Mapping[str, float]
    alarms: list[Alarm]
    rates: list[Rates]
    judgement: Judgement
    standings: Sequence[Standing] = ()
    taught: Taught | None = None


def share_of(on_progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of several things that are done one after the other."""
    return lambda share: on_progress((number + share) / count)
