"""Old versions go; what somebody may still ask for stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from maintenance.models import Anomaly
from mlops import artifacts
from mlops.learning.pruning import prune_models
from mlops.models import AssetState, ModelVersion
from sensors.models import Asset
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_sensor,
    make_symptom,
    make_version,
)
from tests.races import PATIENCE, race

pytestmark = pytest.mark.django_db

LONG_AGO = NOON - timedelta(days=100)


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")
    settings.KEEP_MODELS_FOR = timedelta(days=30)


@transaction.atomic
def learnt(asset: Asset, of: float) -> ModelVersion:
    """A version on duty from long ago with a file; the same `of` makes the same file."""
    digest = artifacts.save({"means": np.full(3, of)})
    return make_version(asset, artifact_digest=digest, created_at=LONG_AGO)


def versions(asset: Asset, count: int) -> list[ModelVersion]:
    return [learnt(asset, number) for number in range(count)]


def numbers() -> list[int]:
    return list(ModelVersion.objects.order_by("number").values_list("number", flat=True))


def files() -> set[str]:
    known = ModelVersion.objects.values_list("artifact_digest", flat=True)
    return {digest for digest in known if artifacts.path_of(digest).exists()}


def test_the_newest_few_stay_and_the_others_go_with_their_files() -> None:
    before = versions(make_asset(), 5)

    assert prune_models(NOON) == 2

    assert numbers() == [3, 4, 5]
    assert len(files()) == 3
    assert not artifacts.path_of(before[0].artifact_digest).exists()


def test_scopes_and_kinds_are_counted_each_for_itself() -> None:
    asset = make_asset()
    versions(asset, 3)
    versions(make_asset(), 3)
    for _ in range(3):
        make_version(asset, kind="another", created_at=LONG_AGO)
        make_version(sensor=make_sensor(), created_at=LONG_AGO)

    assert prune_models(NOON) == 0


def test_what_is_on_duty_stays_however_old() -> None:
    asset = make_asset()
    first, *_ = versions(asset, 5)
    ModelVersion.objects.filter(asset=asset).update(is_active=False)
    ModelVersion.objects.filter(pk=first.pk).update(is_active=True)

    prune_models(NOON)

    assert numbers() == [1, 3, 4, 5]


def test_what_is_young_stays(settings: Any) -> None:
    versions(make_asset(), 5)
    settings.KEEP_MODELS_FOR = timedelta(days=101)

    assert prune_models(NOON) == 0


def test_what_an_anomaly_names_stays() -> None:
    asset = make_asset()
    first, second, *_ = versions(asset, 5)
    sensor = make_sensor(asset=asset)
    anomaly = make_anomaly(sensor, kind=Anomaly.Kind.DEVIATION, is_joint=True)
    make_symptom(anomaly, sensor=None, kind="relation", detector=str(second))
    elsewhere = make_anomaly(make_sensor(), detector=str(first))
    make_symptom(elsewhere, sensor=None, kind="relation")

    prune_models(NOON)

    assert numbers() == [2, 3, 4, 5]


def test_a_version_of_a_sensor_is_named_by_the_anomalies_of_that_sensor() -> None:
    asset = make_asset()
    named, other = make_sensor(asset=asset), make_sensor(asset=asset)
    for sensor in (named, other):
        for _ in range(4):
            make_version(sensor=sensor, created_at=LONG_AGO)
    make_anomaly(named, detector="level_and_pattern#1")

    assert prune_models(NOON) == 1

    assert not ModelVersion.objects.filter(sensor=other, number=1).exists()
    assert ModelVersion.objects.filter(sensor=named, number=1).exists()


def test_what_the_state_of_an_asset_is_of_stays() -> None:
    asset = make_asset()
    first, *_ = versions(asset, 5)
    AssetState.objects.create(asset=asset, version=first, until=NOON, state=b"")

    prune_models(NOON)

    assert numbers() == [1, 3, 4, 5]
    assert AssetState.objects.exists()


def test_a_file_that_another_version_shares_stays() -> None:
    versions(make_asset(), 5)
    sharing = learnt(make_asset(), of=0)

    assert prune_models(NOON) == 2

    assert artifacts.load(sharing.artifact_digest)["means"].tolist() == [0, 0, 0]


def test_whoever_dies_on_the_way_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = versions(make_asset(), 4)

    def die(digest: str) -> None:
        artifacts.path_of(digest).unlink()
        raise MemoryError

    with monkeypatch.context() as dying:
        dying.setattr(artifacts, "remove", die)
        with pytest.raises(MemoryError):
            prune_models(NOON)
    assert numbers() == [1, 2, 3, 4]

    assert prune_models(NOON) == 1
    assert not artifacts.path_of(first.artifact_digest).exists()


@pytest.mark.usefixtures("sleeping_agents")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["the fit", "the pruning"])
def test_a_fit_that_learns_the_same_keeps_its_file(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One of the two is held up between its look and its deed until the other waits for it.
    begun = Event()
    versions(make_asset(), 4)
    other = make_asset()
    holding = {"the fit": (ModelVersion, "register"), "the pruning": (artifacts, "remove")}
    owner, name = holding[first]
    deed = getattr(owner, name)

    def held_up(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        _wait_for_another()
        return deed(*args, **kwargs)

    monkeypatch.setattr(owner, name, held_up)

    def second(work: Callable[[], Any]) -> None:
        assert begun.wait(PATIENCE)
        work()

    both: dict[str, Callable[[], Any]] = {
        "the fit": partial(learnt, other, 0),
        "the pruning": partial(prune_models, NOON),
    }
    race(both.pop(first), partial(second, *both.values()))

    version = ModelVersion.objects.get(asset=other)
    assert artifacts.load(version.artifact_digest)["means"].tolist() == [0, 0, 0]


def _wait_for_another(seconds: int = PATIENCE) -> None:
    """Until another connection waits for a lock that this one holds."""
    waiting = """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    """
    with connection.cursor() as cursor:
        for _ in range(seconds * 100):
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
