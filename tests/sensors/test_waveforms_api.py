"""Waveforms read back, over the API and in the admin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from sensors.intake.waveforms import WaveformIn, as_sent
from sensors.models import (
    Bearing,
    ReadingBatch,
    Sensor,
    SeverityPreset,
    StoredWaveform,
    WaveformAnalysis,
)
from sensors.models import batches as batches_module
from sensors.store.waveforms import prune_waveforms
from sensors.vibration.waveform import Waveform
from tests.factories import MINUTE, NOON, make_asset, make_batch, make_sensor, make_stored
from tests.factories import reading as plain
from tests.sensors.vibration.waves import impacts, noise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]


def sent(wave: Waveform) -> WaveformIn:
    return as_sent(wave.samples.astype(np.float32), wave.rate, wave.unit)


def store(sensor: Sensor, *waves: Waveform) -> None:
    """Waveforms of a sensor, one a minute from noon on."""
    rows = [
        plain(sensor, float(n), NOON + n * MINUTE, waveform=sent(wave))
        for n, wave in enumerate(waves)
    ]
    make_stored(sensor.site, *rows)


@pytest.fixture
def sensor(site: Any) -> Sensor:
    sensor = make_sensor(site=site, code="P-101_VIB", kind="vibration", unit="m/s²")
    bearing = Bearing.objects.create(
        name="SKF 6205", rolling_elements=9, element_diameter=7.94, pitch_diameter=39.04
    )
    severity = SeverityPreset.objects.create(name="Mine", a_to_b=0.01, b_to_c=0.1, c_to_d=9)
    WaveformAnalysis.objects.create(
        sensor=sensor, bearing=bearing, rpm=29.95 * 60, severity=severity
    )
    return sensor


def test_the_newest_waveform_comes_first_page_by_page(gateway: APIClient, sensor: Sensor) -> None:
    store(sensor, *(noise(seconds=0.01 * n) for n in (1, 2, 3)))

    first = gateway.get(f"/api/v1/sensors/{sensor.pk}/waveforms?limit=2").json()
    second = gateway.get(first["next"]).json()

    rows = first["results"] + second["results"]
    assert [row["count"] for row in rows] == [360, 240, 120]
    assert rows[0]["timestamp"] == "2026-06-01T12:02:00Z"
    assert "samples" not in rows[0]
    assert second["next"] is None


@pytest.mark.parametrize(
    "cursor", ["x", "cD1ub3c=", "cD0yMDI2LTA2LTAx", "cD05OTk5LTEyLTMxVDIzOjU5Wg=="]
)
def test_a_cursor_that_was_not_given_out_leads_nowhere(
    cursor: str, gateway: APIClient, sensor: Sensor
) -> None:
    answer = gateway.get(f"/api/v1/sensors/{sensor.pk}/waveforms", {"cursor": cursor})

    assert answer.status_code == 404


def test_a_waveform_has_its_samples_features_and_spectra(
    gateway: APIClient, sensor: Sensor
) -> None:
    hertz = Bearing.objects.get().geometry().bpfo(29.95)
    store(sensor, impacts(hertz))
    waveform = StoredWaveform.objects.get()

    said = gateway.get(f"/api/v1/sensors/{sensor.pk}/waveforms/{waveform.pk}").json()

    assert said["samples"] == waveform.array().tolist()
    assert said["features"]["bpfo"]["value"] > 2 * said["features"]["bpfi"]["value"]
    assert said["frequencies"]["bpfo"] == pytest.approx(hertz)
    assert said["severity"] == {
        "preset": "Mine",
        "zone": "C",
        "meaning": "not satisfactory for long-term operation",
    }
    for name in ("spectrum", "envelope_spectrum"):
        assert len(said[name]["frequencies"]) == len(said[name]["amplitudes"]) == 2000
    lines = dict(zip(*said["envelope_spectrum"].values(), strict=True))
    strongest = max((at for at in lines if 40 < at < 200), key=lambda at: lines[at])
    assert strongest == pytest.approx(hertz, rel=0.02)


def test_a_waveform_is_there_for_its_own_site_and_sensor_only(
    gateway: APIClient, sensor: Sensor
) -> None:
    store(sensor, noise(seconds=0.01))
    foreign, beside = make_sensor(), make_sensor(asset=sensor.asset)
    store(foreign, noise(seconds=0.01))
    own, theirs = StoredWaveform.objects.order_by("pk")

    paths = [
        f"{foreign.pk}/waveforms",
        f"{foreign.pk}/waveforms/{theirs.pk}",
        f"{beside.pk}/waveforms/{own.pk}",
        f"{sensor.pk}/waveforms/{10**30}",
    ]
    answers = [gateway.get(f"/api/v1/sensors/{path}").status_code for path in paths]

    assert answers == [404] * 4


def test_waveforms_are_dropped_when_readings_are(sensor: Sensor) -> None:
    store(sensor, noise(seconds=0.01), noise(seconds=0.01))

    with time_machine.travel(NOON + settings.KEEP_READINGS_FOR + MINUTE / 2, tick=False):
        assert prune_waveforms() == 1

    assert StoredWaveform.objects.get().taken_at == NOON + MINUTE


def test_a_run_takes_no_more_than_a_worker_can_hold(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [plain(sensor, 1.0, waveform=sent(noise(seconds=0.01)))]
    sizes = {len(bytes(make_batch(sensor.site, rows).payload or b"")) for _ in range(5)}
    monkeypatch.setattr(batches_module, "MOST_BYTES", 2 * max(sizes))

    assert len(ReadingBatch.objects.claim(readings=1_000)) == 2


def test_the_page_of_a_sensor_shows_its_newest_waveform(
    admin_client: Client, sensor: Sensor
) -> None:
    store(sensor, impacts(107.4))

    page = admin_client.get(reverse("admin:sensors_sensor_change", args=[sensor.pk]))

    words = page.content.decode()
    assert "zone C" in words
    assert "BPFO at 107.4 Hz" in words
    assert "severity" in words


def test_few_samples_have_a_picture_but_no_envelope(admin_client: Client, sensor: Sensor) -> None:
    store(sensor, Waveform(np.zeros(16), 1000.0))

    page = admin_client.get(reverse("admin:sensors_sensor_change", args=[sensor.pk]))

    words = page.content.decode()
    assert "Samples over 0.016 s" in words
    assert "Spectrum of the envelope" not in words


def form_of(admin_client: Client, page: str) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    context = admin_client.get(page).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return {
        bound.html_name: bound.value() if bound.value() is not None else ""
        for form in forms
        for bound in form
        if bound.value() is not False
    }


def test_choosing_a_preset_sets_the_limits_of_the_velocity(
    admin_client: Client, sensor: Sensor
) -> None:
    store(sensor, noise(seconds=1))
    stricter = SeverityPreset.objects.create(name="Stricter", a_to_b=1, b_to_c=2, c_to_d=3)
    page = reverse("admin:sensors_sensor_change", args=[sensor.pk])
    form = form_of(admin_client, page) | {"analysis-0-severity": stricter.pk}

    admin_client.post(page, form)

    velocity = Sensor.objects.get(code="P-101_VIB.velocity_rms")
    assert (velocity.warning_high, velocity.alarm_high) == (2, 3)

    admin_client.post(
        reverse("admin:sensors_severitypreset_change", args=[stricter.pk]),
        {"name": "Stricter", "a_to_b": 1, "b_to_c": 2, "c_to_d": 2.5},
    )
    velocity.refresh_from_db()
    assert velocity.alarm_high == 2.5


def test_a_sensor_that_is_placed_takes_its_derived_ones_along(
    admin_client: Client, sensor: Sensor
) -> None:
    store(sensor, noise(seconds=0.01))
    page = reverse("admin:sensors_sensor_change", args=[sensor.pk])
    elsewhere = make_asset(site=sensor.site)

    admin_client.post(page, form_of(admin_client, page) | {"asset": elsewhere.pk})

    derived = Sensor.objects.filter(derived_from=sensor)
    assert set(derived.values_list("asset", flat=True)) == {elsewhere.pk}


def test_the_speed_is_read_on_the_same_asset(admin_client: Client, sensor: Sensor) -> None:
    page = reverse("admin:sensors_sensor_change", args=[sensor.pk])
    form = form_of(admin_client, page)
    form |= {"analysis-0-rpm": "", "analysis-0-speed_sensor": make_sensor(site=sensor.site).pk}

    answer = admin_client.post(page, form)

    assert "The speed sensor is on another asset" in answer.content.decode()
