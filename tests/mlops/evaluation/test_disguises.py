"""Copies of labelled series, and what is scored on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlops.evaluation import nab_disguised
from mlops.evaluation.disguises import DISGUISES, THINNED, WHOLE, disguised
from mlops.evaluation.nab_files import Case
from mlops.evaluation.univariate_series import Series

MINUTE = 60_000_000
FIRST, LAST = 900, 959


def case_of(rows: int = 1200, first: int = FIRST, last: int = LAST) -> Case:
    """Noise, five minutes apart, with a great spike within its only window."""
    values = np.random.default_rng(0).normal(size=rows)
    values[(first + last) // 2 :][:5] += 80
    micros = np.arange(rows) * 5 * MINUTE
    return Case.of(Series("made up", micros, values), micros[[[first, last]]])


def copy_of(name: str) -> Case:
    (copy,) = disguised([case_of()], name)
    return copy


@pytest.mark.parametrize("name", DISGUISES)
def test_the_spike_of_a_copy_lies_in_its_window(name: str) -> None:
    if name == "first half":
        assert copy_of(name).labels.windows == ()
        return
    copy = copy_of(name)

    ((first, last),) = copy.labels.windows
    assert first <= np.argmax(np.abs(copy.series.values - np.median(copy.series.values))) <= last
    assert (np.diff(copy.series.micros) >= 0).all()


@pytest.mark.parametrize("name", DISGUISES)
def test_a_copy_is_the_same_in_every_call(name: str) -> None:
    one, other = copy_of(name), copy_of(name)

    np.testing.assert_array_equal(one.series.micros, other.series.micros)
    np.testing.assert_array_equal(one.series.values, other.series.values)


def test_only_the_thinned_have_fewer_readings() -> None:
    assert {copy_of(name).series.values.size for name in WHOLE} == {1200}
    assert all(copy_of(name).series.values.size < 1100 for name in THINNED)


def test_means_stand_at_the_time_of_their_last_reading() -> None:
    plain, means = case_of().series, copy_of("means of 3").series

    assert means.micros[0] == plain.micros[2]
    assert means.values[0] == pytest.approx(plain.values[:3].mean())


def test_noise_is_small_beside_what_is_usual() -> None:
    added = copy_of("noise of 5 %").series.values - case_of().series.values

    assert np.std(added) == pytest.approx(0.05, rel=0.15)


def test_a_series_with_a_window_across_its_middle_has_no_halves() -> None:
    across = case_of(first=590, last=610)

    assert disguised([across], "first half") == disguised([across], "second half") == []


def test_a_spike_is_seen_in_every_disguise(tmp_path: Path) -> None:
    case = case_of()
    stamps = [str(moment) for moment in case.series.micros.astype("datetime64[us]")]
    lines = [f"{s},{v}" for s, v in zip(stamps, case.series.values.tolist(), strict=True)]
    data, labels = tmp_path / "nab" / "data", tmp_path / "nab" / "labels"
    data.mkdir(parents=True)
    labels.mkdir()
    (data / "made_up.csv").write_text("\n".join(["timestamp,value", *lines]))
    windows = {"made_up.csv": [[stamps[FIRST], stamps[LAST]]]}
    (labels / "combined_windows.json").write_text(json.dumps(windows))

    result = nab_disguised.evaluate(tmp_path, None)

    # There is nothing to be hit in the first half.
    named = {"worst", "worst_of_whole", *DISGUISES} - {"first half"}
    assert result.figures.keys() == named
    assert result.met
    assert float(result.figures["worst"] or 0) > 50
    assert result.baselines.keys() == set(nab_disguised.CHEAP)
