from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from mlops.evaluation.base import DataMissingError
from mlops.evaluation.forecast import LONG, evaluate, shipped, summary
from mlops.evaluation.hourly import HOUR, all_series, batadal_series, day_of, is_flat
from mlops.evaluation.rolling import ORIGINS, origins, roll
from mlops.forecasting.base import Series, Values
from mlops.forecasting.seasonal_naive import SeasonalNaive
from tests.mlops.evaluation.public_data import DATA, needs
from tests.mlops.forecasting.series import daily

BEGINNING = datetime(2024, 1, 1)  # noqa: DTZ001 - the files of the sets name no zone


def write_nab(folder: Path, name: str, values: Values, hours: float = 1.0) -> None:
    path = folder / "nab" / "data" / "real" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["timestamp", "value"])
        for step, value in enumerate(values.tolist()):
            rows.writerow([BEGINNING + timedelta(hours=step * hours), value])


def write_batadal(folder: Path, name: str, tags: dict[str, Values], attack: int = 0) -> None:
    (folder / "batadal").mkdir(parents=True, exist_ok=True)
    steps = len(next(iter(tags.values())))
    with (folder / "batadal" / name).open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["DATETIME", *tags, "ATT_FLAG"])
        for step in range(steps):
            moment = (BEGINNING + timedelta(hours=step)).strftime("%d/%m/%y %H")
            rows.writerow([moment, *(values[step] for values in tags.values()), attack])


def test_no_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError):
        evaluate(tmp_path)


def test_series_are_told_by_what_is_in_them_and_not_by_name(tmp_path: Path) -> None:
    write_batadal(tmp_path, "any.csv", {"L_T1": daily(3).values, "S_PU1": np.ones(72)})
    write_batadal(tmp_path, "attacks.csv", {"L_T1": daily(3).values}, attack=1)
    (tmp_path / "batadal" / "windows.csv").write_text("attack,start\n1,2\n")
    write_nab(tmp_path, "cpu.csv.gz", daily(3).values)

    found = all_series(tmp_path)

    assert set(found) == {"any.csv/L_T1", "any.csv/S_PU1", "real/cpu.csv.gz"}
    np.testing.assert_allclose(found["any.csv/L_T1"].values, daily(3).values)
    assert found["real/cpu.csv.gz"].interval == HOUR


@pytest.mark.parametrize(("hours", "day"), [(0.25, 24), (1.0, 24), (2.0, 12), (5.0, 0), (24.0, 0)])
def test_a_day_has_as_many_steps_as_the_readings_allow(
    tmp_path: Path, hours: float, day: int
) -> None:
    write_nab(tmp_path, "cpu.csv.gz", daily(8).values, hours)

    (series,) = all_series(tmp_path).values()

    assert day_of(series) == day
    assert np.isfinite(series.values).all()


def test_constants_and_switches_are_flat() -> None:
    assert is_flat(np.ones(5))
    assert is_flat(np.array([0.0, 1.0, np.nan, 1.0]))
    assert not is_flat(np.array([0.0, 1.0, 2.0]))


def test_origins_are_a_day_apart_at_least_and_a_day_before_the_end() -> None:
    many = origins(9000, first=672, day=24)

    assert len(many) == ORIGINS
    assert (many[0], many[-1]) == (672, 8976)
    assert min(np.diff(many)) >= 24
    assert origins(695, first=672, day=24) == []
    assert origins(696, first=672, day=24) == [672]


def test_no_forecast_knows_what_comes_after_its_origin() -> None:
    series = daily(days=33, noise=1.0)
    other = Series(series.values.copy(), series.interval, series.begins)
    other.values[30 * 24 :] = 1e6

    first, second = (roll(each, shipped, LONG) for each in (series, other))

    for before, after in zip(first[:2], second[:2], strict=True):
        np.testing.assert_array_equal(before.forecast.point, after.forecast.point)
        np.testing.assert_array_equal(before.forecast.high, after.forecast.high)


def test_a_seasonal_naive_forecast_of_noise_has_a_mase_near_one() -> None:
    outcomes = roll(daily(days=60, noise=1.0), lambda series: SeasonalNaive().fit(series), LONG)

    assert np.mean([each.mase for each in outcomes]) == pytest.approx(1.0, abs=0.1)


def test_the_bands_are_corrected_by_what_came_before() -> None:
    series = daily(days=40, noise=0.1)
    series.values[29 * 24 :] += np.random.default_rng(1).normal(0, 9, 11 * 24)

    outcomes = roll(series, lambda each: SeasonalNaive().fit(each), LONG)

    assert outcomes[1].covers[0.5] < 0.2
    assert outcomes[-1].covers[0.5] > outcomes[1].covers[0.5]


def test_series_weigh_the_same_and_what_has_no_yardstick_says_nothing() -> None:
    one = roll(daily(days=30, noise=1.0), shipped, LONG)
    other = roll(daily(days=40, noise=1.0, seed=2), shipped, LONG)
    mute = roll(daily(days=30), shipped, LONG)

    figures = summary([one, other, mute])

    means = [np.mean([each.mase for each in outcomes]) for outcomes in (one, other)]
    assert figures["mase"] == pytest.approx(np.mean(means))
    assert figures["series"] == 2
    assert figures["forecasts"] == len(one) + len(other)


def test_nothing_to_tell_is_none() -> None:
    figures = summary([])

    assert figures["mase"] is None and figures["cover90"] is None
    assert figures["series"] == 0


def test_the_whole_run_has_its_figures_baselines_and_pictures(tmp_path: Path) -> None:
    write_batadal(tmp_path, "year.csv", {"L_T1": daily(31, 2.0).values, "S_PU1": np.ones(31 * 24)})
    write_nab(tmp_path, "short.csv.gz", daily(14, 2.0).values)

    result = evaluate(tmp_path, tmp_path / "pictures")

    assert result.files == 3
    assert result.figures["series"] == 1
    assert result.figures["short_series"] == 1
    assert result.score == result.figures["mase"]
    assert result.score < float(result.baselines["seasonal naive, 24 h"]["mase"] or 0)
    assert result.notes[0].startswith("1 series left out")
    assert [path.exists() for path in result.plots] == [True, True]


def test_short_series_alone_give_no_score(tmp_path: Path) -> None:
    write_nab(tmp_path, "short.csv.gz", daily(14, 2.0).values)

    result = evaluate(tmp_path)

    assert np.isnan(result.score)
    assert not result.met


@needs("batadal")
def test_the_forecast_beats_yesterday_on_a_real_series() -> None:
    whole = next(each for each in batadal_series(DATA).values() if not is_flat(each.values))
    series = Series(whole.values[:1200], whole.interval, whole.begins)

    ours = roll(series, shipped, LONG)
    yesterday = roll(series, lambda each: SeasonalNaive().fit(each), LONG)

    assert np.mean([o.mase for o in ours]) < np.mean([o.mase for o in yesterday])
