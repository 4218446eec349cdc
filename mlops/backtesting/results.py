"""The outcome of a back-test as JSON: for the API, the command and the row that keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mlops.backtesting.alarms import Alarm, Rates
from mlops.backtesting.outcomes import Outcome, Taught
from mlops.backtesting.standing import Standing
from sensors.models import Sensor

# The first in time, of all settings together. Somebody who gets more has to change the
# detector, not to read on.
MOST_ALARMS = 1_000
# As above, of each sensor.
MOST_SPANS = 100


def in_words(
    outcomes: Sequence[Outcome], sensors: Iterable[Sensor], *, side_by_side: bool = False
) -> dict[str, Any]:
    """The outcome of one setting, or, `side_by_side`, of all under `compared`.

    `precision`, `recall` and `lead_seconds` are null where nothing can be said of them.
    """
    codes = {sensor.pk: sensor.code for sensor in sensors}
    most = MOST_ALARMS // len(outcomes)
    found = [_outcome(outcome, codes, most) for outcome in outcomes]
    return {"compared": found} if side_by_side else found[0]


def by_setting(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The outcomes in what in_words() gave, one for each setting."""
    compared: list[dict[str, Any]] = result.get("compared", [result])
    return compared


def setting_in_words(outcome: dict[str, Any]) -> str:
    """What was changed of the detector."""
    changed = (f"{name}={value:g}" for name, value in outcome["parameters"].items())
    return ", ".join(changed) or "as shipped"


def _outcome(outcome: Outcome, codes: dict[int, str], most: int) -> dict[str, Any]:
    return {
        "detector": outcome.detector,
        "parameters": dict(outcome.parameters),
        "alarm_count": len(outcome.alarms),
        "truncated": len(outcome.alarms) > most,
        "alarms": [_alarm(alarm, codes) for alarm in outcome.alarms[:most]],
        "rates": [_rates(rates, codes) for rates in outcome.rates],
        "total": _total(outcome.rates),
        "stood": [_standing(standing, codes) for standing in outcome.standings],
        "judgement": asdict(outcome.judgement),
        "taught": outcome.taught and _taught(outcome.taught),
    }


def _alarm(alarm: Alarm, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "sensor_id": _code(alarm.sensor_id, codes),
        "kind": alarm.kind,
        "started_at": _text(alarm.started_at),
        "ended_at": alarm.ended_at and _text(alarm.ended_at),
        "last_at": _text(alarm.last_at),
        "peak_at": _text(alarm.peak_at),
        "peak_value": alarm.peak_value,
        "peak_score": alarm.peak_score,
        "reason": alarm.reason,
        "contributions": dict(alarm.contributions),
    }


def _rates(rates: Rates, codes: dict[int, str]) -> dict[str, Any]:
    return asdict(rates) | {"sensor_id": _code(rates.sensor_id, codes)}


def _total(rates: Sequence[Rates]) -> dict[str, Any]:
    """What somebody would have had to do with all of them: alarms a day add up, the share
    of time in alarm is that of a sensor on average."""
    seconds = sum(one.seconds for one in rates)
    daily = [one.alarms_a_day for one in rates if one.alarms_a_day is not None]
    shares = [one.seconds * (one.share_in_alarm or 0.0) for one in rates]
    return {
        "readings": sum(one.readings for one in rates),
        "scored": sum(one.scored for one in rates),
        "alarms": sum(one.alarms for one in rates),
        "alarms_a_day": sum(daily) if daily else None,
        "share_in_alarm": sum(shares) / seconds if seconds else None,
        "stood_seconds": sum(one.stood_seconds for one in rates),
    }


def _standing(standing: Standing, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "sensor_id": codes[standing.sensor_id],
        "seconds": standing.seconds,
        "count": len(standing.spans),
        "spans": [[_text(start), _text(end)] for start, end in standing.spans[:MOST_SPANS]],
    }


def _taught(taught: Taught) -> dict[str, Any]:
    return {
        "from": _text(taught.learnt_from),
        "to": _text(taught.learnt_until),
        "rows": taught.rows,
        "left_out": taught.left_out,
        "bin_seconds": taught.bin_seconds,
        "columns": list(taught.columns),
    }


def _code(sensor_id: int | None, codes: dict[int, str]) -> str | None:
    return None if sensor_id is None else codes[sensor_id]


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
