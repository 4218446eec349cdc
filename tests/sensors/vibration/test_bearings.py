from __future__ import annotations

import numpy as np
import pytest

from sensors.vibration.bearings import Bearing
from sensors.vibration.derived import derive
from sensors.vibration.envelope import envelope, envelope_spectrum
from sensors.vibration.severity_zones import PRESETS, SeverityZones
from sensors.vibration.waveform import Waveform
from tests.sensors.vibration.waves import impacts, noise, sine

# SKF 6205-2RS JEM, diameters in mm, as on the test stand of Case Western Reserve University.
SKF_6205 = Bearing(rolling_elements=9, ball_diameter=7.94, pitch_diameter=39.04)
SHAFT_HZ = 1797 / 60


def test_the_frequencies_of_a_known_bearing():
    assert SKF_6205.bpfo(SHAFT_HZ) == pytest.approx(107.4, abs=0.05)
    assert SKF_6205.bpfi(SHAFT_HZ) == pytest.approx(162.2, abs=0.05)
    assert SKF_6205.bsf(SHAFT_HZ) == pytest.approx(70.6, abs=0.05)
    assert SKF_6205.frequencies(SHAFT_HZ)["bsf"] == pytest.approx(141.2, abs=0.1)
    assert SKF_6205.ftf(SHAFT_HZ) == pytest.approx(11.9, abs=0.05)


def test_inner_and_outer_ring_share_the_passing_balls():
    assert SKF_6205.bpfo(10) + SKF_6205.bpfi(10) == pytest.approx(9 * 10)
    assert SKF_6205.bpfo(10) == pytest.approx(9 * SKF_6205.ftf(10))


def test_a_contact_angle_of_sixty_degrees_halves_the_ratio():
    angled = Bearing(10, 10.0, 50.0, contact_angle_degrees=60.0)

    assert angled.ratio == pytest.approx(0.1)
    assert angled.bpfo(20) == pytest.approx(10 / 2 * 20 * 0.9)


@pytest.mark.parametrize("bad", [(1, 5, 40, 0), (9, 40, 40, 0), (9, 0, 40, 0), (9, 5, 40, 90)])
def test_what_is_no_bearing_is_refused(bad):
    with pytest.raises(ValueError):
        Bearing(*bad)


def test_the_envelope_of_a_beating_tone_is_its_strength():
    time = np.arange(24_000) / 12_000
    strength = 1 + 0.5 * np.sin(2 * np.pi * 20 * time)
    wave = Waveform(strength * np.sin(2 * np.pi * 3000 * time), 12_000.0)

    course = envelope(wave)
    spectrum = envelope_spectrum(wave)

    assert course[2000:-2000] == pytest.approx(strength[2000:-2000], abs=0.01)
    assert spectrum.amplitude_at(20.0, harmonics=1) == pytest.approx(0.5, rel=0.01)
    assert spectrum.resolution == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["bpfo", "bpfi", "bsf"])
@pytest.mark.parametrize("seed", range(3))
def test_impacts_stand_out_in_the_envelope_at_the_part_that_is_hurt(name, seed):
    hertz = SKF_6205.frequencies(SHAFT_HZ)
    wave = impacts(hertz[name], seed=seed)

    spectrum = envelope_spectrum(wave)

    searched = (spectrum.frequencies > 40) & (spectrum.frequencies < 200)
    strongest = spectrum.frequencies[searched][np.argmax(spectrum.amplitudes[searched])]
    assert strongest == pytest.approx(hertz[name], rel=0.02)
    others = [spectrum.amplitude_at(hertz[n]) for n in ("bpfo", "bpfi", "bsf") if n != name]
    assert spectrum.amplitude_at(hertz[name]) > 2 * max(others)


def test_a_strong_unbalance_does_not_cover_the_impacts():
    struck = impacts(SKF_6205.bpfo(SHAFT_HZ))
    both = Waveform(struck.samples + sine(10.0, SHAFT_HZ, seconds=2).samples, struck.rate)

    hurt = envelope_spectrum(both).amplitude_at(SKF_6205.bpfo(SHAFT_HZ))

    assert hurt == pytest.approx(
        envelope_spectrum(struck).amplitude_at(SKF_6205.bpfo(SHAFT_HZ)), rel=0.05
    )


def test_frequencies_that_a_spectrum_does_not_show_are_unknown():
    spectrum = envelope_spectrum(noise(seconds=1))

    assert np.isnan(spectrum.amplitude_at(2.0))
    assert np.isnan(spectrum.amplitude_at(7000.0))


def test_a_band_beyond_half_the_rate_is_refused():
    with pytest.raises(ValueError, match="half the sampling rate"):
        envelope(noise(), (1000, 6000))


@pytest.mark.parametrize(
    ("velocity", "name"), [(0.5, "A"), (2.3, "A"), (3, "B"), (5, "C"), (8, "D")]
)
def test_a_large_machine_on_rigid_supports_has_its_zone(velocity, name):
    assert PRESETS["group 1, rigid"].zone(velocity).name == name


def test_boundaries_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="rise"):
        SeverityZones(2.3, 2.3, 4.5)


def test_a_waveform_is_derived_into_named_values_with_units():
    wave = impacts(SKF_6205.bpfo(SHAFT_HZ))

    values = derive(wave, SKF_6205, SHAFT_HZ)

    assert set(values) == {
        *("rms", "peak", "peak_to_peak", "crest", "kurtosis", "velocity_rms"),
        *("rms_low", "rms_middle", "rms_high", "order_1", "order_2", "order_3"),
        *("bpfo", "bpfi", "bsf", "ftf"),
    }
    assert values["velocity_rms"][1] == "mm/s"
    assert values["rms"][1] == values["bpfo"][1] == "m/s²"
    assert values["bpfo"][0] > 2 * max(values[n][0] for n in ("bpfi", "bsf"))
    assert values["kurtosis"][0] > 3.5


def test_an_unbalance_shows_at_the_frequency_of_the_shaft():
    values = derive(sine(4.0, SHAFT_HZ, seconds=2), shaft_hz=SHAFT_HZ)

    assert values["order_1"][0] == pytest.approx(4, rel=0.15)
    assert values["order_2"][0] < 0.01
    assert "bpfo" not in values


def test_what_cannot_be_seen_is_left_out():
    flat = derive(Waveform(np.zeros(64), 1000.0, "mm/s"))

    assert set(flat) == {"rms", "peak", "peak_to_peak", "rms_low"}


def test_a_shaft_that_stands_still_is_refused():
    with pytest.raises(ValueError, match="turn"):
        derive(noise(), shaft_hz=0.0)
