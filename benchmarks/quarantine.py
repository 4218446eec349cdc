"""`python -m benchmarks.alone quarantine [ROWS]`: a large quarantine, looked at and replayed.

Seconds of each page, before and after the replay, and how many rows a second that is.
"""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client

from sensors.aside.curating import ask, work_off
from sensors.models import Asset, Sensor, Site

ROWS = 1_000_000
PER_BATCH = 10_000
SENSORS = 50

# Of each ten rows seven wait for one sensor, as when a gateway was given a new name.
BATCHES = """
    INSERT INTO sensors_readingbatch (site_id, source, correlation_id, mode, status,
        received_at, may_register, digest, accepted, rejected, rejections, stored,
        duplicates, conflicts, quarantined, spans)
    SELECT %(site)s, 'bench', 'bench', 'live', 'stored', now(), false, '', %(each)s, 0, '[]',
        0, 0, 0, %(each)s, '[]'
    FROM generate_series(1, %(rows)s / %(each)s)
"""
ASIDE = """
    INSERT INTO sensors_quarantinedreading (batch_id, site_id, sensor_code, reason, reading,
        quarantined_at, state, attempts)
    SELECT (SELECT min(id) FROM sensors_readingbatch) + n / %(each)s, %(site)s, code,
        'unknown_sensor', jsonb_build_object('sensor_id', code, 'value', n %% 100, 'quality',
        'good', 'timestamp', to_char(now() AT TIME ZONE 'UTC' - n * interval '1 second',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"')), now() - n * interval '1 millisecond', 'waiting', 0
    FROM generate_series(0, %(rows)s - 1) AS n,
        LATERAL (SELECT CASE WHEN n %% 10 < 7 THEN 'S0' ELSE 'S' || n %% %(sensors)s END AS code)
"""


def measure(rows: str) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    site = Site.objects.create(code="bench", name="Bench")
    asset = Asset.objects.unassigned(site.pk)
    fill = {"site": site.pk, "rows": int(rows or ROWS), "each": PER_BATCH, "sensors": SENSORS}
    with connection.cursor() as cursor:
        for statement in (BATCHES, ASIDE, "ANALYZE"):
            cursor.execute(statement, fill if "%" in statement else None)
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("bench"))
    figures: dict[str, Any] = {path: timed(client, path) for path in PAGES}
    for n in range(SENSORS):
        Sensor.objects.create(site=site, asset=asset, code=f"S{n}", stuck_after=0)
    curation = ask(action="replay", chosen={}, sites=None, asked_by="bench")
    began = time.perf_counter()
    while work_off(curation.pk):
        pass
    seconds = time.perf_counter() - began
    curation.refresh_from_db()
    figures["replay"] = {"rows": curation.done, "seconds": round(seconds, 1)}
    figures["replay"]["rows_per_second"] = round(curation.done / seconds)
    figures |= {f"{path} after": timed(client, path) for path in PAGES}
    return figures


PAGES = [
    "/api/v1/quarantine",
    "/api/v1/quarantine?state=waiting&sensor=S49",
    "/api/v1/quarantine?reason=retired_sensor",
    "/api/v1/quarantine/summary",
    "/admin/sensors/quarantinedreading/",
    "/admin/sensors/quarantinedreading/?state=all&q=S49",
    "/admin/sensors/quarantinedreading/replay/",
]


def timed(client: Any, path: str) -> float:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.content[:500])
        seconds.append(time.perf_counter() - began)
    return round(min(seconds), 3)
