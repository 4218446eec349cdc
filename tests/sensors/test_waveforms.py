"""A waveform on its way: from an upload over HTTP to readings of derived sensors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from agents.nudge import start_runs
from sensors.aside.curating import ask, work_off
from sensors.aside.resolving import resolve_conflicts
from sensors.intake.storing import store_readings
from sensors.models import (
    Bearing,
    FrequencyBand,
    Reading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
    SeverityPreset,
    StoredWaveform,
    WaveformAnalysis,
)
from sensors.vibration.bearings import Bearing as Geometry
from tests.factories import MINUTE, NOON, make_history, make_sensor
from tests.sensors.vibration.waves import impacts, noise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]

INGEST = "/api/v1/data/ingest"
SKF_6205 = Geometry(9, 7.94, 39.04)
SHAFT_HZ = 29.95
FAULTY = impacts(SKF_6205.bpfo(SHAFT_HZ), seconds=1)
HEALTHY = noise(seconds=1)
ALWAYS = {
    *("rms", "peak", "peak_to_peak", "crest", "kurtosis", "velocity_rms"),
    *("rms_low", "rms_middle", "rms_high"),
}


def sent(samples: Any, rate: float = 12_000, unit: str = "m/s2") -> dict[str, Any]:
    return {"samples": np.round(samples, 6).tolist(), "sampling_rate": rate, "unit": unit}


def upload(client: APIClient, *readings: dict[str, Any]) -> ReadingBatch:
    """Send readings and have them stored; returns the batch with its receipt."""
    answer = client.post(INGEST, list(readings), format="json")
    assert answer.status_code == 202, answer.content
    batch = ReadingBatch.objects.get(pk=answer.json()["batch_id"])
    store_readings([batch])
    return batch


def reading(sensor: str, wave: Any = FAULTY, at: Any = NOON, **fields: Any) -> dict[str, Any]:
    waveform = sent(wave.samples, wave.rate)
    return {"sensor_id": sensor, "timestamp": at.isoformat(), "waveform": waveform} | fields


def counts(batch: ReadingBatch) -> tuple[int, int, int, int]:
    """Stored, duplicates, conflicts and quarantined, as the database has them."""
    batch.refresh_from_db()
    return batch.stored, batch.duplicates, batch.conflicts, batch.quarantined


def derived(sensor: Sensor, at: Any = NOON) -> dict[str, float]:
    rows = Reading.objects.filter(sensor__derived_from=sensor, taken_at=at)
    return {
        code.removeprefix(f"{sensor.code}."): value
        for code, value in rows.values_list("sensor__code", "value")
    }


@pytest.fixture
def sensor(site: Any) -> Sensor:
    return make_sensor(site=site, code="P-101_VIB", kind="vibration", unit="m/s²")


@pytest.fixture
def bearing(sensor: Sensor) -> WaveformAnalysis:
    kind = Bearing.objects.create(
        name="SKF 6205", rolling_elements=9, element_diameter=7.94, pitch_diameter=39.04
    )
    return WaveformAnalysis.objects.create(sensor=sensor, bearing=kind, rpm=SHAFT_HZ * 60)


@pytest.mark.usefixtures("bearing")
def test_the_fault_of_a_bearing_shows_in_the_sensor_of_its_frequency(
    gateway: APIClient, sensor: Sensor
) -> None:
    receipt = gateway.post(INGEST, reading(sensor.code), format="json").json()["receipt"]
    start_runs()

    found = derived(sensor)
    assert set(found) == ALWAYS | {"order_1", "order_2", "order_3", "bpfo", "bpfi", "bsf", "ftf"}
    assert found["bpfo"] > 2 * max(found["bpfi"], found["bsf"])
    assert found["kurtosis"] > 3.5
    said = gateway.get(receipt).json()
    assert (said["accepted"], said["stored"]) == (1, 1)
    kept = StoredWaveform.objects.get()
    assert kept.waveform().samples == pytest.approx(FAULTY.samples, abs=1e-6)
    value = Reading.objects.get(sensor=sensor).value
    assert value == found["rms"] == pytest.approx(np.std(FAULTY.samples), rel=1e-6)


def test_derived_readings_are_watched_by_detectors(gateway: APIClient, sensor: Sensor) -> None:
    severity = SeverityPreset.objects.create(name="Mine", a_to_b=0.01, b_to_c=0.02, c_to_d=0.03)
    WaveformAnalysis.objects.create(sensor=sensor, severity=severity)

    course = [reading(sensor.code, at=NOON + n * MINUTE) for n in range(3)]
    gateway.post(INGEST, course, format="json")
    start_runs()

    velocity = Sensor.objects.get(code="P-101_VIB.velocity_rms")
    assert (velocity.warning_high, velocity.alarm_high) == (0.02, 0.03)
    assert velocity.anomalies.get().kind == "high_limit"


def test_a_repeat_is_a_duplicate_and_derives_nothing_again(
    gateway: APIClient, sensor: Sensor
) -> None:
    upload(gateway, reading(sensor.code))
    before = derived(sensor)
    # By now another bearing would give other figures.
    FrequencyBand.objects.create(sensor=sensor, name="low", low=5, high=50)

    batch = upload(gateway, reading(sensor.code), reading(sensor.code))

    assert counts(batch) == (0, 2, 0, 0)
    assert StoredWaveform.objects.count() == 1
    assert derived(sensor) == before
    assert not ReadingConflict.objects.exists()


def test_a_waveform_that_comes_after_its_value_is_kept(gateway: APIClient, sensor: Sensor) -> None:
    upload(gateway, {"sensor_id": sensor.code, "value": 1.5, "timestamp": NOON.isoformat()})

    batch = upload(gateway, reading(sensor.code, value=1.5))

    assert counts(batch) == (0, 1, 0, 0)
    assert derived(sensor)["rms"] == pytest.approx(np.std(FAULTY.samples), rel=1e-6)


def test_late_waveforms_are_derived_into_their_own_time(
    gateway: APIClient, sensor: Sensor
) -> None:
    upload(gateway, reading(sensor.code))

    upload(gateway, reading(sensor.code, HEALTHY, NOON - timedelta(hours=5)))

    assert derived(sensor)["kurtosis"] > 3.5
    assert derived(sensor, NOON - timedelta(hours=5))["kurtosis"] == pytest.approx(3, abs=0.2)


def test_a_contradicting_waveform_is_kept_aside_and_can_be_taken(
    gateway: APIClient, sensor: Sensor
) -> None:
    upload(gateway, reading(sensor.code, HEALTHY))
    batch = upload(gateway, reading(sensor.code, FAULTY))
    assert counts(batch) == (0, 0, 1, 0)
    assert derived(sensor)["kurtosis"] < 3.5
    conflict = ReadingConflict.objects.get()
    assert conflict.waveform.array().size == FAULTY.samples.size

    resolve_conflicts(ids=[conflict.pk], choice="take_offered", by="erika")

    assert derived(sensor)["kurtosis"] > 3.5
    assert StoredWaveform.objects.get().array() == pytest.approx(FAULTY.samples, abs=1e-6)


def test_a_client_keeps_the_codes_that_it_sends_itself(gateway: APIClient, sensor: Sensor) -> None:
    own = make_sensor(asset=sensor.asset, code="P-101_VIB.rms", unit="g")
    mine = {"sensor_id": own.code, "value": 7.0, "timestamp": NOON.isoformat()}

    batch = upload(gateway, reading(sensor.code), mine)

    assert counts(batch) == (2, 0, 0, 0)
    assert Reading.objects.get(sensor=own).value == 7.0
    assert set(derived(sensor)) == ALWAYS - {"rms"}


def test_what_a_client_sends_to_a_derived_sensor_is_held_against_it(
    gateway: APIClient, sensor: Sensor
) -> None:
    upload(gateway, reading(sensor.code))
    mine = {"sensor_id": "P-101_VIB.kurtosis", "value": 7.0}

    batch = upload(
        gateway,
        mine | {"timestamp": NOON.isoformat()},
        mine | {"timestamp": (NOON + MINUTE).isoformat()},
        reading("P-101_VIB.kurtosis", at=NOON + 2 * MINUTE, value=3.0),
    )

    assert counts(batch) == (2, 0, 1, 0)
    assert not Sensor.objects.filter(code__startswith="P-101_VIB.kurtosis.").exists()


def test_what_waited_in_quarantine_keeps_its_waveform(
    gateway: APIClient, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.curate.send", lambda pk: None)
    batch = upload(gateway, reading("V-9"), reading("V-9", at=NOON + MINUTE))
    assert counts(batch) == (0, 0, 0, 2)
    assert not StoredWaveform.objects.exists()
    newcomer = make_sensor(site=site, code="V-9", unit="m/s2")

    monkeypatch.setattr("sensors.aside.curating.WAVEFORMS_AT_ONCE", 1)
    curation = ask(action="replay", chosen={}, sites=None, asked_by="erika")
    while work_off(curation.pk):
        pass

    assert counts(batch) == (2, 0, 0, 0)
    assert StoredWaveform.objects.count() == 2
    assert derived(newcomer, NOON + MINUTE)["kurtosis"] > 3.5
    assert set(batch.sensor_ids) > {newcomer.pk}


def test_the_shaft_turns_as_its_speed_sensor_last_said(
    gateway: APIClient, sensor: Sensor, bearing: WaveformAnalysis
) -> None:
    speed = make_sensor(asset=sensor.asset, kind="speed", unit="r/min")
    WaveformAnalysis.objects.update(rpm=None, speed_sensor=speed)
    make_history(speed, [900.0, SHAFT_HZ * 60], until=NOON)

    upload(
        gateway,
        reading(sensor.code),
        reading(sensor.code, at=NOON + timedelta(hours=2)),
        {"sensor_id": speed.code, "value": 0, "timestamp": (NOON + 5 * MINUTE).isoformat()},
        reading(sensor.code, at=NOON + 6 * MINUTE),
    )

    assert derived(sensor)["bpfo"] > 2 * derived(sensor)["bpfi"]
    # An hour old is too old, and a shaft that stands has no frequencies.
    assert set(derived(sensor, NOON + timedelta(hours=2))) == ALWAYS
    assert set(derived(sensor, NOON + 6 * MINUTE)) == ALWAYS


def test_bands_of_its_own_replace_the_usual_ones(gateway: APIClient, sensor: Sensor) -> None:
    FrequencyBand.objects.create(sensor=sensor, name="ringing", low=3000, high=4000)

    upload(gateway, reading(sensor.code))

    found = derived(sensor)
    assert 0 < found["rms_ringing"] < found["rms"]
    assert "rms_low" not in found


def test_samples_in_g_are_told_in_the_unit_that_the_derived_sensor_has(
    gateway: APIClient, site: Any
) -> None:
    sensor = make_sensor(site=site, unit="")
    upload(gateway, reading(sensor.code))

    in_g = reading(sensor.code, at=NOON + MINUTE)
    in_g["waveform"]["unit"] = "g"
    velocity = reading(sensor.code, at=NOON + 2 * MINUTE)
    velocity["waveform"]["unit"] = "mm/s"
    upload(gateway, in_g, velocity)

    rms = derived(sensor)["rms"]
    assert derived(sensor, NOON + MINUTE)["rms"] == pytest.approx(9.80665 * rms)
    assert set(derived(sensor, NOON + 2 * MINUTE)) == {"crest", "kurtosis", "velocity_rms"}


def test_the_unit_of_samples_counts_where_they_make_the_value(
    gateway: APIClient, sensor: Sensor
) -> None:
    wrong = reading(sensor.code)
    wrong["waveform"]["unit"] = "g"

    batch = upload(gateway, wrong)

    assert counts(batch) == (0, 0, 0, 1)
