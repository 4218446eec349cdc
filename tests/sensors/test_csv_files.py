"""Files of readings: found out, walked, and turned into readings. No database."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sensors.csv.columns import Parsed
from sensors.csv.files import CsvFile, CsvFileError, sniff_delimiter
from sensors.csv.layouts import ColumnError, Wishes, id_of, kind_of, understand
from sensors.csv.rejects import Rejects
from sensors.csv.times import Times, UnreadableTimeError

BERLIN = ZoneInfo("Europe/Berlin")
LONG = "timestamp,sensor_id,value\n2026-01-01T00:00:00Z,A,1.5\n2026-01-01T00:00:01Z,B,2\n"
WIDE = "time;Flow;Temp 1\n2026-01-01 00:00:00;1;20.5\n2026-01-01 00:00:01;2;20.6\n"


def parsed(path: Path, times: Times | None = None, **wishes: Any) -> list[Parsed]:
    with CsvFile(path) as file:
        columns = understand(file.header, Wishes(**wishes), times or Times())
        return [columns.parse(row) for row in file.rows()]


def readings(lines: list[Parsed]) -> list[tuple[str, float]]:
    return [(r.sensor_id, r.value) for line in lines for r in line.readings]


def rejects(lines: list[Parsed]) -> list[tuple[int, str]]:
    return [(r.line, r.code) for line in lines for r in line.rejects]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_a_long_file_has_a_reading_in_each_row(write):
    assert readings(parsed(write(LONG))) == [("A", 1.5), ("B", 2.0)]


def test_a_wide_file_has_a_reading_in_each_field(write):
    lines = parsed(write(WIDE))

    assert readings(lines) == [("Flow", 1), ("Temp_1", 20.5), ("Flow", 2), ("Temp_1", 20.6)]
    assert lines[0].readings[0].timestamp == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_gzip_file_is_read_as_a_plain_one(tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(WIDE.encode(), mtime=0))

    assert len(readings(parsed(path))) == 4


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    assert sniff_delimiter(WIDE.replace(";", delimiter)) == delimiter


def test_a_comma_in_a_name_is_not_taken_for_the_delimiter(write):
    lines = parsed(write("time;flow, l/min, x\n2026-01-01;1,5\n"), decimal_comma=True)

    assert readings(lines) == [("flow_l/min_x", 1.5)]


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(write):
    lines = parsed(write(WIDE.replace("\n", "\r\n\r\n"), "utf-8-sig"))

    assert len(readings(lines)) == 4


def test_a_quality_and_a_unit_column_are_kept(write):
    text = "tag,time,value,Quality,unit\nA,2026-01-01,1,BAD,bar\nA,2026-01-02,2,,\n"

    first, second = (line.readings[0] for line in parsed(write(text)))

    assert (first.quality, first.unit) == ("bad", "bar")
    assert (second.quality, second.unit) == ("good", None)


def test_options_choose_the_columns_of_a_long_file(write):
    text = "when,what,much,tag\n2026-01-01,A,1,x\n"

    assert readings(parsed(write(text), time="when", sensor="what", value="much")) == [("A", 1)]


def test_a_column_can_be_mapped_ignored_and_prefixed(write):
    lines = parsed(write(WIDE), ids={"Flow": "F-1"}, ignore=["Temp 1"])
    prefixed = parsed(write(WIDE), ids={"Flow": "F-1"}, prefix="P1:")

    assert readings(lines) == [("F-1", 1), ("F-1", 2)]
    assert readings(prefixed)[:2] == [("F-1", 1), ("P1:Temp_1", 20.5)]


def test_a_column_without_a_name_is_passed_over(write):
    assert readings(parsed(write(",time,Flow\n0,2026-01-01,7\n"))) == [("Flow", 7)]


@pytest.mark.parametrize(
    ("name", "sensor_id"),
    [("Volume Flow RateRMS", "Volume_Flow_RateRMS"), ("Öl °C", "Ol_C"), ("_x", "x"), ("°", "")],
)
def test_ids_made_of_names_are_valid(name, sensor_id):
    assert id_of(name) == sensor_id


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Accelerometer1RMS", "vibration"),
        ("Volume Flow RateRMS", "flow"),
        ("Voltage", "voltage"),
        ("Thermocouple", "other"),
        ("Tempo", "other"),
    ],
)
def test_a_kind_is_guessed_from_plain_words_only(name, kind):
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"time": "clock"}, "no column 'clock'"),
        ({"ignore": ["nothing"]}, "no column 'nothing'"),
        ({"ids": {"nothing": "A"}}, "no column 'nothing'"),
        ({"ignore": ["time"]}, "Which column is the time"),
        ({"ignore": ["Flow", "Temp 1"]}, "no column with values"),
        ({"sensor": "Flow"}, "Which column is the value"),
        ({"ids": {"Flow": "Temp_1"}}, "would both be"),
        ({"ids": {"Flow": "not valid"}}, "no valid sensor id"),
        ({"prefix": "/"}, "no valid sensor id"),
    ],
)
def test_columns_that_do_not_fit_the_options_are_named(write, wishes, words):
    with pytest.raises(ColumnError, match=words):
        parsed(write(WIDE), **wishes)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1583748873", "2020-03-09T10:14:33+00:00"),
        ("1583748873.000001", "2020-03-09T10:14:33.000001+00:00"),
        ("1583748873123", "2020-03-09T10:14:33.123000+00:00"),
        ("1583748873123456", "2020-03-09T10:14:33.123456+00:00"),
        ("1583748873123456789", "2020-03-09T10:14:33.123457+00:00"),
        ("20200309", "2020-03-09T00:00:00+00:00"),
        ("2020-03-09T10:14:33.5Z", "2020-03-09T10:14:33.500000+00:00"),
        ("2020-03-09 10:14:33+02:00", "2020-03-09T08:14:33+00:00"),
    ],
)
def test_times_are_epoch_or_iso(text, moment):
    assert Times().read(text).isoformat() == moment


@pytest.mark.parametrize("text", ["", "soon", "09.03.2020", "20200309101433", "12345", "1e9"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UnreadableTimeError, match="is not a time"):
        Times().read(text)


def test_a_format_reads_other_times():
    assert Times("%d.%m.%Y %H:%M", BERLIN).read("09.07.2020 10:14").hour == 8


def test_summer_and_winter_have_their_own_offsets():
    times = Times(zone=BERLIN)

    assert times.read("2026-07-01 12:00").isoformat() == "2026-07-01T10:00:00+00:00"
    assert times.read("2026-01-01 12:00").isoformat() == "2026-01-01T11:00:00+00:00"


def test_a_time_that_the_clocks_skip_is_refused():
    with pytest.raises(UnreadableTimeError, match="skip") as caught:
        Times(zone=BERLIN, ambiguous="first").read("2026-03-29 02:30")

    assert caught.value.code == "nonexistent_time"


def test_a_time_that_the_clocks_show_twice_is_refused_unless_one_is_chosen():
    text = "2026-10-25 02:30"

    with pytest.raises(UnreadableTimeError, match="twice"):
        Times(zone=BERLIN).read(text)
    assert Times(zone=BERLIN, ambiguous="first").read(text).isoformat()[11:16] == "00:30"
    assert Times(zone=BERLIN, ambiguous="second").read(text).isoformat()[11:16] == "01:30"
    assert Times(zone=BERLIN).read(f"{text}+01:00").isoformat()[11:16] == "01:30"


def test_bad_lines_and_values_are_rejected_with_their_line(write):
    text = (
        "time,A,B\n2026-01-01,1,2\nsoon,1,2\n\n2026-01-02,x,2\n2026-01-03,nan,inf\n"
        "2026-01-04,1\n2026-01-05,1,2,3\n2026-01-06,1_0,\n2026-01-07,1,2,\n"
    )

    lines = parsed(write(text))

    assert rejects(lines) == [
        (3, "unreadable_time"),
        (5, "not_a_number"),
        (6, "not_a_number"),
        (6, "not_a_number"),
        (7, "too_few_columns"),
        (8, "too_many_columns"),
        (9, "not_a_number"),
    ]
    assert readings(lines) == [("A", 1), ("B", 2), ("B", 2), ("A", 1), ("B", 2)]


def test_an_empty_field_of_a_wide_file_is_no_error(write):
    lines = parsed(write("time,A,B\n2026-01-01,, 2\n"))

    assert (readings(lines), lines[0].empty, rejects(lines)) == ([("B", 2)], 1, [])


@pytest.mark.parametrize("row", ["bad id!,1,bar", "A,,bar", f"A,1,{'x' * 21}", "A,1,a\x01b"])
def test_a_row_of_a_long_file_keeps_the_rules_of_uploads(write, row):
    lines = parsed(write(f"time,sensor,value,unit\n2026-01-01,{row}\n"))

    assert len(rejects(lines)) == 1
    assert not readings(lines)


def test_a_character_that_cannot_be_read_spoils_its_field_only(write):
    path = write("time,A,B\n" + "2026-01-01,1,2\n" * 10_000)
    path.write_bytes(path.read_bytes() + b"2026-01-02,\xff,3\n")

    lines = parsed(path)

    assert rejects(lines) == [(10_002, "not_a_number")]
    assert readings(lines)[-1] == ("B", 3)


def test_the_line_numbers_hold_beyond_a_field_of_several_lines(write):
    lines = parsed(write('time,A,note\n2026-01-01,1,"two\nlines"\nsoon,1,x\n'), ignore=["note"])

    assert rejects(lines) == [(4, "unreadable_time")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not text"),
        (b"a,b\x00,c\n", "is binary"),
        (b"\x1f\x8bnonsense", "not a whole gzip"),
        (gzip.compress(WIDE.encode(), mtime=0)[:-12], "not a whole gzip"),
        (b"just words\nand more\n", "one column only"),
        ("time;Öl\n".encode("cp1252"), "cp1252"),
        (b"time,A\n" + b"9" * (1 << 21), "longer than a megabyte"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, words):
    path = tmp_path / "data"
    path.write_bytes(content)

    with pytest.raises(CsvFileError, match=words):
        parsed(path)


def test_a_gzip_file_that_breaks_off_says_after_which_line(tmp_path):
    path = tmp_path / "data.csv.gz"
    text = "time,A\n" + "".join(f"{1583748873 + i},{i * 7919 % 1000}\n" for i in range(50_000))
    whole = gzip.compress(text.encode(), mtime=0)
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(CsvFileError, match=r"breaks off after line \d{4,}"):
        parsed(path)


@pytest.mark.parametrize(("name", "words"), [("none.csv", "cannot be opened"), ("", "directory")])
def test_a_path_that_is_no_file_says_so(tmp_path, name, words):
    with pytest.raises(CsvFileError, match=words):
        parsed(tmp_path / name)


def test_no_cell_of_the_rejects_is_a_formula(write: Any, tmp_path: Path) -> None:
    lines = parsed(write("time;=HYPERLINK(1)\n2026-01-01 00:00:00;x\n"))

    with Rejects(tmp_path / "rejects.csv") as kept:
        kept.add(lines[0].rejects)

    [_, row] = csv.reader(kept.path.read_text().splitlines())
    assert row == ["2", "not_a_number", "'x' is not a number", "'=HYPERLINK(1)"]
