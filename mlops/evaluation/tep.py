"""Tennessee Eastman: a simulated chemical plant under feedback control.

References: Downs and Vogel, A plant-wide industrial process control problem, 1993; Chiang,
Russell and Braatz, Fault Detection and Diagnosis in Industrial Systems, 2001.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.detectors.base import Values
from mlops.evaluation.base import DataMissingError, Figures, Result
from mlops.evaluation.multivariate_baselines import BASELINES, SHIPPED, Make
from mlops.evaluation.multivariate_plots import plot_detection
from mlops.evaluation.multivariate_tables import Watch, block_of, cost, read_table, watch
from mlops.metrics.batadal import false_alarm_starts

FAULTS = 21
INTERVAL = 180.0
DAY = 24 * 3600
# The first row of a run's fault.
FAULT_START = 160
# No method that learns from data alone finds these.
UNDETECTABLE = frozenset({3, 9, 15})
GOAL_RATE, GOAL_FAR = 0.92, 0.01


@dataclass(frozen=True, slots=True)
class Plant:
    """The run to learn from, a normal run that nothing learns from, and runs with faults."""

    history: Values
    normal: Values
    faults: Mapping[int, Values]


def evaluate(data: Path, pictures: Path | None) -> Result:
    """The part of faulty rows that are found, at few false alarms on a run set aside.

    Model and line are both from d00, the line from slices of it that are held out in
    turn; d00_te is for false alarms only. Every run starts anew, in the state in which
    nothing was read.
    """
    plant = load(data / "tep")
    figures, by_fault = measure(plant, SHIPPED)
    rate, far = float(figures["detection_rate"] or 0), float(figures["false_alarm_rate"] or 0)
    baselines, rates = {}, {"shipped": by_fault}
    for name, make in BASELINES.items():
        baselines[name], rates[name] = measure(plant, make)
    plots = () if pictures is None else (plot_detection(pictures / "tep_faults.png", rates),)
    return Result(
        score=rate,
        goal=f"mean detection ≥ {GOAL_RATE:.0%} with FAR ≤ {GOAL_FAR:.0%}",
        met=rate >= GOAL_RATE and far <= GOAL_FAR,
        figures=figures,
        baselines=baselines,
        files=len(plant.faults),
        of=FAULTS,
        plots=plots,
        notes=("faults 3, 9 and 15 are left out of the mean",),
    )


def load(folder: Path) -> Plant:
    """All runs in a folder. DataMissingError if the normal ones or all faults lack."""
    runs = {}
    for path in sorted([*folder.glob("d*.csv.gz"), *folder.glob("d*.csv")]):
        table = read_table(path)
        runs[path.name.split(".")[0]] = table.numbers(list(table.columns))
    faults = {int(n[1:3]): v for n, v in runs.items() if n.endswith("_te") and n != "d00_te"}
    if "d00" not in runs or "d00_te" not in runs or not set(faults) - UNDETECTABLE:
        raise DataMissingError(f"no normal run or no fault in {folder}")
    return Plant(runs["d00"], runs["d00_te"], faults)


def measure(plant: Plant, make: Make) -> tuple[Figures, Mapping[str, float]]:
    """Figures of one method, and its detection rate by fault."""
    detector = make().fit(block_of(plant.history, INTERVAL))

    def watched(values: Values) -> Watch:
        return watch(detector, block_of(values, INTERVAL))

    runs = {fault: watched(values) for fault, values in plant.faults.items()}
    normal = watched(plant.normal)
    rates = {f: float(run.alarms[FAULT_START:].mean()) for f, run in runs.items()}
    starts = false_alarm_starts(normal.alarms, np.zeros_like(normal.alarms))
    detectable = [rate for fault, rate in rates.items() if fault not in UNDETECTABLE]
    before = np.concatenate([run.alarms[:FAULT_START] for run in runs.values()])
    return {
        "detection_rate": float(np.mean(detectable)),
        "worst_detection_rate": min(detectable),
        "false_alarm_rate": float(normal.alarms.mean()),
        "false_alarm_rate_before_faults": float(before.mean()),
        "false_alarms_per_day": starts * DAY / (len(plant.normal) * INTERVAL),
        **cost([normal, *runs.values()], plant.normal.shape[1]),
    }, {f"fault {fault}": rate for fault, rate in rates.items()}
