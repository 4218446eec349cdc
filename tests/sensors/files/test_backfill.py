from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sensors.files.backfill import store_history
from tests.factories import MINUTE, NOON, make_sensor, reading


@pytest.mark.django_db
def test_history_is_stored_without_a_payload_that_waits() -> None:
    sensor = make_sensor()
    readings = [reading(sensor, i / 7, NOON - MINUTE * i) for i in range(500)]

    with CaptureQueriesContext(connection) as captured:
        batch = store_history(
            site=sensor.site,
            source="test",
            readings=readings,
            idempotency_key="once",
            correlation_id="test",
        )

    batch.refresh_from_db()
    receipts = [query["sql"] for query in captured if "sensors_readingbatch" in query["sql"]]
    assert (batch.status, batch.payload, batch.stored) == ("stored", None, 500)
    assert max(len(sql) for sql in receipts) < 2_000
    assert dict(sensor.readings.values_list("taken_at", "value")) == {
        sent.timestamp: sent.value for sent in readings
    }
