"""What an evaluation of one data set is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Figures = Mapping[str, float | int | None]


class DataMissingError(Exception):
    """The folder of a data set, or every file of it, is not there."""


@dataclass(frozen=True, slots=True)
class Result:
    """How the shipped defaults did on one data set.

    `score` is the set's own figure, `goal` what it is held against, in words and numbers
    (such as "F1 ≥ 0.85"). `figures` are further figures by name: false alarms a day, cost
    per reading in microseconds, bytes of state per sensor, parts of the score. `baselines`
    are the same figures for simpler methods, computed in this run, by name of the method.
    `files` says how many files of the set there were, `of` how many the whole set has.
    `plots` are the files that were written.
    """

    score: float
    goal: str
    met: bool
    figures: Figures
    baselines: Mapping[str, Figures]
    files: int
    of: int
    plots: tuple[Path, ...] = ()
    notes: tuple[str, ...] = field(default=())


# Takes the folder with all data sets and, if pictures are wanted, the folder for them.
# Uses whichever files of its set are there; raises DataMissingError if there are none.
Evaluation = Callable[[Path, Path | None], Result]
