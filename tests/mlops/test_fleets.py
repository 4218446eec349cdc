"""Files of fleets that ran to failure, and the command that loads them."""

from __future__ import annotations

import gzip
import io
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from maintenance.models import Life
from mlops.management import fleets
from mlops.management.fleets import FleetFileError, units_of
from sensors.models import Asset, Reading, Sensor
from tests.factories import NOON

HOUR = timedelta(hours=1)
# Unit, cycle, three settings, two sensors.
LINES = "1 1 0.1 0.2 100 5 6\n1 2 0.1 0.2 100 5 7 \n\n2 1 0.3 0.2 100 5 8\n"


def written(directory: Path, text: str = LINES, name: str = "train_X.txt") -> Path:
    path = directory / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def loaded(path: Path, **options: object) -> str:
    out = io.StringIO()
    call_command("load_fleet", str(path), site="test", stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", ["train_X.txt", "train_X.txt.gz"])
def test_a_unit_is_read_at_a_time(tmp_path: Path, name: str) -> None:
    units = list(units_of(written(tmp_path, name=name)))

    assert [unit.number for unit in units] == [1, 2]
    assert units[0].values.tolist() == [[0.1, 0.2, 100, 5, 6], [0.1, 0.2, 100, 5, 7]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1 1 0 0 0 x\n", "line 1 has something that is no number"),
        ("1 1 0 0 0\n", "line 1 is no unit"),
        (LINES + "2 2 0 0 0 5\n", "line 5 is no unit"),
        ("1 1 0 0 0 nan\n", "line 1 is no unit"),
        ("inf 1 0 0 0 1\n", "line 1 is no unit"),
        ("1 " * 5_000, "line 1 is no unit"),
        (LINES + "1 3 0 0 0 5 6\n", "unit 1 comes twice"),
        ("é" * 10, "no number"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(FleetFileError, match=fault):
        list(units_of(written(tmp_path, text)))


def test_a_file_has_no_more_units_and_cycles_than_there_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "MOST_CYCLES", 1)
    with pytest.raises(FleetFileError, match="unit 1 has more than 1 cycles"):
        list(units_of(written(tmp_path)))

    monkeypatch.setattr(fleets, "MOST_CYCLES", 2)
    monkeypatch.setattr(fleets, "MOST_UNITS", 1)
    with pytest.raises(FleetFileError, match="more than 1 units"):
        list(units_of(written(tmp_path)))


@pytest.mark.django_db
@time_machine.travel(NOON + timedelta(minutes=10), tick=False)
def test_a_file_becomes_assets_that_failed_just_now(tmp_path: Path) -> None:
    assert loaded(written(tmp_path)) == "train_x: 2 of 2 units are new\n"

    asset = Asset.objects.get(tag="train_x-001")
    life = Life.objects.get(asset=asset)
    assert (life.started_at, life.ended_at, life.ending) == (NOON - 2 * HOUR, NOON, "failed")
    assert (asset.site.code, asset.type and asset.type.code) == ("test", "turbofan")
    chosen = Sensor.objects.filter(asset=asset, is_setting=True).values_list("code", flat=True)
    assert list(chosen) == [f"train_x-001_setting{n}" for n in (1, 2, 3)]
    readings = Reading.objects.filter(sensor__code="train_x-001_s2").order_by("taken_at")
    assert list(readings.values_list("taken_at", "value")) == [
        (NOON - 2 * HOUR, 6.0),
        (NOON - HOUR, 7.0),
    ]


@pytest.mark.django_db
def test_what_is_loaded_already_is_left_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path)
    loaded(path)

    assert loaded(path) == "train_x: 0 of 2 units are new\n"
    assert Life.objects.count() == 2


@pytest.mark.django_db
def test_running_units_have_not_failed(tmp_path: Path) -> None:
    loaded(written(tmp_path), running=True, cycle_hours=2.0, name="Test")

    assert Life.objects.running().count() == 2
    assert Asset.objects.filter(tag="test-001").exists()


@pytest.mark.django_db
def test_a_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not there"):
        loaded(tmp_path / "none.txt")
    with pytest.raises(CommandError, match=r"train_X.txt: line 5 .*before it are loaded"):
        loaded(written(tmp_path, LINES + "x\n"))
    assert Life.objects.count() == 1
    with pytest.raises(CommandError, match="a cycle of a minute"):
        loaded(written(tmp_path), cycle_hours=0.0)


@pytest.mark.django_db
def test_models_of_types_are_fitted_by_command(tmp_path: Path) -> None:
    loaded(written(tmp_path))
    out = io.StringIO()

    call_command("fit_models", type="turbofan", stdout=out)

    assert out.getvalue() == (
        "turbofan: nothing to learn from: 2 of 20 lives that ended in a failure\n"
    )
    with pytest.raises(CommandError, match="no such type"):
        call_command("fit_models", type="fan")
    with pytest.raises(CommandError, match="give no --asset or --site"):
        call_command("fit_models", type="turbofan", site="test")
