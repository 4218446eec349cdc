"""How far the latest readings of sensors can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from sensors.models import Reading

# Walks the primary key backwards, a few rows a sensor.
GOOD_SHARES = """
    SELECT asked.sensor_id, avg((quality = %(good)s)::int)::float
    FROM unnest(%(sensors)s::bigint[], %(untils)s::timestamptz[]) AS asked (sensor_id, until)
    CROSS JOIN LATERAL (
        SELECT quality FROM sensors_reading
        WHERE sensor_id = asked.sensor_id AND taken_at <= asked.until
        ORDER BY taken_at DESC LIMIT %(most)s
    ) AS latest
    GROUP BY asked.sensor_id
"""


def good_shares(untils: Mapping[int, datetime], *, most: int = 20) -> dict[int, float]:
    """Of each sensor the share of good ones among the last readings up to a moment.

    Sensors without readings are left out.
    """
    asked: dict[str, Any] = {
        "sensors": list(untils),
        "untils": list(untils.values()),
        "good": Reading.Quality.GOOD.value,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(GOOD_SHARES, asked)
        return dict(cursor.fetchall())
