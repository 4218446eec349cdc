from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.level_and_pattern import LevelAndPattern
from mlops.evaluation import false_alarms
from mlops.evaluation.false_alarms import DAY_ROWS, KINDS, Kind, WithoutError, normal_run, weekly


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(false_alarms, "KINDS", {"slow": KINDS["slow"]})
    monkeypatch.setattr(false_alarms, "HISTORIES", (500,))
    monkeypatch.setattr(false_alarms, "MACHINES", 4)
    monkeypatch.setattr(false_alarms, "WEEKS", 1)


def test_the_same_seed_gives_the_same_machine() -> None:
    one, again, other = (normal_run(KINDS["with memory"], 100, seed) for seed in (1, 1, 2))

    assert one.shape == (100, 6)
    assert (one == again).all() and (one != other).any()


def test_a_wave_of_the_day_comes_back_after_a_day() -> None:
    run = normal_run(Kind(0.0, 0.0, wave=10.0), 3 * DAY_ROWS, seed=1)

    days = run.reshape(3, DAY_ROWS, -1)
    hours = days.reshape(3, 24, 60, -1).mean(axis=2)
    column = hours.std(axis=1).mean(axis=0).argmax()
    assert np.corrcoef(hours[0, :, column], hours[1, :, column])[0, 1] > 0.95


def test_a_fault_that_lasts_is_one_alarm_a_day() -> None:
    run = normal_run(KINDS["without memory"], 1000 + 7 * DAY_ROWS, seed=1)
    broken = run[1000:].copy()
    broken[DAY_ROWS : DAY_ROWS + 100] += 50 * run.std(axis=0)

    assert weekly(LevelAndPattern(), run[:1000], broken) == 1


@pytest.mark.usefixtures("short")
def test_a_line_that_allows_for_its_error_raises_fewer_alarms() -> None:
    [shipped], [without] = (
        list(false_alarms.measure(kind).values()) for kind in (LevelAndPattern, WithoutError)
    )

    assert shipped < without
