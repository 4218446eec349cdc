"""The codes to begin with are laid down once, and are the planners' from then on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command

from maintenance.models import ChecklistTemplate, FailureCode
from maintenance.orders.standard_codes import (
    GENERIC,
    OF_PUMPS,
    PUMP,
    PUMP_POINTS,
    lay_down_codes,
    lay_down_for_pumps,
)
from sensors.models import Asset, AssetType, Sensor
from tests.factories import make_asset

pytestmark = pytest.mark.django_db
ALL = sum(len(words) for _, words in GENERIC)


def test_they_are_there_after_migrating() -> None:
    assert FailureCode.objects.filter(asset_type=None).count() == ALL


def test_they_are_laid_down_once_and_never_over_what_was_edited() -> None:
    FailureCode.objects.filter(code="VIB").update(name="Shakes", is_active=False)
    FailureCode.objects.filter(code="OHE").delete()

    call_command("migrate", verbosity=0)

    assert FailureCode.objects.count() == ALL - 1
    assert FailureCode.objects.get(code="VIB").name == "Shakes"


def test_where_there_are_none_at_all_they_are_laid_down() -> None:
    FailureCode.objects.all().delete()

    for _ in range(2):
        lay_down_codes(apps)

    assert FailureCode.objects.count() == ALL


def test_before_there_is_a_table_nothing_happens() -> None:
    def get_model(*names: str) -> None:
        raise LookupError

    lay_down_codes(SimpleNamespace(get_model=get_model))


def test_pumps_get_their_own_once() -> None:
    assert lay_down_for_pumps() == sum(len(words) for _, words in OF_PUMPS)
    template = ChecklistTemplate.objects.get()
    assert template.points.count() == len(PUMP_POINTS)
    FailureCode.objects.filter(code="LOO").update(name="Too little comes out")
    template.points.all()[0].delete()

    assert lay_down_for_pumps() == 0

    assert FailureCode.objects.get(code="LOO").name == "Too little comes out"
    assert template.points.count() == len(PUMP_POINTS) - 1


def test_a_pump_has_its_own_words_before_those_of_all() -> None:
    lay_down_for_pumps()
    pump = make_asset(type=AssetType.objects.get(code=PUMP))

    of_pump = modes_of(pump)

    assert of_pump["flow"] == "LOO"
    assert of_pump["current"] == "PDE"
    assert modes_of(make_asset())["flow"] == "PDE"


def modes_of(asset: Asset) -> dict[str, str]:
    return {kind: mode.code for kind, mode in FailureCode.objects.modes_by_kind(asset).items()}


def test_each_kind_of_sensor_points_to_a_mode() -> None:
    kinds = {kind for _, words in GENERIC for *_, shown in words for kind in shown}

    assert kinds == {*Sensor.Kind.values, "sensor"} - {"other"}
