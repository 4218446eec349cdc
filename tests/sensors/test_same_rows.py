"""The same readings in three formats end as the same rows."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from sensors.models import Reading, ReadingBatch, Sensor, Site
from sensors.storing import store_readings
from tests.factories import make_asset, make_key, make_site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CODES = ["T1", "P-101/DE.temp", "x:1"]
COLUMNS = ["sensor_id", "timestamp", "value", "quality", "unit"]

# Some too early, some of sensors that are not there: they end in quarantine.
rows = st.lists(
    st.fixed_dictionaries(
        {
            "sensor_id": st.sampled_from([*CODES, "unknown"]),
            "timestamp": st.datetimes(datetime(1999, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
            | st.just(datetime(2020, 1, 1)),  # noqa: DTZ001
            "value": st.floats(allow_nan=False, allow_infinity=False),
            "quality": st.sampled_from(["good", "uncertain", "bad"]),
            "unit": st.sampled_from(["°C", "bar, abs", "1 = 2"]),
        }
    ),
    min_size=1,
    max_size=8,
)


def as_json(readings: list[dict[str, Any]]) -> bytes:
    rows = [row | {"timestamp": row["timestamp"].isoformat()} for row in readings]
    return json.dumps(rows).encode()


def as_csv(readings: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(row | {"timestamp": row["timestamp"].isoformat()} for row in readings)
    return text.getvalue().encode()


def as_lines(readings: list[dict[str, Any]]) -> bytes:
    return "".join(map(line, readings)).encode()


def line(row: dict[str, Any]) -> str:
    unit = "".join(f"\\{c}" if c in ",= " else c for c in row["unit"])
    microseconds = (row["timestamp"].replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    tags = f"sensor_id={row['sensor_id']},quality={row['quality']},unit={unit}"
    return f"r,{tags} value={row['value']!r} {microseconds * 1000}\n"


FORMATS = {
    "/api/v1/data/ingest": (as_json, "application/json"),
    "/api/v1/data/ingest?": (as_csv, "text/csv"),
    "/api/v1/write": (as_lines, "text/plain"),
}


def make_plant() -> Site:
    asset = make_asset(site=make_site())
    Sensor.objects.bulk_create(
        Sensor(site=asset.site, asset=asset, code=code, unit="°C") for code in CODES
    )
    return asset.site


def outcome(url: str, readings: list[dict[str, Any]]) -> dict[str, Any]:
    """What is stored, and how the receipt adds up, when the readings come this way."""
    encode, content_type = FORMATS[url]
    site = make_plant()
    client = APIClient(headers={"X-API-Key": make_key(site=site)[1]})
    answer = client.post(url, encode(readings), content_type=content_type)
    assert answer.status_code in (202, 204), answer.content
    batch = ReadingBatch.objects.get(site=site)
    with transaction.atomic():
        store_readings([batch])
    batch.refresh_from_db()
    stored = Reading.objects.filter(sensor__site=site).order_by("sensor__code", "taken_at")
    columns = stored.values_list("sensor__code", "taken_at", "value", "quality")
    put_aside = batch.quarantine.order_by("pk").values_list("sensor_code", "reason", "reading")
    counts = ["accepted", "rejected", "stored", "duplicates", "conflicts", "quarantined"]
    return {
        # As text: 0.0 and -0.0 are not the same reading.
        "rows": list(map(str, columns)),
        "put aside": list(put_aside),
        "receipt": [getattr(batch, count) for count in counts],
    }


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows)
def test_json_csv_and_line_protocol_lead_to_the_same(readings: list[dict[str, Any]]) -> None:
    first, *others = (outcome(url, readings) for url in FORMATS)

    assert others == [first, first]
    assert first["receipt"][0] == len(readings) == sum(first["receipt"][2:])
