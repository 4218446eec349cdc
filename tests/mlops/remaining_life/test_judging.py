from __future__ import annotations

import numpy as np
import pytest

from mlops.remaining_life.conformal import LifeIntervals
from mlops.remaining_life.judging import by_age_alone, covers_left_out, error_near_the_cap
from tests.mlops.remaining_life.fleet import make_fleet, quick

CAP = 50.0


def test_wear_that_shows_is_more_than_the_age() -> None:
    model = quick().fit(make_fleet(24))

    assert model.rmse_ < 0.7 * model.rmse_by_age_


def test_noise_is_no_more_than_the_age() -> None:
    model = quick().fit(make_fleet(24, noise=1e3))

    assert model.rmse_ > 0.9 * model.rmse_by_age_


def test_the_age_of_a_unit_is_held_against_others_only() -> None:
    left = [np.arange(rows)[::-1].astype(float) for rows in (10, 20, 20)]

    found = by_age_alone(left, CAP, folds=3)

    assert found[0].tolist() == left[1][:10].tolist()
    assert found[1][:2].tolist() == [(9 + 19) / 2, (8 + 18) / 2]
    # Nothing of the others lasted longer than this one.
    assert by_age_alone(left[:2], CAP, folds=2)[1][10:].tolist() == [0.0] * 10


def test_covers_are_of_units_that_were_left_out() -> None:
    rng = np.random.default_rng(4)
    left = [np.arange(60)[::-1].astype(float) for _ in range(40)]
    predicted = [np.clip(rows + rng.normal(0, 6), 0, CAP) for rows in left]

    found = covers_left_out(predicted, left, LifeIntervals(CAP, (0.5, 0.9)), folds=4)

    assert found[0.5] == pytest.approx(0.5, abs=0.15)
    assert found[0.9] == pytest.approx(0.9, abs=0.08)


def test_each_unit_counts_the_same_however_long_it_lasted() -> None:
    short, long = np.arange(10.0)[::-1], np.arange(40.0)[::-1]

    assert error_near_the_cap([short + 3, long + 1], [short, long], CAP) == pytest.approx(5**0.5)
