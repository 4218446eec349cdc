from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.noise_gone import NoiseGone
from tests.mlops.detectors.columns import alarms, column, episodes, explained, scores_of


def noise(rows, seed=1, sigma=1.0):
    return np.random.default_rng(seed).normal(20, sigma, rows)


AFTER = {
    "constant": np.full(100, 20.0),
    "a ramp": np.linspace(20, 40, 100),
    "a slow wave": 20 + 3 * np.sin(np.arange(100) / 50),
    "a twentieth of the noise": noise(100, seed=2, sigma=0.05),
}


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_a_signal_without_its_noise_is_an_alarm(after):
    alarm = alarms(NoiseGone(), column([*noise(500), *after]))

    assert not alarm[:500].any()
    assert alarm[-30:].all()
    assert 510 < np.flatnonzero(alarm)[0] < 570


@pytest.mark.parametrize("seed", range(3))
def test_half_the_noise_is_no_alarm(seed):
    block = column([*noise(500, seed), *noise(500, seed + 10, sigma=0.5)])

    assert not alarms(NoiseGone(), block).any()


def test_a_course_of_the_day_is_no_noise():
    day = 30 * np.sin(2 * np.pi * np.arange(1440) / 720)
    block = column([*(noise(1440) + day), *np.full(100, 20.0)])

    assert episodes(alarms(NoiseGone(), block)) == 1


def test_a_spike_does_not_hide_what_comes_after_it():
    block = column([*noise(500), 2000, *np.full(100, 20.0)])

    assert alarms(NoiseGone(), block)[-1]


def test_while_it_alarms_it_learns_nothing():
    block = column([*noise(500), *np.full(500, 20.0)])

    assert alarms(NoiseGone(), block)[600:].all()


def test_when_the_noise_returns_it_is_over():
    alarm = alarms(NoiseGone(), column([*noise(500), *np.full(100, 20.0), *noise(100)]))

    assert episodes(alarm) == 1
    assert not alarm[-80:].any()


def test_a_sensor_that_is_calm_now_and_then_gets_more_leave_each_time():
    calm = [noise(60, seed, sigma=0.01) for seed in range(8)]
    loud = [noise(240, seed) for seed in range(8)]
    parts = [part for pair in zip(loud, calm, strict=True) for part in pair]

    alarm = alarms(NoiseGone(), column(np.concatenate(parts)))

    assert alarm[:300].any()
    assert episodes(alarm) <= 3
    assert not alarm[5 * 300 :].any()


def test_a_switch_has_no_noise_to_lose():
    values = np.repeat(np.arange(40) % 2, 50)

    assert scores_of(NoiseGone(), column(values)).score[500:].max() == 0


@pytest.mark.parametrize(("factor", "offset"), [(1000, 7), (-1e-6, 3e-6)])
def test_units_make_no_difference(factor, offset):
    values = np.concatenate([noise(600), 20 + noise(100, sigma=0.02)])

    plain = scores_of(NoiseGone(), column(values)).score
    other = scores_of(NoiseGone(), column(values * factor + offset)).score

    np.testing.assert_allclose(other, plain, rtol=1e-6)


@pytest.mark.parametrize("bad", [{"times": 1}, {"span": 1}, {"span": 100}, {"half_life_days": 0}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValueError, match=r"must be"):
        NoiseGone(**bad).fit(column([]))


def test_it_names_the_smooth_course():
    explanation = explained(NoiseGone(), column([*noise(500), *np.linspace(20, 29.9, 100)]))

    assert explanation.reason == (
        "It reads 29.9 and has lost its usual noise: the last 20 readings went from 28 to 29.9"
    )
    assert explanation.evidence["lowest"] == pytest.approx(28)
