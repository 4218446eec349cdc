"""The evaluations of whole assets: what they read, and that they still reach their figures."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from mlops.evaluation import batadal, skab, tep
from mlops.evaluation.base import DataMissingError
from mlops.evaluation.multivariate_baselines import BASELINES, SHIPPED
from mlops.evaluation.multivariate_plots import Panel, plot_detection, plot_scores
from tests.mlops.evaluation.public_data import DATA, needs


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.write("\n".join(lines) + "\n")


def rows_of(values: np.ndarray, delimiter: str = ",") -> list[str]:
    return [delimiter.join(f"{value:.4f}" for value in row) for row in values]


@pytest.mark.parametrize("evaluation", [skab, tep, batadal])
def test_a_folder_without_data_is_said_to_be_so(evaluation, tmp_path):
    with pytest.raises(DataMissingError):
        evaluation.evaluate(tmp_path, None)


def test_skab_finds_a_shift_after_the_training_rows(tmp_path):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(700, 3))
    values[500:, 1] += 6
    labels = np.arange(700) >= 500
    lines = ["datetime;a;b;c;anomaly;changepoint"]
    lines += [
        f"2020-01-01 00:00:00;{row};{float(label)};0.0"
        for row, label in zip(rows_of(values, ";"), labels, strict=True)
    ]
    write(tmp_path / "skab" / "any" / "1.csv.gz", lines)

    (experiment,) = skab.load(tmp_path / "skab")
    figures = skab.figures_of([experiment], [skab.run(experiment, SHIPPED)])

    assert experiment.values.shape == (700, 3)
    assert (figures["f1"] or 0) > 0.95
    assert skab.all_ones([experiment])["f1"] == pytest.approx(2 * 200 / 500)


def test_tep_leaves_the_undetectable_faults_out_of_the_mean(tmp_path):
    rng = np.random.default_rng(2)
    header = ["x,y,z"]
    for name, shift in (("d00", 0), ("d00_te", 0), ("d01_te", 8), ("d03_te", 0)):
        values = rng.normal(size=(400, 3))
        values[160:, 0] += shift
        write(tmp_path / "tep" / f"{name}.csv.gz", header + rows_of(values))

    figures, by_fault = tep.measure(tep.load(tmp_path / "tep"), SHIPPED)

    assert figures["detection_rate"] == by_fault["fault 1"] > 0.98
    assert by_fault["fault 3"] < 0.05


def test_batadal_labels_the_hours_of_the_windows_in_its_files(tmp_path):
    folder = tmp_path / "batadal"
    header = ["DATETIME, a, b, ATT_FLAG"]
    hours = [f"0{day}/01/16 {hour:02d}" for day in range(1, 9) for hour in range(24)]
    for name in ("BATADAL_dataset03", "BATADAL_other"):
        values = np.random.default_rng(3).normal(size=(len(hours), 3))
        rows = [f"{h},{r}" for h, r in zip(hours, rows_of(values), strict=True)]
        write(folder / f"{name}.csv.gz", header + rows)
    (folder / "attack_windows.csv").write_text(
        "attack,set,start,end\n1,x,02/01/16 00,02/01/16 04\n2,y,02/05/17 00,02/05/17 04\n"
    )

    network = batadal.load(folder)

    assert network.windows == [(24, 28)]
    assert np.flatnonzero(network.labels).tolist() == [24, 25, 26, 27, 28]
    assert network.history.shape == (192, 2)


def test_plots_are_written_where_they_are_asked_for(tmp_path):
    panel = Panel("run", np.linspace(0, 2, 50), np.arange(50) > 25)

    scores = plot_scores(tmp_path / "scores.png", [panel, panel])
    rates = plot_detection(tmp_path / "rates.png", {"a": {"fault 1": 0.5}, "b": {"fault 1": 1}})

    assert scores.stat().st_size > 0
    assert rates.stat().st_size > 0


def test_every_baseline_can_be_made_twice():
    for make in (SHIPPED, *BASELINES.values()):
        assert make() is not make()


@needs("skab")
def test_skab_some_experiments_keep_their_figures():
    experiments = skab.load(DATA / "skab")[::3]

    figures = skab.figures_of(experiments, [skab.run(e, SHIPPED) for e in experiments])

    assert (figures["f1"] or 0) > 0.72


@needs("tep")
def test_tep_faults_are_found_without_false_alarms():
    figures, _ = tep.measure(tep.load(DATA / "tep"), SHIPPED)

    assert (figures["detection_rate"] or 0) >= 0.92
    assert (figures["false_alarm_rate"] or 0) <= 0.01


@needs("batadal")
def test_batadal_attacks_are_found_without_many_false_alarms():
    network = batadal.load(DATA / "batadal")

    figures, _ = batadal.measure(network, SHIPPED)

    assert (figures["score"] or 0) >= 0.9
    assert figures["attacks_detected"] == len(network.windows)
    assert (figures["false_alarms_per_day"] or 0) <= 0.5
