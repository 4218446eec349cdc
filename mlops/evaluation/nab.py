"""The Numenta Anomaly Benchmark: 58 series of servers, machines, markets and messages.

The alarm line is score 1, fixed beforehand, and an alarm is the beginning of an episode
under the rules that the product ships: so the figures are of alarms that people would get.
The benchmark's own tables choose the threshold in hindsight, on the labels; that figure is
given beside as `best_in_hindsight`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Scores
from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.evaluation.base import Figures, Result
from mlops.evaluation.nab_files import Case, read
from mlops.evaluation.univariate_baselines import BASELINES
from mlops.evaluation.univariate_plots import draw
from mlops.evaluation.univariate_series import alarms, run_together
from mlops.metrics import nab

GOAL = 65.0
WHOLE_SET = 58
DAY = 86_400_000_000  # Microseconds
HINDSIGHT = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25)
PROFILES = {"score": nab.STANDARD, "low_fp": nab.LOW_FALSE_ALARMS, "low_fn": nab.LOW_MISSES}

Flags = Sequence[NDArray[np.bool_]]


def evaluate(data: Path, plots: Path | None) -> Result:
    """Score the shipped detector and the simpler ones on the files that are there."""
    files = read(data / "nab")
    cases = files.cases
    detector = SeasonalBaseline()
    began = time.process_time()
    scores = run_together(detector, [case.series for case in cases])
    took = time.process_time() - began
    flags = [alarms(c.series, s.score) for c, s in zip(cases, scores, strict=True)]
    figures = figures_of(cases, flags)
    score = float(figures["score"] or 0.0)
    return Result(
        score=score,
        goal=f"standard profile ≥ {GOAL:g} at the alarm line",
        met=score >= GOAL,
        figures={
            **figures,
            "best_in_hindsight": _best_in_hindsight(cases, scores),
            "microseconds_per_reading": 1e6 * took / sum(c.labels.rows for c in cases),
            "state_bytes_per_sensor": detector.begin(1).nbytes,
        },
        baselines={name: baseline(cases, name) for name in BASELINES},
        files=len(cases),
        of=WHOLE_SET,
        plots=_pictures(plots, cases, scores, flags) if plots else (),
        notes=(
            "alarms are beginnings of episodes, in all methods",
            "rows of probation unscored",
            *(f"left out, no series with labels: {name}" for name in files.left_out),
        ),
    )


def figures_of(cases: Sequence[Case], flags: Flags) -> Figures:
    """The benchmark's scores, and what they are made of."""
    labels = [case.labels for case in cases]
    hit, windows = nab.hits(labels, flags)
    false = nab.false_alarms(labels, flags)
    days = sum(_healthy_days(case) for case in cases)
    return {
        **{name: nab.score(labels, flags, profile) for name, profile in PROFILES.items()},
        "windows_hit": hit,
        "windows": windows,
        "false_alarms": false,
        "false_alarms_per_day": false / days,
    }


def baseline(cases: Sequence[Case], name: str) -> Figures:
    """The same figures for a simpler method, under the same rules."""
    began = time.process_time()
    scores = [BASELINES[name](case.series, max(case.labels.unscored, 2)) for case in cases]
    took = time.process_time() - began
    flags = [alarms(case.series, s) for case, s in zip(cases, scores, strict=True)]
    rows = sum(case.labels.rows for case in cases)
    return {**figures_of(cases, flags), "microseconds_per_reading": 1e6 * took / rows}


def _best_in_hindsight(cases: Sequence[Case], scores: Sequence[Scores]) -> float:
    """The standard score at the best of some alarm lines: not a figure to promise."""
    return max(
        nab.score(
            [case.labels for case in cases],
            [alarms(c.series, s.score / line) for c, s in zip(cases, scores, strict=True)],
            nab.STANDARD,
        )
        for line in HINDSIGHT
    )


def _healthy_days(case: Case) -> float:
    """How long the scored rows outside of windows last."""
    outside = np.count_nonzero(case.labels.window_of()[case.labels.unscored :] < 0)
    return float(outside * np.median(np.diff(case.series.micros)) / DAY)


def _pictures(
    folder: Path, cases: Sequence[Case], scores: Sequence[Scores], flags: Flags
) -> tuple[Path, ...]:
    """The best and the worst labelled series, and the one with most false alarms."""
    points = [nab.score([c.labels], [f], nab.STANDARD) for c, f in zip(cases, flags, strict=True)]
    wrong = [nab.false_alarms([c.labels], [f]) for c, f in zip(cases, flags, strict=True)]
    chosen = {int(np.nanargmax(points)), int(np.nanargmin(points)), int(np.argmax(wrong))}
    return tuple(
        draw(
            folder / f"nab_{cases[i].series.name}.png",
            cases[i].series,
            scores[i],
            flags[i],
            cases[i].labels.windows,
        )
        for i in sorted(chosen)
    )
