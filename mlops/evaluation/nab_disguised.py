"""The Numenta Anomaly Benchmark in other clothes: is it the machine that is seen, or the file?

The shipped detector and the cheap simpler methods are scored on copies of every series, by
the same rules as the series themselves. The mean over the copies is the figure to choose
settings by: the score of the plain files alone rewards settings that fit these files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.evaluation.base import Figures, Result
from mlops.evaluation.disguises import DISGUISES, WHOLE, disguised
from mlops.evaluation.nab import GOAL, WHOLE_SET
from mlops.evaluation.nab_files import Case, read
from mlops.evaluation.univariate_baselines import BASELINES
from mlops.evaluation.univariate_series import Floats, alarms, run_together
from mlops.metrics import nab

CHEAP = ("static z-score", "seasonal naive residual")

# Scores of readings, an array for each case.
Method = Callable[[Sequence[Case]], Sequence[Floats]]


def evaluate(data: Path, plots: Path | None) -> Result:
    """The standard profile at the alarm line on each kind of copy. Draws no picture."""
    cases = read(data / "nab").cases
    points = points_of(cases, shipped)
    lowest = min(points[name] for name in WHOLE)
    return Result(
        score=float(np.mean(list(points.values()))),
        goal=f"standard profile ≥ {GOAL:g} on every copy that keeps all readings",
        met=lowest >= GOAL,
        figures={"worst": min(points.values()), "worst_of_whole": lowest, **points},
        baselines={name: _summary(points_of(cases, _simpler(name))) for name in CHEAP},
        files=len(cases),
        of=WHOLE_SET,
        notes=("the score is the mean over the copies",),
    )


def points_of(cases: Sequence[Case], method: Method) -> dict[str, float]:
    """The standard score by kind of copy; none where no window can be hit."""
    found = {}
    for name in DISGUISES:
        copies = disguised(cases, name)
        labels = [copy.labels for copy in copies]
        if any(one.reachable for one in labels):
            flags = [alarms(c.series, s) for c, s in zip(copies, method(copies), strict=True)]
            found[name] = nab.score(labels, flags, nab.STANDARD)
    return found


def shipped(cases: Sequence[Case]) -> list[Floats]:
    """What the shipped detector says with its defaults."""
    return [s.score for s in run_together(SeasonalBaseline(), [case.series for case in cases])]


def _simpler(name: str) -> Method:
    return lambda cases: [
        BASELINES[name](case.series, max(case.labels.unscored, 2)) for case in cases
    ]


def _summary(points: dict[str, float]) -> Figures:
    return {"score": float(np.mean(list(points.values()))), "worst": min(points.values())}
