from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from maintenance.models import Anomaly
from mlops.backtesting import history
from mlops.learning.fitting import fit_asset
from mlops.models import Backtest, ModelVersion
from sensors.models import Sensor
from tests.factories import MINUTE, NOON, make_history, make_sensor
from tests.mlops.pumps import broken, make_pump, sensors_of

pytestmark = pytest.mark.django_db

DAY = ("--from", "2026-05-31T12:00Z", "--to", "2026-06-01T12:00Z")


def call(*arguments: str, interval: tuple[str, ...] = DAY) -> tuple[str, str]:
    """What it writes to standard output, and where errors go."""
    out, err = StringIO(), StringIO()
    call_command("backtest", *arguments, *interval, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def sensor() -> Sensor:
    sensor = make_sensor(code="T1", warning_high=80)
    make_history(sensor, [20.0, 20, 85, 20, 20, 20, 20, 20])
    return sensor


def test_it_shows_alarms_rates_and_a_summary(sensor: Sensor) -> None:
    out, _ = call("--sensor", "T1", "--detector", "limits")

    assert "85 is at or above the warning limit of 80" in out
    assert "2026-06-01T11:54:00Z" in out
    assert "Rates of limits#1" in out
    assert "1 alarms in 8 readings, of which 8 were scored." in out
    assert "Precision, recall and lead time need verdicts" in out


def test_it_stores_nothing(sensor: Sensor) -> None:
    call("--sensor", "T1", "--detector", "limits")

    assert not Anomaly.objects.exists()
    assert not Backtest.objects.exists()


def test_json_is_one_object_and_the_table_goes_where_errors_go(sensor: Sensor) -> None:
    out, err = call("--sensor", "T1", "--detector", "limits", "--json")

    told = json.loads(out)
    assert (told["detector"], told["alarm_count"]) == ("limits#1", 1)
    assert told["judgement"]["recall"] is None
    assert "Rates of limits#1" in err


def test_parameters_are_given_one_by_one(sensor: Sensor) -> None:
    limits = ("--sensor", "T1", "--detector", "limits")

    out, _ = call(*limits, "--parameter", "warning_high=90", "--parameter", "alarm_high=95")

    assert "0 alarms in 8 readings" in out


def test_several_sensors_each_have_their_rates(sensor: Sensor) -> None:
    make_sensor(code="T2")

    out, _ = call("--sensor", "T2", "--sensor", "T1", "--detector", "seasonal_baseline", "--json")

    rates = json.loads(out)["rates"]
    assert [(row["sensor_id"], row["readings"]) for row in rates] == [("T2", 0), ("T1", 8)]
    assert [row["scored"] for row in rates] == [0, 0]


def test_words_of_others_are_no_markup(sensor: Sensor) -> None:
    odd = make_sensor(code="[red]T[/bold]", warning_high=1)
    make_history(odd, [2.0])

    out, _ = call("--sensor", odd.code, "--detector", "limits")

    assert odd.code in out


BAD: list[tuple[list[str], str]] = [
    (["--sensor", "T9"], "There is no sensor T9"),
    (["--sensor", "T\x00"], "no NUL"),
    (["--sensor", "T1", "--site", "nowhere"], "There is no sensor T1 at nowhere"),
    (["--sensor", "T1", "--detector", "crystal_ball"], "There are jumps"),
    (["--sensor", "T1", "--parameter", "warning_high"], "is not KEY=NUMBER"),
    (["--sensor", "T1", "--parameter", "warning_high=high"], "is not KEY=NUMBER"),
    (["--sensor", "T1", "--parameter", "=3"], "is not KEY=NUMBER"),
    (["--sensor", "T1", "--parameter", "warning_high=nan"], "finite number"),
    (["--sensor", "T1", "--parameter", "loudness=3"], "has no 'loudness'"),
    (["--sensor", "T1", "--parameter", "alarm_high=70"], "alarm must lie beyond"),
    (["--sensor", "T1", "--setting", "loudness=3"], "has no 'loudness'"),
    (["--sensor", "T1", *["--setting", ""] * 11], "From 1 to 10 settings"),
    (["--sensor", "T1", "--label", "now=confirmed"], "'now' is not a time"),
    (["--sensor", "T1", "--label", "2026-05-01/2026-05-02"], "is not FROM/TO=VERDICT"),
    (["--sensor", "T1", "--label", "2026-05-02/2026-05-01=confirmed"], "is not after"),
    (["--sensor", "T1", "--label", "2026-05-01/2026-05-02=confirmed@T9"], "not tried"),
    ([], "From 1 to 20 sensors, or an --asset"),
    (["--sensor", "T1", "--asset", "P-1"], "Name one --asset"),
    (["--asset", "P-999"], "There is no asset P-999"),
    (["--asset", "P\x00"], "no NUL"),
    (["--sensor", "T1", "--active"], "Name one --asset"),
    (["--sensor", "T1", "--train-from", "2026-05-01"], "go together"),
    (["--sensor", "T1", "--detector", "t_squared"], "needs either train"),
    (["--sensor", "T1", "--warm-up", "-1"], "--warm-up has to be between"),
    (["--sensor", "T1", "--from", "yesterday"], "'yesterday' is not a time"),
    (["--sensor", "T1", "--from", "2026-06-02"], "is not after 2026-06-02"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[words for _, words in BAD])
def test_what_is_wrong_is_said(sensor: Sensor, arguments: list[str], words: str) -> None:
    usual = ["--detector", "limits", *DAY]

    with pytest.raises(CommandError, match=words.replace("'", ".")):
        call(*usual, *arguments, interval=())


def test_a_code_of_several_sites_needs_one_named(sensor: Sensor) -> None:
    make_sensor(code="T1")
    limits = ("--sensor", "T1", "--detector", "limits")

    with pytest.raises(CommandError, match="name one with --site"):
        call(*limits)
    assert "1 alarms" in call(*limits, "--site", sensor.site.code)[0]


def test_too_much_history_is_refused(sensor: Sensor, monkeypatch: Any) -> None:
    monkeypatch.setattr(history, "MOST_READINGS", 5)

    with pytest.raises(CommandError, match="5 can be gone through"):
        call("--sensor", "T1", "--detector", "limits")


def test_settings_are_compared_in_one_table(sensor: Sensor) -> None:
    limits = ("--sensor", "T1", "--detector", "limits", "--parameter", "alarm_high=95")
    label = "2026-06-01T11:50/2026-06-01T11:56=confirmed@T1"
    settings = ("--setting", "", "--setting", "warning_high=90")

    out, _ = call(*limits, *settings, "--label", label)

    assert "Settings of limits#1" in out
    rows = [line for line in out.splitlines() if "alarm_high=95" in line]
    assert [row.split("│")[2].strip() for row in rows] == ["1", "0"]
    assert [row.split("│")[6].strip() for row in rows] == ["1.00", "0.00"]


def test_labels_give_precision_and_recall(sensor: Sensor) -> None:
    label = "2026-06-01T11:50/2026-06-01T11:56=confirmed"

    out, _ = call("--sensor", "T1", "--detector", "limits", "--label", label)

    assert "1 of 1 faults found, precision 1.00, median lead -240 s; 0 alarms were" in out


def test_an_asset_is_fitted_and_tried_or_its_version_is(settings: Any, tmp_path: Any) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path)
    pump = make_pump(tag="P-101")
    for one, values in zip(sensors_of(pump), broken(70), strict=True):
        make_history(one, values.tolist(), until=NOON + 70 * MINUTE)
    interval = ("--from", "2026-06-01T12:00", "--to", "2026-06-01T13:10")
    fit = ("--detector", "level_and_pattern", "--train-from", "2026-05-31", "--train-to")

    out, _ = call("--asset", "P-101", *fit, "2026-06-01T12:00", interval=interval)

    assert "1 alarms in 68 rows, of which 68 were scored. Learnt from 598 rows" in out
    assert "the sensors together are" in " ".join(out.split())

    fit_asset(pump, until=NOON)
    out, _ = call("--asset", "P-101", "--active", "--json", interval=interval)
    assert json.loads(out)["detector"] == "level_and_pattern#1"

    with pytest.raises(CommandError, match="has no version on duty"):
        ModelVersion.objects.update(is_active=False)
        call("--asset", "P-101", "--active", interval=interval)
