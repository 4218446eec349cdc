"""When are the rows of an asset complete, if each of its sensors sends by itself?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.detect import record_anomalies
from maintenance.models import Symptom
from mlops.learning.fitting import fit_asset
from mlops.models import AssetState
from sensors.models import Asset
from tests.factories import NOON
from tests.mlops.pumps import at, broken, brought, courses, make_pump, sensors_of

pytestmark = pytest.mark.django_db

RELATION = Symptom.Kind.RELATION


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


@pytest.fixture
def pump() -> Asset:
    asset = make_pump()
    fitted = fit_asset(asset, until=NOON)
    assert fitted and fitted.is_active
    return asset


def bring_in_bunches(asset: Asset, hours: int) -> None:
    """Each hour the readings of one sensor and then those of the other."""
    values = broken(60 * hours)
    for hour in range(hours):
        rows = range(60 * hour, 60 * (hour + 1))
        for sensor in sensors_of(asset):
            batch = brought(asset, values, rows, only=[sensor.code])
            batch.received_at = at(rows[-1] + 1)
            record_anomalies([batch])


def test_sensors_that_come_one_after_the_other_in_bunches_are_waited_for(pump: Asset) -> None:
    bring_in_bunches(pump, hours=3)

    state = AssetState.objects.get()
    assert state.until == at(178)
    assert Symptom.objects.filter(kind=RELATION).exists()


def test_a_sensor_that_no_longer_comes_holds_the_others_up_only_for_a_while(pump: Asset) -> None:
    bring_in_bunches(pump, hours=3)
    first, _ = sensors_of(pump)

    record_anomalies([brought(pump, courses(600), range(180, 480), only=[first.code])])

    assert at(180) < AssetState.objects.get().until < at(479)
