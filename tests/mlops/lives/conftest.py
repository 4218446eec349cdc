from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings

from mlops.learning import life_models
from mlops.learning.life_fitting import fit_type
from mlops.learning.life_models import on_duty
from mlops.models import ModelVersion
from sensors.models import Asset, AssetType
from tests.factories import NOON, make_site
from tests.mlops.lives.fleet import FAILURES, LEFT
from tests.mlops.lives.run_to_failure import load, quick_fits, write
from tests.mlops.remaining_life.fleet import make_fleet


@pytest.fixture(scope="package")
def pumps(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[AssetType]:
    """A type with failed assets at one site and running ones at another, and its model.

    Loaded and fitted once, and rolled back after the last test: it takes seconds.
    """
    directory = tmp_path_factory.mktemp("lives")
    whole = [unit for unit in make_fleet(40, seed=5) if unit.rows > max(LEFT) + 10]
    cut = [unit.until(unit.rows - left) for unit, left in zip(whole, LEFT, strict=False)]
    failed = write(directory / "failed.txt", make_fleet(FAILURES))
    running = write(directory / "running.txt", cut)
    with (
        django_db_blocker.unblock(),
        time_machine.travel(NOON, tick=False),
        override_settings(ARTIFACTS_DIR=str(directory / "artifacts")),
        quick_fits(),
        transaction.atomic(),
    ):
        pump = AssetType.objects.create(code="pump", name="Pump")
        load(failed, make_site(), pump, name="failed")
        load(running, make_site(code="plant"), pump, name="running", failed=False)
        fit_type(pump)
        yield pump
        transaction.set_rollback(True)


@pytest.fixture
def running(pumps: AssetType) -> list[Asset]:
    """The running units, in the order of LEFT."""
    found = Asset.objects.filter(tag__startswith="running-").select_related("site", "type")
    return list(found.order_by("tag"))


@pytest.fixture
def version(pumps: AssetType) -> ModelVersion:
    found = on_duty(pumps)
    assert found is not None
    return found


@pytest.fixture
def forgotten() -> Iterator[None]:
    """No process remembers a model, before nor after."""
    life_models._model.cache_clear()
    yield
    life_models._model.cache_clear()
