from __future__ import annotations

import numpy as np
import pytest
from django.db import transaction

from sensors.intake.storing import store_readings
from sensors.intake.waveforms import as_sent
from sensors.models import Reading, ReadingBatch, Sensor, StoredWaveform
from tests.factories import MINUTE, NOON, make_batch, make_sensor, reading
from tests.races import race
from tests.sensors.vibration.waves import noise


def store(batch: ReadingBatch) -> None:
    with transaction.atomic():
        store_readings([batch])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_two_workers_with_the_same_waveform_derive_from_it_once() -> None:
    sensor = make_sensor(unit="")
    waveform = as_sent(noise(seconds=0.1).samples.astype(np.float32), 12_000, "g")
    batches = [make_batch(sensor.site, [reading(sensor, 1.0, waveform=waveform)]) for _ in "ab"]
    ReadingBatch.objects.update(received_at=NOON)

    race(*(lambda batch=batch: store(batch) for batch in batches))

    assert StoredWaveform.objects.count() == 1
    derived = Sensor.objects.filter(derived_from=sensor)
    assert Reading.objects.filter(sensor__in=derived).count() == derived.count() == 8
    for batch in batches:
        batch.refresh_from_db()
    assert sorted((batch.stored, batch.duplicates) for batch in batches) == [(0, 1), (1, 0)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_two_workers_that_register_the_same_derived_sensors_share_them() -> None:
    sensor = make_sensor(unit="")
    waveform = as_sent(noise(seconds=0.1).samples.astype(np.float32), 12_000, "g")
    batches = [
        make_batch(sensor.site, [reading(sensor, 1.0, NOON + n * MINUTE, waveform=waveform)])
        for n in range(2)
    ]
    ReadingBatch.objects.update(received_at=NOON)

    race(*(lambda batch=batch: store(batch) for batch in batches))

    derived = Sensor.objects.filter(derived_from=sensor)
    assert derived.count() == 8
    assert Reading.objects.filter(sensor__in=derived).count() == 16
