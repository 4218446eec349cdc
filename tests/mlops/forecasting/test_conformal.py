from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.forecasting.conformal import LEVELS, AdaptiveLevels, radii


def test_one_step_ahead_the_rank_is_that_of_one_value_more() -> None:
    errors = np.arange(1.0, 20.0)[:, None]

    # ceil(.5 × 20) = 10, ceil(.8 × 20) = 16, ceil(.9 × 20) = 18
    assert radii(errors, LEVELS)[:, 0].tolist() == [10.0, 16.0, 18.0]


def test_errors_that_overlap_count_less_so_far_steps_have_wider_bands() -> None:
    errors = np.repeat(np.arange(1.0, 101.0)[:, None], 24, axis=1)

    widths = radii(errors, [0.9])[0]

    assert widths[0] == 91.0
    # 100 × 1.5 / 24 = 6.25 errors: .9 × (1 + 1 / 6.25) is beyond all of them.
    assert widths[-1] == 100.0
    assert (np.diff(widths) >= 0).all()


def test_the_sign_and_the_order_of_errors_do_not_matter_and_nan_is_left_out() -> None:
    errors = np.arange(1.0, 20.0)
    mixed = np.concatenate([errors[::-1] * -1, [np.nan, np.nan]])

    np.testing.assert_array_equal(radii(mixed[:, None], LEVELS), radii(errors[:, None], LEVELS))


def test_perfect_forecasts_have_bands_of_no_width() -> None:
    assert not radii(np.zeros((50, 3)), LEVELS).any()


@pytest.mark.parametrize("level", LEVELS)
def test_a_new_error_of_the_same_kind_is_inside_as_often_as_promised(level: float) -> None:
    rng = np.random.default_rng(7)

    inside = [
        abs(rng.standard_t(3)) <= radii(rng.standard_t(3, (60, 1)), [level])[0, 0]
        for _ in range(1500)
    ]

    assert np.mean(inside) == pytest.approx(level, abs=0.03)


def test_a_band_that_held_less_aims_higher_and_one_that_held_more_lower() -> None:
    levels = AdaptiveLevels(rate=0.1).seen({0.5: 1.0, 0.8: 0.8, 0.9: 0.0})

    assert levels.aims == pytest.approx({0.5: 0.45, 0.8: 0.8, 0.9: 0.99})


def test_what_was_not_seen_corrects_nothing() -> None:
    assert AdaptiveLevels().seen({0.9: float("nan")}).aims == AdaptiveLevels().aims


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), max_size=20))
def test_aims_stay_levels_and_nested(covers: list[tuple[float, float, float]]) -> None:
    levels = AdaptiveLevels(rate=0.3)

    for each in covers:
        levels = levels.seen(dict(zip(LEVELS, each, strict=True)))

    aims = [levels.aims[level] for level in LEVELS]
    assert aims == sorted(aims)
    assert aims[0] >= 0 and aims[-1] <= 1


def test_cover_comes_back_when_the_noise_doubles() -> None:
    rng = np.random.default_rng(5)
    past = rng.normal(0, 1, (200, 1))
    levels, held, adapted = AdaptiveLevels(), [], []

    for _ in range(1000):
        error = abs(rng.normal(0, 1.3))
        held.append(error <= radii(past, [0.8])[0, 0])
        adapted.append(error <= radii(past, [levels.aims[0.8]])[0, 0])
        levels = levels.seen({0.8: float(adapted[-1])})

    assert np.mean(held) < 0.72
    assert np.mean(adapted) == pytest.approx(0.8, abs=0.01)
