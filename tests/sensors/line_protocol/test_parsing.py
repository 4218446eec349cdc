"""Line protocol as its clients write it, and as nobody should."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from sensors.intake.decoding import ReadingIn, UnreadableUploadError, Upload
from sensors.line_protocol.uploads import decode_lines


def decoded(text: str | bytes, **options) -> Upload:
    body = text if isinstance(text, bytes) else text.encode()
    return decode_lines(body, **{"most_readings": 1_000} | options)


def the_reading(line: str | bytes, **options) -> ReadingIn:
    upload = decoded(line, **options)
    assert not upload.rejections
    [reading] = upload.readings
    return reading


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1", 1.0),
        ("-1.5e-3", -0.0015),
        ("+2.", 2.0),
        (".5", 0.5),
        ("0.30000000000000004", 0.30000000000000004),
        ("5e-324", 5e-324),
        ("-7i", -7.0),
        ("9223372036854775807i", 2.0**63),
        ("18446744073709551615u", 2.0**64),
        *((text, 1.0) for text in ("t", "T", "true", "True", "TRUE")),
        *((text, 0.0) for text in ("f", "F", "false", "False", "FALSE")),
    ],
)
def test_a_field_becomes_a_number(value: str, number: float) -> None:
    assert the_reading(f"m v={value}").value == number


def test_the_sign_of_zero_is_kept() -> None:
    assert str(the_reading("m v=-0.0").value) == "-0.0"


@pytest.mark.parametrize(
    "value",
    [
        "1_0",
        "0x1p3",
        "nan",
        "NaN",
        "inf",
        "-Inf",
        "1e999",
        "-1u",
        "1e5i",
        "1.5i",
        "١",
        "9223372036854775808i",
        "18446744073709551616u",
        "1" * 400 + "i",
        "tRUE",
        ".",
        "1\x00",
    ],
)
def test_what_is_no_number_is_rejected(value: str) -> None:
    upload = decoded(f"m v={value}\nm v=1")

    assert [reading.value for reading in upload.readings] == [1.0]
    [rejection] = upload.rejections
    assert (rejection.index, rejection.line) == (0, 1)  # type: ignore[attr-defined]
    assert rejection.code == "invalid_value"


@pytest.mark.parametrize(
    "line",
    [
        "m",
        "m ",
        "m v",
        "m v=",
        "m =1",
        "m v=1,",
        "m ,v=1",
        ",a=b v=1",
        "m,a v=1",
        "m,a= v=1",
        "m,=b v=1",
        "m,a=1,a=2 v=1",
        "m,a=b, v=1",
        'm v="open',
        'm v="a"b',
        "m\\ v=1 2",
        "=",
        ",",
    ],
)
def test_a_line_that_is_no_point_is_rejected(line: str) -> None:
    upload = decoded(f"m v=1\n\n{line}\nm v=2")

    assert [reading.value for reading in upload.readings] == [1.0, 2.0]
    assert [(r.index, r.line, r.code) for r in upload.rejections] == [(1, 3, "unparseable")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("precision", "text", "moment"),
    [
        ("ns", "1700000000123456789", datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)),
        ("n", "1999", datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        ("us", "1700000000123456", datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)),
        ("u", "-1", datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("ms", "1700000000123", datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)),
        ("s", "1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("m", "1", datetime(1970, 1, 1, 0, 1, tzinfo=UTC)),
        ("h", "1", datetime(1970, 1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_counts_in_the_unit_that_is_named(precision, text, moment) -> None:
    assert the_reading(f"m v=1 {text}", precision=precision).timestamp == moment


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("9223372036854775808", "ns"),
        ("1e9", "ns"),
        ("1.5", "s"),
        ("+1", "s"),
        ("١", "s"),
        ("9223372036854775807", "s"),
        ("-9223372036854775808", "h"),
        ("1 2", "s"),
    ],
)
def test_a_time_beyond_all_calendars_is_rejected(text: str, precision: str) -> None:
    [rejection] = decoded(f"m v=1 {text}", precision=precision).rejections

    assert rejection.code == "invalid_timestamp"


def test_without_a_time_the_time_of_arrival_counts() -> None:
    assert the_reading("m v=1").timestamp is None


def test_comments_blank_lines_and_other_line_ends_are_passed_over() -> None:
    upload = decoded('# "a comment\r\n\r\n  \n  # one\nm v=1 1\r\n m  v=2  2 \n\n')

    assert [reading.value for reading in upload.readings] == [1.0, 2.0]
    assert not upload.rejections


def test_what_is_escaped_or_quoted_separates_nothing() -> None:
    line = r'm\ x,sensor_id=T1,c\,d=e\=f\ g value=1.5,s\ t="a, \"b\" = c \\",n="" 1'

    upload = decoded(line)

    assert [(reading.sensor_id, reading.value) for reading in upload.readings] == [("T1", 1.5)]
    assert upload.ignored == 2


def test_a_quoted_text_may_span_lines() -> None:
    upload = decoded('m,sensor_id=T1 s="one\ntwo",value=1\nm,sensor_id=T2 value=x')

    assert [reading.sensor_id for reading in upload.readings] == ["T1"]
    assert [rejection.line for rejection in upload.rejections] == [3]  # type: ignore[attr-defined]


def test_a_text_that_is_left_open_spoils_its_own_line_only() -> None:
    upload = decoded('m s="open\nm v=1\nm v=2')

    assert [reading.value for reading in upload.readings] == [1.0, 2.0]


def test_a_quote_in_a_tag_is_a_character_like_others() -> None:
    upload = decoded('m,t=5" v=1\nm,t=6" v=2')

    assert [reading.value for reading in upload.readings] == [1.0, 2.0]


def test_texts_are_left_out_and_counted() -> None:
    upload = decoded('m v=1,version="1.2.3",state="on"\nm state="off"')

    assert ([r.value for r in upload.readings], upload.rejections, upload.ignored) == (
        [1.0],
        [],
        3,
    )


def test_a_point_is_taken_whole_or_not_at_all() -> None:
    upload = decoded("m a=1,b=x\n")

    assert (upload.readings, len(upload.rejections)) == ([], 1)


def test_bytes_that_are_no_text_spoil_their_own_line_only() -> None:
    upload = decoded(b"m,a=\xff v=1\nm,a=\xc3\xa9 v=2")

    assert [rejection.code for rejection in upload.rejections] == ["not_utf8"]
    assert [reading.value for reading in upload.readings] == [2.0]


def test_a_sensor_tag_brings_what_json_has() -> None:
    reading = the_reading("r,sensor_id=T1,unit=°C,quality=bad,sensor_type=temperature value=1")

    assert reading == ReadingIn("T1", 1.0, None, "bad", "temperature", "°C")


@pytest.mark.parametrize(
    ("tags", "code"),
    [("sensor_id=a\\ b", "invalid_sensor_id"), ("sensor_id=T1,quality=odd", "invalid_quality")],
)
def test_tags_are_held_to_the_rules_of_json(tags: str, code: str) -> None:
    [rejection] = decoded(f"r,{tags} value=1").rejections

    assert rejection.code == code


def test_too_many_readings_are_refused_as_a_whole() -> None:
    with pytest.raises(UnreadableUploadError) as refusal:
        decoded("m a=1,b=2\n" * 3, most_readings=5)

    assert refusal.value.code == "too_many_readings"


HOSTILE = {
    "one long text": b'm v="' + b"x" * 10**6,
    "a line without an end": b"m" * 10**6,
    "many tags": b"m," + b",".join(b"a%d=1" % n for n in range(8_000)) + b" v=1",
    "many fields": b"m " + b",".join(b"a%d=1" % n for n in range(5_000)),
    "backslashes": b"\\" * 10**6,
    "open texts": b'm v="\n' * 20_000,
    "quotes": b'"' * 10**6,
    "equals and quotes": b'="' * 500_000,
    "escaped quotes": b'm v=\\"\n' * 20_000,
    "quotes in comments": b'# "\n' * 50_000,
    "blanks": b" " * 10**6,
    "no text": b"\xff" * 10**6,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_odd_bodies_take_no_more_time_than_long_ones(name: str) -> None:
    begun = time.process_time()

    decoded(HOSTILE[name], most_readings=10**6)

    # Linear: each takes a fraction of a second. What is quadratic takes minutes.
    assert time.process_time() - begun < 5
