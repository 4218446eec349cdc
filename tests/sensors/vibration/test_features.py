from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sensors.vibration.features import (
    amplitude_at,
    band_rms,
    crest_factor,
    kurtosis,
    peak,
    peak_to_peak,
    rms,
    velocity_rms,
)
from sensors.vibration.waveform import Waveform
from tests.sensors.vibration.waves import noise, sine


def test_a_sine_has_the_figures_of_a_sine():
    wave = sine(amplitude=3.0)

    assert rms(wave) == pytest.approx(3 / np.sqrt(2))
    assert peak(wave) == pytest.approx(3, rel=1e-3)
    assert peak_to_peak(wave) == pytest.approx(6, rel=1e-3)
    assert crest_factor(wave) == pytest.approx(np.sqrt(2), rel=1e-3)
    assert kurtosis(wave) == pytest.approx(1.5)


def test_a_square_wave_has_the_figures_of_a_square_wave():
    wave = Waveform(np.tile([2.0, -2.0], 500), 1000.0)

    assert rms(wave) == crest_factor(wave) * 2 == kurtosis(wave) * 2 == 2.0


def test_noise_has_a_kurtosis_of_three():
    assert kurtosis(noise(seconds=20)) == pytest.approx(3, abs=0.05)


def test_one_impact_in_a_thousand_samples():
    samples = np.zeros(1000)
    samples[500] = 10.0

    # About the mean of 0.01 the variance is 0.1 - 0.0001.
    assert rms(Waveform(samples, 1000.0)) == pytest.approx(np.sqrt(0.0999))
    assert kurtosis(Waveform(samples, 1000.0)) == pytest.approx(1000, rel=0.01)


def test_gravity_is_no_vibration():
    assert rms(sine(offset=9.81)) == pytest.approx(rms(sine()))
    assert kurtosis(sine(offset=9.81)) == pytest.approx(1.5)


@pytest.mark.parametrize("level", [0.0, 0.1, -9.81, 1e12])
def test_a_flat_line_has_no_crest_factor(level):
    flat = Waveform(np.full(1000, level), 1000.0)

    assert rms(flat) == pytest.approx(0, abs=abs(level) * 1e-14)
    assert np.isnan(crest_factor(flat))
    assert np.isnan(kurtosis(flat))


@pytest.mark.parametrize("factor", [1e-100, 1e-3, 1e3, 1e100])
def test_crest_factor_and_kurtosis_have_no_unit(factor):
    wave = noise()
    scaled = Waveform(wave.samples * factor, wave.rate)

    assert crest_factor(scaled) == pytest.approx(crest_factor(wave))
    assert kurtosis(scaled) == pytest.approx(kurtosis(wave))


@pytest.mark.parametrize("hz", [20.0, 50.0, 53.3, 159.155, 900.0])
def test_acceleration_is_integrated_to_velocity(hz):
    # v = a / 2πf: 1 m/s² at 159.155 Hz is 1 mm/s.
    expected = 1000 / (2 * np.pi * hz) / np.sqrt(2)

    assert velocity_rms(sine(hz=hz, seconds=2)) == pytest.approx(expected, rel=0.005)


def test_velocity_knows_g():
    assert velocity_rms(sine(unit="g")) == pytest.approx(9.80665 * velocity_rms(sine()))


def test_a_waveform_of_velocity_is_not_integrated():
    assert velocity_rms(sine(amplitude=2.0, unit="mm/s")) == pytest.approx(np.sqrt(2), rel=1e-3)


@pytest.mark.parametrize("hz", [4.0, 1100.0, 3000.0])
def test_velocity_leaves_out_what_is_outside_its_band(hz):
    inside = velocity_rms(sine(hz=100.0, seconds=4))

    assert velocity_rms(sine(hz=hz, seconds=4)) < 0.01 * inside


def test_a_drift_is_no_velocity():
    wave = sine(hz=100.0, seconds=2)
    drifting = Waveform(wave.samples + np.linspace(0, 5, wave.samples.size), wave.rate)

    assert velocity_rms(drifting) == pytest.approx(velocity_rms(wave), rel=0.01)


def test_a_waveform_too_short_for_the_band_has_no_velocity():
    assert np.isnan(velocity_rms(sine(seconds=0.1)))


def test_a_waveform_sampled_too_slowly_for_the_band_has_no_velocity():
    assert np.isnan(velocity_rms(sine(hz=2, seconds=20, rate=16.0)))


def test_bands_add_up_to_the_whole():
    wave = noise()
    edges = [1e-6, 100.0, 1000.0, 3000.0, 6001.0]

    parts = [band_rms(wave, band) for band in pairwise(edges)]

    assert np.hypot.reduce(parts) == pytest.approx(rms(wave))


def test_a_band_has_what_lies_within_it():
    two = Waveform(sine(2.0, 100.0).samples + sine(1.0, 2000.0).samples, 12_000.0)

    assert band_rms(two, (50, 200)) == pytest.approx(2 / np.sqrt(2))
    assert band_rms(two, (1500, 2500)) == pytest.approx(1 / np.sqrt(2))
    assert np.isnan(band_rms(two, (7000, 9000)))


def test_a_band_the_wrong_way_round_is_refused():
    with pytest.raises(ValueError, match="lower to a higher"):
        band_rms(sine(), (200, 100))


@pytest.mark.parametrize(("hz", "least"), [(50.0, 1.99), (50.5, 1.69)])
def test_the_amplitude_of_a_line_is_read(hz, least):
    assert least <= amplitude_at(sine(2.0, hz), 50.0, width=1.0) <= 2.01


def test_beyond_half_the_rate_there_is_no_line():
    assert np.isnan(amplitude_at(sine(), 6000.0))


@pytest.mark.parametrize(
    ("samples", "rate", "unit"),
    [
        (np.zeros(10), 1000.0, "g"),
        (np.zeros((100, 2)), 1000.0, "g"),
        (np.full(100, np.nan), 1000.0, "g"),
        (np.zeros(100), 0.0, "g"),
        (np.zeros(100), np.nan, "g"),
        (np.zeros(100), 1000.0, "furlong"),
    ],
)
def test_what_is_no_waveform_is_refused(samples, rate, unit):
    with pytest.raises(ValueError):
        Waveform(samples, rate, unit)
