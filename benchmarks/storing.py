"""The ingest stage: from accepted batches to rows and receipts, in one run."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import connection, transaction

from agents.ingest import ingest
from agents.models import PipelineRun
from benchmarks.figures import Figure, Figures
from benchmarks.plant import Plant
from sensors.intake.decoding import decode_upload, encode_readings
from sensors.models import ReadingBatch

BATCHES = 50
SIZE = 1000
REPEATS = 5
COPY = """
    COPY sensors_reading (sensor_id, taken_at, value, quality, flags, batch_id)
    FROM STDIN (FORMAT binary)
"""
TYPES = ["int8", "timestamptz", "float8", "int2", "int2", "int8"]


def ingest_stage(plant: Plant) -> Figures:
    """`ingest_stage`: the whole stage, against a binary COPY of as many rows by psycopg
    into the same table. The best of a few, for both."""
    rows = BATCHES * SIZE
    ours = min(stage(plant) for _ in range(REPEATS))
    limit = min(copy(plant, rows) for _ in range(REPEATS))
    return {
        "ingest_stage": Figure(
            rows / ours,
            "readings/s",
            "≥ 0.4 × baseline",
            rows / limit,
            "binary COPY of the same rows into the same table",
        )
    }


def stage(plant: Plant) -> float:
    """Seconds of one run over fifty batches of a thousand."""
    batches = [_claimed(plant, body) for body in plant.lists(BATCHES, size=SIZE)]
    with transaction.atomic():
        run = PipelineRun.objects.begin(batches)
    began = time.perf_counter()
    ingest(run.pk)
    seconds = time.perf_counter() - began
    run.delete()
    return seconds


def _claimed(plant: Plant, body: bytes) -> ReadingBatch:
    upload = decode_upload(body, most_readings=SIZE)
    return ReadingBatch.objects.create(
        site=plant.site,
        source="bench",
        correlation_id="bench",
        digest="",
        status=ReadingBatch.Status.CLAIMED,
        payload=encode_readings(upload.readings),
        accepted=len(upload.readings),
    )


def copy(plant: Plant, rows: int) -> float:
    """Seconds of a COPY of rows that are ready as Python values."""
    ids = {sensor.code: sensor.pk for sensor in plant.sensors}
    ready = [
        (
            ids[str(r["sensor_id"])],
            datetime.fromisoformat(str(r["timestamp"])),
            r["value"],
            0,
            0,
            0,
        )
        for r in plant.readings(rows)
    ]
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY) as copying:
        copying.set_types(TYPES)
        for row in ready:
            copying.write_row(row)
    return time.perf_counter() - began
