"""The evaluations of one sensor, on made-up files and, where they are, on the real ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.evaluation import ims, nab, nab_files, univariate_cost
from mlops.evaluation.base import DataMissingError
from mlops.evaluation.nab_files import Case
from mlops.evaluation.univariate_baselines import BASELINES
from mlops.evaluation.univariate_series import Series, alarms, run_together
from tests.mlops.evaluation.public_data import DATA, needs

SPIKE_AT = 900


def times(rows: int, minutes: int) -> list[str]:
    begin = np.datetime64("2024-03-04T00:00:00")
    moments = begin + np.arange(rows) * np.timedelta64(minutes, "m")
    return [str(moment).replace("T", " ") for moment in moments]


def write(path: Path, header: str, rows: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.write("\n".join([header, *rows]) + "\n")


@pytest.fixture(scope="module")
def nab_cases() -> list[Case]:
    return nab_files.read(DATA / "nab").cases


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """One quiet series of 1200 readings with one great spike in its only window."""
    values = np.random.default_rng(0).normal(size=1200)
    values[SPIKE_AT : SPIKE_AT + 5] += 80
    stamps = times(1200, 5)
    rows = [f"{stamp},{value}" for stamp, value in zip(stamps, values, strict=True)]
    write(tmp_path / "nab" / "data" / "made" / "up.csv.gz", "timestamp,value", rows)
    window = [f"{stamps[SPIKE_AT - 30]}.000000", f"{stamps[SPIKE_AT + 29]}.000000"]
    labels = tmp_path / "nab" / "labels" / "combined_windows.json"
    labels.parent.mkdir()
    labels.write_text(json.dumps({"made/up.csv": [window], "made/not_here.csv": []}))
    return tmp_path


def test_the_benchmark_is_scored_on_the_files_that_are_there(made_up: Path) -> None:
    result = nab.evaluate(made_up, made_up / "plots")

    assert (result.files, result.of) == (1, 58)
    assert result.figures["windows"] == result.figures["windows_hit"] == 1
    # In the middle of its window: 2 / (1 + exp(-2.5)) - 1 = 0.84828 of 0.98661.
    expected = 100 * (1 + 0.84828 / 0.98661) / 2 - 5.5 * (result.figures["false_alarms"] or 0)
    assert result.score == pytest.approx(expected, abs=0.5)
    assert set(result.baselines) == set(BASELINES)
    assert all(path.stat().st_size > 1000 for path in result.plots)


@pytest.mark.parametrize("evaluation", [nab, ims])
def test_a_missing_set_is_said(evaluation, tmp_path: Path) -> None:
    with pytest.raises(DataMissingError):
        evaluation.evaluate(tmp_path, None)


def test_bearings_are_held_against_their_own_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = 0.06 + 0.001 * rng.normal(size=(1000, 4))
    values[600:, 0] += np.linspace(0, 0.1, 400)
    rows = [
        ",".join([stamp, *map(str, row)])
        for stamp, row in zip(times(1000, 10), values.tolist(), strict=True)
    ]
    header = "datetime,Bearing 1,Bearing 2,Bearing 3,Bearing 4"
    write(tmp_path / "ims_bearings" / "ims_test2_meanabs_10min.csv.gz", header, rows)

    result = ims.evaluate(tmp_path, None)

    assert result.met
    assert (result.files, result.of) == (1, 2)
    # It begins 400 readings of ten minutes ahead of the end, slowly.
    assert 55 < result.score < 400 / 6
    assert result.figures["early_false_alarms"] == 0


def test_a_simpler_method_finds_the_spike_too() -> None:
    values = np.random.default_rng(0).normal(size=1200)
    values[SPIKE_AT] += 80
    one = Series("one", np.arange(1200) * 300_000_000, values)

    for baseline in BASELINES.values():
        assert baseline(one, 180)[SPIKE_AT] >= 1


def test_the_cost_is_a_number_of_readings_a_second() -> None:
    assert univariate_cost.rate(SeasonalBaseline(), sensors=20, rows=20) > 1000
    assert (univariate_cost.looped(1000)["readings_per_second"] or 0) > 1000


@needs("nab")
@pytest.mark.parametrize("name", ["realAWSCloudwatch", "realAdExchange"])
def test_a_disguised_series_gives_the_same_alarms(name: str, nab_cases: list[Case]) -> None:
    """In another unit, some weeks later: nothing hangs on what a file is or is called."""
    folder = {path.name.removesuffix(".csv.gz") for path in (DATA / "nab/data" / name).iterdir()}
    plain = [case.series for case in nab_cases if case.series.name in folder][:4]
    week = 7 * 24 * 3_600_000_000
    disguised = [Series("x", o.micros + 5 * week, o.values * 1000 + 7) for o in plain]

    before = run_together(SeasonalBaseline(), plain)
    after = run_together(SeasonalBaseline(), disguised)

    for one, other, scores, rescored in zip(plain, disguised, before, after, strict=True):
        first, second = alarms(one, scores.score), alarms(other, rescored.score)
        np.testing.assert_array_equal(first, second)


@needs("nab")
def test_the_score_hangs_on_no_single_alarm_line(nab_cases: list[Case]) -> None:
    scores = run_together(SeasonalBaseline(), [case.series for case in nab_cases])

    for line in (0.9, 1.0, 1.1):
        flags = [alarms(c.series, s.score / line) for c, s in zip(nab_cases, scores, strict=True)]
        assert (nab.figures_of(nab_cases, flags)["score"] or 0) >= nab.GOAL


@needs("ims_bearings")
def test_every_failing_bearing_is_seen_two_days_ahead() -> None:
    folder = DATA / "ims_bearings"
    sensors = [one for name in ims.FAILING for one in ims.read(folder / name)]
    scores = run_together(SeasonalBaseline(), [one.series for one in sensors])

    figures = ims.figures_of(sensors, [one.score for one in scores])

    assert figures["failing"] == figures["seen_in_time"] == 3
    assert figures["early_false_alarms"] == 0
