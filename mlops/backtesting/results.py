"""The outcome of a back-test as JSON: for the API, the command and the row that keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mlops.backtesting.alarms import Alarm, Rates
from mlops.backtesting.trials import Outcome
from sensors.models import Sensor

# The first in time. Somebody who gets more has to change the detector, not to read on.
MOST_ALARMS = 1_000


def in_words(outcome: Outcome, sensors: Iterable[Sensor]) -> dict[str, Any]:
    """`precision`, `recall` and `lead_seconds` are null where nothing can be said of them."""
    codes = {sensor.pk: sensor.code for sensor in sensors}
    return {
        "detector": outcome.detector,
        "alarm_count": len(outcome.alarms),
        "truncated": len(outcome.alarms) > MOST_ALARMS,
        "alarms": [_alarm(alarm, codes) for alarm in outcome.alarms[:MOST_ALARMS]],
        "rates": [_rates(rates, codes) for rates in outcome.rates],
        "judgement": asdict(outcome.judgement),
    }


def _alarm(alarm: Alarm, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "sensor_id": codes[alarm.sensor_id],
        "kind": alarm.kind,
        "started_at": _text(alarm.started_at),
        "ended_at": alarm.ended_at and _text(alarm.ended_at),
        "last_at": _text(alarm.last_at),
        "peak_at": _text(alarm.peak_at),
        "peak_value": alarm.peak_value,
        "peak_score": alarm.peak_score,
        "reason": alarm.reason,
    }


def _rates(rates: Rates, codes: dict[int, str]) -> dict[str, Any]:
    return asdict(rates) | {"sensor_id": codes[rates.sensor_id]}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
