from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from maintenance.models import Anomaly
from sensors.files import backfill
from sensors.models import Asset, QuarantinedReading, Reading, ReadingBatch, Sensor, Site
from tests.factories import make_asset, make_sensor, make_site

ROOT = Path(__file__).resolve().parents[3]
START = datetime(2026, 1, 1, tzinfo=UTC)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a wide file of one reading a second of each of two sensors."""

    def write(lines: int = 10, name: str = "data.csv", extra: str = "", value: Any = None) -> Path:
        rows = [
            f"{START + timedelta(seconds=i):%Y-%m-%d %H:%M:%S};{value(i) if value else i};{-i}"
            for i in range(lines)
        ]
        path = tmp_path / name
        path.write_text("\n".join(["time;Flow;Temperature", *rows]) + "\n" + extra)
        return path

    return write


def run(path: Path | str, *options: str) -> dict[str, Any]:
    """The figures of an import that is to succeed."""
    output = io.StringIO()
    call_command("import_readings", str(path), "--json", *options, stdout=output)
    return json.loads(output.getvalue().splitlines()[-1])


def text_of(path: Path, *options: str) -> str:
    output = io.StringIO()
    call_command("import_readings", str(path), *options, stdout=output)
    return output.getvalue()


def test_a_file_is_stored_as_history_of_an_asset(site, write):
    figures = run(write(), "--asset", "P-1", "--prefix", "P-1.")

    assert (figures["lines"], figures["accepted"], figures["stored"]) == (10, 20, 20)
    assert Reading.objects.count() == 20
    assert set(ReadingBatch.objects.values_list("mode", "status", "source")) == {
        ("backfill", "stored", "import")
    }
    sensors = Sensor.objects.values_list("asset__tag", "code", "kind")
    assert set(sensors) == {
        ("P-1", "P-1.Flow", "flow"),
        ("P-1", "P-1.Temperature", "temperature"),
    }


def test_an_asset_that_exists_is_used(site, write):
    asset = make_asset(site=site, tag="P-1", name="Feed pump")

    run(write(), "--asset", "P-1")

    assert asset.sensors.count() == 2
    assert Asset.objects.count() == 1


def test_unknown_sensors_end_in_quarantine_as_in_uploads(site, write):
    make_sensor(site=site, code="Flow")

    figures = run(write())

    assert (figures["stored"], figures["quarantined"]) == (10, 10)
    assert QuarantinedReading.objects.filter(sensor_code="Temperature").count() == 10


def test_registered_sensors_without_an_asset_are_unassigned(site, write):
    assert run(write(), "--register")["stored"] == 20
    assert set(Sensor.objects.values_list("asset__tag", flat=True)) == {Asset.UNASSIGNED}


def test_a_sensor_of_another_asset_is_not_mixed_up_with_a_column_of_its_name(site, write):
    make_sensor(asset=make_asset(site=site, tag="P-2"), code="Flow")

    with pytest.raises(CommandError, match=r"Flow is on the asset P-2 .* prefix"):
        run(write(), "--asset", "P-1")


def test_repeated_and_contradicting_rows_are_counted_apart(site, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("time,tag,value\n" + "2026-01-01,A,1\n" * 2 + "2026-01-01,A,2\n")

    figures = run(path, "--register")

    assert (figures["stored"], figures["duplicates"], figures["conflicts"]) == (1, 1, 1)


def test_local_times_are_those_of_the_site_unless_a_zone_is_named(db, write):
    site = make_site(time_zone="Europe/Berlin")

    run(write(lines=1), "--register")
    first = Reading.objects.earliest("taken_at").taken_at
    run(write(lines=1), "--register", "--time-zone", "Asia/Tokyo")

    assert first == START - timedelta(hours=1)
    assert Reading.objects.earliest("taken_at").taken_at == START - timedelta(hours=9)
    assert Reading.objects.filter(sensor__site=site).count() == 4


def test_a_second_import_stores_nothing_and_says_so(site, write):
    path = write()
    run(path, "--register")

    again = run(path, "--register", "--chunk", "3")

    assert (again["before"], again["stored"], again["duplicates"]) == (20, 0, 0)
    assert "imported before" in text_of(path, "--register")
    assert ReadingBatch.objects.count() == 1


def test_the_same_file_read_otherwise_is_another_import(site, write):
    path = write()
    run(path)

    figures = run(path, "--register")

    assert (figures["before"], figures["stored"]) == (0, 20)


def test_an_import_that_broke_off_goes_on_where_it_stopped(site, write, monkeypatch):
    path, store = write(lines=100), backfill.store_history

    def break_third(**kwargs: Any) -> ReadingBatch:
        if ReadingBatch.objects.count() == 2:
            raise KeyboardInterrupt
        return store(**kwargs)

    monkeypatch.setattr("sensors.files.importing.store_history", break_third)
    with pytest.raises(CommandError, match="goes on from here") as stopped:
        text_of(path, "--asset", "P-1", "--chunk", "30")
    monkeypatch.undo()

    assert stopped.value.returncode == 130
    assert Reading.objects.count() == 60
    rest = run(path, "--asset", "P-1", "--chunk", "7")
    assert (rest["before"], rest["stored"], rest["duplicates"]) == (60, 140, 0)


def test_a_chunk_that_another_process_finishes_meanwhile_is_not_stored_again(
    site, write, monkeypatch
):
    path = write()
    run(path, "--register")
    monkeypatch.setattr("sensors.files.importing.done_before", lambda site, identity: 0)

    again = run(path, "--register")

    assert (again["before"], again["stored"]) == (20, 0)
    with pytest.raises(CommandError, match="Another import"):
        run(path, "--register", "--chunk", "3")


@pytest.mark.django_db(transaction=True)
def test_an_import_that_was_killed_goes_on_where_it_stopped(write, capfd):
    site, path = make_site(), write(lines=20_000)
    options = ["--site", site.code, "--asset", "P-1"]
    url = os.environ["DATABASE_URL"].replace(
        "@/postgres?", f"@/{connection.settings_dict['NAME']}?"
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_readings", str(path), *options, "--chunk", "200"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY},
    )

    while ReadingBatch.objects.count() < 3:
        assert process.poll() is None, capfd.readouterr()
    process.send_signal(signal.SIGKILL)
    process.wait()
    rest = run(path, *options)

    assert 600 <= rest["before"] < 40_000
    assert (rest["before"] + rest["stored"], rest["duplicates"]) == (40_000, 0)
    assert Reading.objects.count() == 40_000


def test_history_raises_no_alarm(site, write, django_capture_on_commit_callbacks):
    path = write(lines=200, value=lambda i: 1000 if i > 150 else i % 3)

    with django_capture_on_commit_callbacks() as callbacks:
        run(path, "--asset", "P-1")

    assert not callbacks
    assert not ReadingBatch.objects.waiting().exists()
    assert not Anomaly.objects.exists()


def test_rejects_are_shown_and_written_to_a_file(site, write):
    bad = "".join(f"never {i};1;2\n" for i in range(7)) + "2026-02-01;x;\n"
    path = write(extra=bad)

    output = text_of(path, "--register")

    kept = path.with_name("data.csv.rejected.csv").read_text().splitlines()
    assert "line 12 (time): 'never 0' is not a time" in output
    assert "… and 3 more" in output
    assert "20 readings accepted, 8 rejected, 1 values empty" in output
    assert (kept[0], len(kept)) == ("line,code,detail,column", 9)
    assert kept[-1] == "19,not_a_number,'x' is not a number,Flow"


def test_without_rejects_no_file_is_written(site, write, tmp_path):
    figures = run(write(), "--register", "--rejects", str(tmp_path / "bad.csv"))

    assert figures["rejects_file"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_readings_before_a_break_in_a_gzip_file_stay_and_the_call_fails(site, write):
    path = write(lines=30_000, value=lambda i: i * 7919 % 10_007)
    whole = gzip.compress(path.read_bytes(), mtime=0)
    broken = path.with_suffix(".csv.gz")
    broken.write_bytes(whole[: len(whole) * 2 // 3])

    with pytest.raises(CommandError, match="breaks off after line"):
        run(broken, "--register")

    assert Reading.objects.count() >= 5_000


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (None, [], "cannot be opened"),
        (b"", [], "is empty"),
        (b"time;A\n", [], "header and no lines"),
        (b"\x00\x01\x02,\n", [], "is binary"),
        (b"\x1f\x8b\x08broken", [], "not a whole gzip"),
        (b"time;A\nsoon;1\n", [], "None of the 1 lines is a reading: 'soon' is not a time"),
        (b"time;A\n2026-01-01;1\n", ["--time", "clock"], "no column 'clock'"),
        (b"time;A\n2026-01-01;1\n", ["--map", "B=x"], "no column 'B'"),
        (b"time;A\n2026-01-01;1\n", ["--map", "B"], "not COLUMN=SENSOR_ID"),
        (b"time;A\n2026-01-01;1\n", ["--asset", "x" * 61], "not a tag of 1 to 60"),
        (b"time;A\n2026-01-01;1\n", ["--delimiter", ";;"], "not one character"),
        (b"time;A\n2026-01-01;1\n", ["--encoding", "none"], "not an encoding"),
        (b"time;A\n2026-01-01;1\n", ["--time-zone", "Mars"], "Mars is not a time zone"),
        (b"time;A\n2026-01-01;1\n", ["--site", "nowhere"], "There is no site nowhere"),
        (b"time;A\n2026-01-01;1\n", ["--speed", "2"], "for --live"),
        (b"time;A\n2026-01-01;1\n", ["--live", "--speed", "0.5"], "must be from 1"),
        (b"time;A\n2026-01-01;1\n", ["--chunk", "0"], "not a number from 1"),
    ],
)
def test_what_cannot_be_imported_says_why(site, tmp_path, content, options, words):
    path = tmp_path / "data.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError, match=words):
        run(path, *options)
    assert not Reading.objects.exists()


def test_a_directory_is_no_file(site, tmp_path):
    with pytest.raises(CommandError, match="is a directory"):
        run(tmp_path)


def test_the_rejects_never_overwrite_the_file(site, write):
    path = write()

    with pytest.raises(CommandError, match="names the file itself"):
        run(path, "--rejects", str(path))


def test_which_of_several_sites_must_be_said(db, write):
    with pytest.raises(CommandError, match="no site yet"):
        run(write())
    one, two = make_site(), make_site()
    with pytest.raises(CommandError, match=f"--site: {one.code}, {two.code}"):
        run(write())
    assert run(write(), "--site", two.code, "--register")["site"] == two.code
    assert set(Sensor.objects.values_list("site", flat=True)) == {two.pk}
    assert Site.objects.count() == 2
