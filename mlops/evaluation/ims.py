"""IMS bearings, tests 1 and 2: how long before its end is a failing bearing seen?

Two rigs of four bearings under constant load, run until bearings failed. One reading of
mean absolute acceleration in ten minutes, one or two sensors a bearing, each sensor with
the detector's defaults. A bearing is seen at its first alarm in the second half of the
test: an alarm before may be right, but nobody can tell. A surviving bearing may have no
alarm in the first half; later its neighbour's damage shakes it too.

References: Qiu, Lee, Lin and Yu, J. Sound and Vibration 289, 2006 (the data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.detectors.base import Scores
from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.evaluation.base import DataMissingError, Figures, Result
from mlops.evaluation.univariate_baselines import BASELINES
from mlops.evaluation.univariate_plots import draw
from mlops.evaluation.univariate_series import (
    Floats,
    Series,
    alarms,
    read_columns,
    run_together,
)

HOUR = 3_600_000_000  # Microseconds
AHEAD = 48.0
LEARN_SHARE = 0.15
FAILING = {
    "ims_test1_meanabs_10min.csv.gz": ("Bearing 3", "Bearing 4"),
    "ims_test2_meanabs_10min.csv.gz": ("Bearing 1",),
}


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor's series, with the bearing that it sits on and whether that failed."""

    bearing: str
    failed: bool
    series: Series


def evaluate(data: Path, plots: Path | None) -> Result:
    """How long ahead the failing bearings are seen, and what was said of the others."""
    paths = [path for name in FAILING if (path := data / "ims_bearings" / name).is_file()]
    if not paths:
        raise DataMissingError(f"no bearings in {data / 'ims_bearings'}")
    sensors = [sensor for path in paths for sensor in read(path)]
    scores = run_together(SeasonalBaseline(), [sensor.series for sensor in sensors])
    figures = figures_of(sensors, [one.score for one in scores])
    met = figures["seen_in_time"] == figures["failing"] and not figures["early_false_alarms"]
    return Result(
        score=float(figures["shortest_lead_hours"] or 0.0),
        goal=f"every failing bearing seen ≥ {AHEAD:g} h ahead, no early false alarm",
        met=bool(met),
        figures=figures,
        baselines={name: baseline(sensors, name) for name in BASELINES},
        files=len(paths),
        of=len(FAILING),
        plots=_pictures(plots, sensors, scores) if plots else (),
    )


def read(path: Path) -> list[Sensor]:
    """The sensors of one test, named by test and column."""
    test = path.name.split("_")[1]
    sensors = []
    for column in read_columns(path):
        bearing = " ".join(column.name.split()[:2])
        series = Series(f"{test} {column.name}", column.micros, column.values)
        sensors.append(Sensor(f"{test} {bearing}", bearing in FAILING[path.name], series))
    return sensors


def figures_of(sensors: Sequence[Sensor], scores: Sequence[Floats]) -> Figures:
    """Lead by failing bearing in hours, None if not seen, and alarms on the others."""
    leads: dict[str, float] = {}
    early = late = 0
    for sensor, score in zip(sensors, scores, strict=True):
        rows = np.flatnonzero(alarms(sensor.series, score))
        half = sensor.series.values.size // 2
        later = rows[rows >= half]
        if not sensor.failed:
            early, late = early + int(np.count_nonzero(rows < half)), late + later.size
            continue
        leads.setdefault(sensor.bearing, 0.0)
        if later.size:
            micros = sensor.series.micros
            lead = float(micros[-1] - micros[later[0]]) / HOUR
            leads[sensor.bearing] = max(lead, leads[sensor.bearing])
    return {
        "failing": len(leads),
        "seen_in_time": sum(lead >= AHEAD for lead in leads.values()),
        "shortest_lead_hours": min(leads.values()),
        **{f"lead_hours {name}": lead or None for name, lead in leads.items()},
        "early_false_alarms": early,
        "later_alarms_on_survivors": late,
    }


def baseline(sensors: Sequence[Sensor], name: str) -> Figures:
    """The same figures for a simpler method that learns from the beginning."""
    scores = []
    for sensor in sensors:
        learn = int(LEARN_SHARE * sensor.series.values.size)
        score = BASELINES[name](sensor.series, learn)
        score[:learn] = np.nan
        scores.append(score)
    return figures_of(sensors, scores)


def _pictures(
    folder: Path, sensors: Sequence[Sensor], scores: Sequence[Scores]
) -> tuple[Path, ...]:
    """One sensor of each failing bearing."""
    first = {s.bearing: i for i, s in reversed(list(enumerate(sensors))) if s.failed}
    return tuple(
        draw(
            folder / f"ims_{sensors[i].series.name.replace(' ', '_')}.png",
            sensors[i].series,
            scores[i],
            alarms(sensors[i].series, scores[i].score),
        )
        for i in sorted(first.values())
    )
