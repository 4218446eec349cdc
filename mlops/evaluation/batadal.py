"""BATADAL: attacks on the control of a water network, some of them hidden by replay.

References: Taormina et al., Battle of the Attack Detection Algorithms, 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from mlops.detectors.base import Values
from mlops.evaluation.base import DataMissingError, Figures, Result
from mlops.evaluation.multivariate_baselines import BASELINES, SHIPPED, Make
from mlops.evaluation.multivariate_plots import Panel, plot_scores
from mlops.evaluation.multivariate_tables import Watch, block_of, cost, read_table, watch
from mlops.metrics.batadal import Window, attack_score, false_alarm_starts
from mlops.metrics.pointwise import Flags, Pointwise

FILES = 3
INTERVAL = 3600.0
ROWS_A_DAY = 24
FORM = "%d/%m/%y %H"
CLEAN = "BATADAL_dataset03"
GOAL_SCORE, GOAL_FALSE_ALARMS = 0.90, 0.5


@dataclass(frozen=True, slots=True)
class Network:
    """The clean year, and the attacked months one after the other."""

    history: Values
    attacked: tuple[Values, ...]
    windows: list[Window]
    labels: Flags


def evaluate(data: Path, pictures: Path | None) -> Result:
    """S of the months with attacks, by a detector that knows the clean year only."""
    network = load(data / "batadal")
    figures, score = measure(network, SHIPPED)
    s, alarms = float(figures["score"] or 0), float(figures["false_alarms_per_day"] or 0)
    found = figures["attacks_detected"] == len(network.windows)
    panel = Panel("attacked months", score, network.labels)
    return Result(
        score=s,
        goal=(
            f"S ≥ {GOAL_SCORE}, all {len(network.windows)} attacks, "
            f"≤ {GOAL_FALSE_ALARMS} false alarms a day"
        ),
        met=s >= GOAL_SCORE and found and alarms <= GOAL_FALSE_ALARMS,
        figures=figures,
        baselines={name: measure(network, make)[0] for name, make in BASELINES.items()}
        | {"all ones": all_ones(network)},
        files=1 + len(network.attacked),
        of=FILES,
        plots=() if pictures is None else (plot_scores(pictures / "batadal_scores.png", [panel]),),
    )


def load(folder: Path) -> Network:
    """The files of a folder. DataMissingError if the clean year or all attacks lack."""
    paths = sorted([*folder.glob("BATADAL_*.csv.gz"), *folder.glob("BATADAL_*.csv")])
    clean = [path for path in paths if path.name.startswith(CLEAN)]
    listed = folder / "attack_windows.csv"
    if not clean or len(paths) == 1 or not listed.exists():
        raise DataMissingError(f"no clean year or no attacks in {folder}")
    history = read_table(clean[0])
    sensors = [name for name in history.columns if name not in ("DATETIME", "ATT_FLAG")]
    attacks = read_table(listed)
    spans = list(zip(attacks.times("start", FORM), attacks.times("end", FORM), strict=True))
    attacked: list[Values] = []
    windows: list[Window] = []
    offset = 0
    for path in paths:
        if path not in clean:
            table = read_table(path)
            found = windows_in(table.times("DATETIME", FORM), spans)
            windows += [(first + offset, last + offset) for first, last in found]
            attacked.append(table.numbers(sensors))
            offset += len(attacked[-1])
    labels = np.zeros(offset, dtype=bool)
    for first, last in windows:
        labels[first : last + 1] = True
    return Network(history.numbers(sensors), tuple(attacked), windows, labels)


def windows_in(times: list[datetime], spans: list[tuple[datetime, datetime]]) -> list[Window]:
    """Numbers of the first and last row of each span that lies in these times."""
    found = []
    for start, end in spans:
        rows = [row for row, time in enumerate(times) if start <= time <= end]
        if rows:
            found.append((rows[0], rows[-1]))
    return found


def measure(network: Network, make: Make) -> tuple[Figures, Values]:
    """Figures of one method, and its scores of all attacked months."""
    detector = make().fit(block_of(network.history, INTERVAL))
    runs: list[Watch] = [
        watch(detector, block_of(values, INTERVAL)) for values in network.attacked
    ]
    alarms = np.concatenate([run.alarms for run in runs])
    columns = network.history.shape[1]
    return _figures(network, alarms) | cost(runs, columns), np.concatenate(
        [run.score for run in runs]
    )


def all_ones(network: Network) -> Figures:
    """What an alarm that never ends gets."""
    return _figures(network, np.ones_like(network.labels))


def _figures(network: Network, alarms: Flags) -> dict[str, float | int | None]:
    result = attack_score(alarms, network.labels, network.windows)
    counts = Pointwise.of(alarms, network.labels)
    starts = false_alarm_starts(alarms, network.labels)
    return {
        "score": result.score,
        "time_to_detection": result.time_to_detection,
        "classification": result.classification,
        "attacks_detected": result.detected,
        "false_alarm_rate": counts.false_alarm_rate,
        "missed_alarm_rate": counts.missed_alarm_rate,
        "false_alarms_per_day": starts * ROWS_A_DAY / len(alarms),
    }
