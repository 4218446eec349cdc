"""The soonest alarm limit of an asset, for those who decide about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from maintenance.policy import Foreseen
from mlops.forecasting.time_to_limit import Outlook
from mlops.health.assets import forecast_sensors
from mlops.prognosis.forecasts import MOST_HOURS, Prognosis, prognosis_of
from sensors.models import Asset, Sensor

# Forecasts of one run of the decide agent, at most: after a flood of anomalies the others
# are decided about by their severity alone.
MOST_FORECASTS = 100


class SoonestLimit:
    """Looks ahead for the assets of one run; call it with an asset.

    What is beyond a limit already is not foreseen: its anomaly tells of it.
    """

    def __init__(self, most: int = MOST_FORECASTS) -> None:
        self.left = most

    def __call__(self, asset: Asset) -> Foreseen | None:
        if asset.tag == Asset.UNASSIGNED:
            # Sensors that nobody has placed only happen to stand on the same asset.
            return None
        found = self._foreseen(asset, timezone.now())
        return min(found, key=lambda foreseen: foreseen.after, default=None)

    def _foreseen(self, asset: Asset, now: datetime) -> Iterator[Foreseen]:
        for sensor in forecast_sensors(asset)[: self.left]:
            self.left -= 1
            prognosis = prognosis_of(sensor, MOST_HOURS)
            if prognosis.is_fresh(now):
                yield from _crossings(sensor, prognosis, now)


def _crossings(sensor: Sensor, prognosis: Prognosis, now: datetime) -> Iterator[Foreseen]:
    for limit in prognosis.limits:
        if not limit.is_alarm or limit.outlook is not Outlook.CROSSING:
            continue
        if limit.at is None or limit.earliest is None:
            continue
        yield Foreseen(
            sensor=sensor.code,
            limit=limit.value,
            unit=sensor.unit,
            after=max(limit.at, now) - now,
            earliest=max(limit.earliest, now) - now,
            latest=None if limit.latest is None else max(limit.latest, now) - now,
        )
