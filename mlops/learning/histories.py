"""What an asset's detector may learn from: its last rows without those known to be odd."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from maintenance.anomalies.windows import maintained
from maintenance.models import Anomaly
from mlops.watching.rows import Rows, Wanted, bin_width, closed_before, rows_of
from sensors.history.windows import Past, micros_of, moment_of, pasts
from sensors.models import Asset, Sensor

MOST_ROWS = 5_000
# So many times as long as the rows would take without a gap is looked back for them.
GAPS = 4
# What an anomaly leads up to and leaves behind is no normal operation either.
MARGIN = 5  # Rows


@dataclass(frozen=True, slots=True)
class History:
    """Rows of an asset's sensors, the columns in the order of their codes. `width` is that
    of a bin in microseconds; `left_out` are rows that overlap an anomaly or maintenance."""

    sensors: tuple[Sensor, ...]
    width: int
    rows: Rows
    left_out: int = 0

    @property
    def codes(self) -> list[str]:
        return [sensor.code for sensor in self.sensors]

    @property
    def digest(self) -> str:
        """SHA-256 of the times and values."""
        data = self.rows.micros.tobytes() + np.ascontiguousarray(self.rows.values).tobytes()
        return hashlib.sha256(data).hexdigest()


def history_of(
    asset: Asset,
    until: datetime,
    *,
    since: datetime | None = None,
    sensors: Sequence[Sensor] | None = None,
    odd: Sequence[tuple[datetime, datetime]] = (),
) -> History | None:
    """The last closed rows before `until`; None if the sensors give no two readings.

    Those `since` a moment if it is given, and of some sensors instead of all active ones.
    Time of anomalies and of maintenance windows is left out; what somebody called normal
    operation is not. `odd` are spans to be left out besides. What is derived from waveforms
    is left to the detectors of sensors: a dozen columns of one sensor, read seldom, would
    outvote others.
    """
    measured = Sensor.objects.active().filter(asset=asset, derived_from=None)
    taken = measured if sensors is None else sensors
    sensors = tuple(sorted(taken, key=lambda sensor: sensor.code))
    ids = [sensor.pk for sensor in sensors]
    width = bin_width(ids, micros_of(until))
    if width is None:
        return None
    newest = _newest(ids, until)
    before = closed_before(newest, width)
    first = max(before - GAPS * MOST_ROWS * width, 0)
    if since:
        first = max(first, -(-micros_of(since) // width) * width)
    wanted = Wanted(sensors=ids, width=width, first=first, before=before)
    [rows] = rows_of([wanted], most=MOST_ROWS)
    anomalies = Anomaly.objects.filter(asset=asset).abnormal()
    maintained_then = maintained(asset, moment_of(first), until)
    left_out = odd_rows(anomalies, rows.micros, MARGIN * width, [*odd, *maintained_then])
    normal = rows.only(~left_out)
    latest = np.arange(len(normal)) >= len(normal) - MOST_ROWS
    return History(sensors, width, normal.only(latest), left_out=int(left_out.sum()))


def _newest(sensors: list[int], until: datetime) -> int:
    asked = [Past(sensor, None, micros_of(until)) for sensor in sensors]
    return max(int(micros[-1]) for micros, _ in pasts(asked, most=1) if micros.size)


def odd_rows(
    anomalies: QuerySet[Anomaly],
    micros: NDArray[np.int64],
    margin: int,
    others: Sequence[tuple[datetime, datetime]] = (),
) -> NDArray[np.bool_]:
    """Which of some moments in order lie within one of the anomalies or the other spans, or
    as near to one as `margin`; all in microseconds, of shape (moments,)."""
    odd = np.zeros(micros.size, dtype=bool)
    if not micros.size:
        return odd
    before, after = moment_of(micros[0] - margin), moment_of(micros[-1] + margin)
    found = anomalies.filter(started_at__lte=after).exclude(ended_at__lt=before)
    for started_at, ended_at in [*found.values_list("started_at", "ended_at"), *others]:
        begin = int(np.searchsorted(micros, micros_of(started_at) - margin))
        end = micros.size
        if ended_at:
            end = int(np.searchsorted(micros, micros_of(ended_at) + margin, side="right"))
        odd[begin:end] = True
    return odd
