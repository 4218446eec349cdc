from __future__ import annotations

import pytest
from django.db import transaction

from sensors.intake.storing import store_readings
from sensors.models import Asset, Reading, ReadingBatch, ReadingConflict, Sensor
from tests.factories import MINUTE, NOON, make_batch, make_sensor, make_site, reading
from tests.races import race


def received(batch: ReadingBatch) -> ReadingBatch:
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON)
    batch.refresh_from_db()
    return batch


def counts(batch: ReadingBatch) -> tuple[int, int, int, int]:
    """Stored, duplicates, conflicts and quarantined, as the database has them."""
    batch.refresh_from_db()
    return batch.stored, batch.duplicates, batch.conflicts, batch.quarantined


def store(batch: ReadingBatch) -> None:
    with transaction.atomic():
        store_readings([batch])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_two_workers_with_the_same_moments_store_each_once() -> None:
    sensor = make_sensor()
    other = make_sensor(asset=sensor.asset)
    moments = [NOON - MINUTE * i for i in range(300)]
    rows = [reading(s, i, at) for i, at in enumerate(moments) for s in (sensor, other)]
    first = received(make_batch(sensor.site, rows))
    second = received(make_batch(sensor.site, rows[::-1]))
    disputed = received(make_batch(sensor.site, [reading(sensor, -1, at) for at in moments]))

    race(*(lambda b=b: store(b) for b in (first, second, disputed)))

    tallies = [counts(batch) for batch in (first, second, disputed)]
    assert sum(tally[0] for tally in tallies) == Reading.objects.count() == 600
    assert [sum(tally) for tally in tallies] == [600, 600, 300]
    assert sum(tally[2] for tally in tallies) == ReadingConflict.objects.count() > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_two_workers_register_a_sensor_once() -> None:
    site = make_site()
    batches = [
        received(make_batch(site, [reading("NEW", v, NOON + MINUTE * v)], may_register=True))
        for v in (1, 2)
    ]

    race(*(lambda b=b: store(b) for b in batches))

    assert [counts(batch) for batch in batches] == [(1, 0, 0, 0)] * 2
    assert list(
        Sensor.objects.get().readings.values_list("value", flat=True).order_by("taken_at")
    ) == [1, 2]
    assert Asset.objects.count() == 1
