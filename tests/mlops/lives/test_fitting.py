"""When a model of remaining life is fitted, and when it is on duty."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from maintenance.models import Life
from mlops import artifacts
from mlops.learning import life_fitting, life_models
from mlops.learning.life_fitting import fit_type
from mlops.learning.life_histories import gathered
from mlops.learning.life_models import loaded, on_duty
from mlops.learning.life_refits import types_due
from mlops.models import ModelVersion
from mlops.remaining_life.model import RemainingLife
from mlops.tasks import refit_asset_types
from sensors.models import Asset, AssetType
from tests.factories import NOON
from tests.mlops.lives.fleet import FAILURES, HOUR, OTHER, told, why_not

pytestmark = pytest.mark.django_db


def test_a_damaged_artifact_is_fitted_anew(
    forgotten: None,
    pumps: AssetType,
    running: list[Asset],
    version: ModelVersion,
    django_capture_on_commit_callbacks: Any,
) -> None:
    whole = told(running[1])
    place = artifacts.path_of(version.artifact_digest, artifacts.TREES)
    place.write_bytes(place.read_bytes()[:-9])
    cache.clear()
    life_models._model.cache_clear()

    with django_capture_on_commit_callbacks(execute=True) as sent:
        damaged = [why_not(running[1])[0] for _ in range(2)]

    assert damaged == ["not_loadable"] * 2
    assert len(sent) == 1
    assert str(on_duty(pumps)) == "remaining_life#2"
    assert told(running[1]).hours == whole.hours


def test_what_another_library_wrote_is_not_even_read(
    forgotten: None, pumps: AssetType, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_models, "LIBRARY", "scikit-learn 99")
    monkeypatch.setattr(artifacts, "load_bytes", None)

    assert loaded(version) is None
    assert types_due() == [pumps.pk]


def test_nothing_new_is_not_fitted_again(pumps: AssetType, version: ModelVersion) -> None:
    assert fit_type(pumps).words == "nothing new since remaining_life#1"
    assert types_due() == []


def test_by_night_it_learns_from_what_has_failed_since(
    pumps: AssetType, running: list[Asset]
) -> None:
    life = Life.objects.get(asset=running[0])
    life.ended_at, life.ending = NOON, "failed"
    with time_machine.travel(NOON + HOUR, tick=False):
        life.record(by="erika")

        refit_asset_types()

    newest = on_duty(pumps)
    assert newest is not None
    assert (newest.number, newest.parameters["failures"]) == (2, FAILURES + 1)


def test_a_model_grows_old(pumps: AssetType, settings: Any) -> None:
    with time_machine.travel(NOON + settings.REFIT_MODELS_AFTER + HOUR, tick=False):
        assert types_due() == [pumps.pk]


def test_what_knows_no_more_than_the_age_does_not_go_on_duty(
    pumps: AssetType, running: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    # One tree says nearly the mean for all rows, and that is less than their age tells.
    useless = partial(RemainingLife, folds=2, trees=1, windows=(5,))
    monkeypatch.setattr(life_fitting, "RemainingLife", useless)
    ModelVersion.objects.all().delete()

    fit = fit_type(pumps)

    assert fit.version is not None and not fit.version.is_active
    assert fit.words.endswith("kept off duty: no better than the age alone")
    assert why_not(running[0]) == (
        "no_better_than_age",
        "remaining_life#1 tells no more than the age alone",
    )


def test_a_broken_version_is_relieved_even_by_one_that_is_no_better(
    forgotten: None, pumps: AssetType, version: ModelVersion, running: list[Asset]
) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(parameters=version.parameters | OTHER)
    newer = ModelVersion.objects.get(pk=version.pk)
    newer.pk, newer.parameters = None, version.parameters
    newer.register(on_duty=False)
    assert types_due() == [pumps.pk]

    with pytest.MonkeyPatch.context() as patch:
        useless = partial(RemainingLife, folds=2, trees=1, windows=(5,))
        patch.setattr(life_fitting, "RemainingLife", useless)
        fit_type(pumps)

    assert on_duty(pumps) is None
    assert types_due() == []
    assert why_not(running[0])[0] == "no_better_than_age"


def test_what_was_replaced_before_it_failed_is_no_failure(pumps: AssetType) -> None:
    replaced = list(Life.objects.failed().values_list("pk", flat=True)[:3])
    Life.objects.filter(pk__in=replaced).update(ending="replaced")

    found = gathered(pumps, needed=20)

    assert len(found.rows) == FAILURES - 3
    assert not {life.pk for life in found.lives} & set(replaced)
