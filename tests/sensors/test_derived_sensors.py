"""The sensors that waveforms make beside their own."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.intake.waveforms import as_sent
from sensors.models import Bearing, Sensor, SeverityPreset, WaveformAnalysis
from sensors.vibration.waveform import Samples
from sensors.waveforms.registering import set_limits
from tests.factories import make_sensor, make_stored, reading
from tests.sensors.vibration.waves import noise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]

SOME = noise(seconds=1).samples


def derived(parent: Sensor, samples: Samples = SOME) -> dict[str, Sensor]:
    """What stands beside the sensor once it has sent a waveform, by feature."""
    waveform = as_sent(samples.astype(np.float32), 12_000, "m/s²")
    make_stored(parent.site, reading(parent, 1.0, waveform=waveform))
    found = Sensor.objects.filter(derived_from=parent)
    return {sensor.code.removeprefix(f"{parent.code}."): sensor for sensor in found}


def test_they_stand_where_their_parent_does_and_have_units_of_their_own() -> None:
    gate = make_sensor(kind="speed")
    parent = make_sensor(asset=gate.asset, gate=gate, runs_above=10, unit="")

    found = derived(parent)

    alike = {(s.asset_id, s.gate_id, s.runs_above, s.kind) for s in found.values()}
    assert alike == {(gate.asset_id, gate.pk, 10, "vibration")}
    units = {name: found[name].unit for name in ("rms", "crest", "velocity_rms")}
    assert units == {"rms": "m/s²", "crest": "", "velocity_rms": "mm/s"}


def test_a_code_that_would_be_too_long_is_not_made() -> None:
    assert set(derived(make_sensor(code="V" * 96, unit=""))) == {"rms"}


def test_a_handful_of_samples_has_figures_but_no_envelope() -> None:
    parent = make_sensor(unit="")
    bearing = Bearing.objects.create(
        name="SKF 6205", rolling_elements=9, element_diameter=7.94, pitch_diameter=39.04
    )
    WaveformAnalysis.objects.create(sensor=parent, bearing=bearing, rpm=60_000)

    found = derived(parent, SOME[:16])

    assert found["rms"].readings.get().value == pytest.approx(np.std(SOME[:16]))
    assert "bpfo" not in found


def test_a_limit_that_stands_in_the_way_of_a_preset_stays() -> None:
    parent = make_sensor(unit="")
    preset = SeverityPreset.objects.create(name="Mine", a_to_b=1, b_to_c=2, c_to_d=3)
    WaveformAnalysis.objects.create(sensor=parent, severity=preset)
    derived(parent)
    velocity = Sensor.objects.filter(derived_from=parent, code__endswith=".velocity_rms")
    velocity.update(warning_low=5, warning_high=6, alarm_high=7)

    assert set_limits(preset) == 0

    assert velocity.get().warning_high == 6
