"""SKAB: experiments on a water circulation, with a valve being closed and other faults.

References: Katser and Kozitsin, Skoltech Anomaly Benchmark, 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.detectors.base import Values
from mlops.evaluation.base import DataMissingError, Figures, Result
from mlops.evaluation.multivariate_baselines import BASELINES, SHIPPED, Make
from mlops.evaluation.multivariate_plots import Panel, plot_scores
from mlops.evaluation.multivariate_tables import Watch, block_of, cost, read_table, watch
from mlops.metrics.batadal import false_alarm_starts
from mlops.metrics.pointwise import Flags, Pointwise

EXPERIMENTS = 34
TRAINING_ROWS = 400
INTERVAL = 1.0
DAY = 24 * 3600
LABELS = ("anomaly", "changepoint")
GOAL_F1, GOAL_FAR = 0.85, 0.20
PANELS = 6


@dataclass(frozen=True, slots=True)
class Experiment:
    """One file: sensors in columns, and which rows are anomalous."""

    name: str
    values: Values
    labels: Flags


def evaluate(data: Path, pictures: Path | None) -> Result:
    """Point-wise F1, FAR and MAR of the rows after the first 400, pooled over all files.

    The detector learns from the first 400 rows and draws its line through held-out slices
    of them. No row after them is looked at before it is scored.
    """
    experiments = load(data / "skab")
    watches = [run(experiment, SHIPPED) for experiment in experiments]
    figures = figures_of(experiments, watches)
    score, far = float(figures["f1"] or 0), float(figures["false_alarm_rate"] or 0)
    baselines = {
        name: figures_of(experiments, [run(experiment, make) for experiment in experiments])
        for name, make in BASELINES.items()
    }
    return Result(
        score=score,
        goal=f"F1 ≥ {GOAL_F1} with FAR ≤ {GOAL_FAR:.0%}",
        met=score >= GOAL_F1 and far <= GOAL_FAR,
        figures=figures,
        baselines=baselines | {"all ones": all_ones(experiments)},
        files=len(experiments),
        of=EXPERIMENTS,
        plots=() if pictures is None else (plot(pictures, experiments, watches),),
        notes=("where the first 400 rows hold a fault, it is learnt as normal",),
    )


def load(folder: Path) -> list[Experiment]:
    """All files with labels below a folder. DataMissingError if there are none."""
    found = []
    for path in sorted([*folder.glob("*/*.csv.gz"), *folder.glob("*/*.csv")]):
        table = read_table(path, delimiter=";")
        if LABELS[0] not in table.columns:
            continue
        sensors = [name for name in table.columns if name not in ("datetime", *LABELS)]
        labels = table.numbers([LABELS[0]])[:, 0] > 0
        if len(labels) > TRAINING_ROWS:
            name = f"{path.parent.name}/{path.name.split('.')[0]}"
            found.append(Experiment(name, table.numbers(sensors), labels))
    if not found:
        raise DataMissingError(f"no experiments in {folder}")
    return found


def run(experiment: Experiment, make: Make) -> Watch:
    """Learn from the first rows of an experiment and watch the others, going on from there."""
    history = block_of(experiment.values[:TRAINING_ROWS], INTERVAL)
    detector = make().fit(history)
    begun = watch(detector, history)
    return watch(detector, block_of(experiment.values[TRAINING_ROWS:], INTERVAL), begun.state)


def figures_of(experiments: Sequence[Experiment], watches: Sequence[Watch]) -> Figures:
    """Counts of all experiments pooled, and what they cost."""
    counts, starts, rows = Pointwise(), 0, 0
    for experiment, seen in zip(experiments, watches, strict=True):
        labels = experiment.labels[TRAINING_ROWS:]
        counts += Pointwise.of(seen.alarms, labels)
        starts += false_alarm_starts(seen.alarms, labels)
        rows += labels.size
    return {
        "f1": counts.f1,
        "precision": counts.precision,
        "recall": counts.recall,
        "false_alarm_rate": counts.false_alarm_rate,
        "missed_alarm_rate": counts.missed_alarm_rate,
        "false_alarms_per_day": starts * DAY / (rows * INTERVAL),
        **cost(list(watches), experiments[0].values.shape[1]),
    }


def all_ones(experiments: Sequence[Experiment]) -> Figures:
    """What calling every row anomalous gets."""
    labels = np.concatenate([e.labels[TRAINING_ROWS:] for e in experiments])
    counts = Pointwise.of(np.ones_like(labels), labels)
    return {
        "f1": counts.f1,
        "false_alarm_rate": counts.false_alarm_rate,
        "missed_alarm_rate": counts.missed_alarm_rate,
    }


def plot(pictures: Path, experiments: Sequence[Experiment], watches: Sequence[Watch]) -> Path:
    """Some experiments, evenly picked from all."""
    picked = np.unique(np.linspace(0, len(experiments) - 1, PANELS).astype(int))
    panels = [
        Panel(experiments[i].name, watches[i].score, experiments[i].labels[TRAINING_ROWS:])
        for i in picked
    ]
    return plot_scores(pictures / "skab_scores.png", panels)
