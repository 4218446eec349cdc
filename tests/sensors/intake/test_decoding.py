from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sensors.intake.decoding import (
    ReadingIn,
    UnreadableUploadError,
    Upload,
    decode_upload,
)

DEEP = 100_000


def decode(upload: Any, most: int = 100) -> Upload:
    body = upload if isinstance(upload, bytes) else json.dumps(upload).encode()
    return decode_upload(body, most_readings=most)


def one(**fields: Any) -> dict[str, Any]:
    return {"sensor_id": "T1", "value": 1.5} | fields


def code_of(item: Any) -> str:
    """Why one item among good ones is rejected."""
    body = item if isinstance(item, bytes) else json.dumps(item).encode()
    upload = decode(b"[" + json.dumps(one()).encode() + b"," + body + b"]")
    assert len(upload.readings) == 1
    assert [rejection.index for rejection in upload.rejections] == [1]
    return upload.rejections[0].code


def timestamp_of(text: str) -> datetime | None:
    return decode(one(timestamp=text)).readings[0].timestamp


def test_a_single_reading_is_an_upload() -> None:
    upload = decode(one())

    assert upload.readings == [ReadingIn("T1", 1.5)]
    assert upload.mode == "live"


def test_a_list_keeps_its_order() -> None:
    upload = decode([one(value=3), one(value=1), one(value=2)])

    assert [reading.value for reading in upload.readings] == [3, 1, 2]


@pytest.mark.parametrize("mode", ["live", "backfill"])
def test_an_envelope_says_its_mode(mode: str) -> None:
    upload = decode({"readings": [one()], "mode": mode})

    assert upload.readings == [ReadingIn("T1", 1.5)]
    assert upload.mode == mode


def test_an_envelope_without_a_mode_is_live() -> None:
    assert decode({"readings": [one()]}).mode == "live"


def test_every_field_arrives() -> None:
    upload = decode(
        one(
            timestamp="2026-06-01T12:00:00Z",
            quality="uncertain",
            sensor_type="vibration",
            unit="mm/s",
            location="Hall 2, Pump «A»",
        )
    )

    assert upload.readings == [
        ReadingIn(
            "T1",
            1.5,
            timestamp=datetime(2026, 6, 1, 12, tzinfo=UTC),
            quality="uncertain",
            sensor_type="vibration",
            unit="mm/s",
            location="Hall 2, Pump «A»",
        )
    ]


def test_white_space_around_an_upload_does_not_matter() -> None:
    assert len(decode(b" \r\n\t" + json.dumps([one()]).encode() + b"\n ").readings) == 1


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"value": 1}, "missing_sensor_id"),
        ({"sensor_id": "T1"}, "missing_value"),
        (one(colour="red"), "unknown_field"),
        (one(value=None), "invalid_value"),
        (one(value=True), "invalid_value"),
        (one(value=False), "invalid_value"),
        (one(value="1.5"), "invalid_value"),
        (one(value=[1]), "invalid_value"),
        (one(value={}), "invalid_value"),
        (b'{"sensor_id": "T1", "value": 1e999}', "invalid_value"),
        (b'{"sensor_id": "T1", "value": -1e999}', "invalid_value"),
        (b'{"sensor_id": "T1", "value": ' + b"9" * 400 + b"}", "invalid_value"),
        (b'{"sensor_id": "T1", "value": -' + b"9" * 400 + b"}", "invalid_value"),
        (one(sensor_id=""), "invalid_sensor_id"),
        (one(sensor_id=7), "invalid_sensor_id"),
        (one(sensor_id=None), "invalid_sensor_id"),
        (one(sensor_id="T1\n"), "invalid_sensor_id"),
        (one(sensor_id="T 1"), "invalid_sensor_id"),
        (one(sensor_id="-T1"), "invalid_sensor_id"),
        (one(sensor_id="Ü1"), "invalid_sensor_id"),
        (one(sensor_id="T1\x00"), "invalid_sensor_id"),
        (one(sensor_id="x" * 101), "invalid_sensor_id"),
        (one(quality="fine"), "invalid_quality"),
        (one(quality=0), "invalid_quality"),
        (one(sensor_type="smell"), "invalid_sensor_type"),
        (one(unit="x" * 21), "invalid_unit"),
        (one(unit="bar\x00"), "invalid_unit"),
        (one(unit="bar\n"), "invalid_unit"),
        (one(location="x" * 101), "invalid_location"),
        (one(location="Hall\x002"), "invalid_location"),
        (one(timestamp="yesterday"), "invalid_timestamp"),
        (one(timestamp="2026-06-01"), "invalid_timestamp"),
        (one(timestamp="2026-02-29T00:00:00Z"), "invalid_timestamp"),
        (one(timestamp="2026-06-01T25:00:00Z"), "invalid_timestamp"),
        (one(timestamp="0000-01-01T00:00:00Z"), "invalid_timestamp"),
        (one(timestamp=True), "invalid_timestamp"),
        (one(timestamp=1_780_000_000), "invalid_timestamp"),
        ([], "not_a_reading"),
        (7, "not_a_reading"),
        ("T1", "not_a_reading"),
        (None, "not_a_reading"),
        (True, "not_a_reading"),
        (b'{"sensor_id": "\xff\xfe", "value": 1}', "unparseable"),
    ],
    ids=lambda part: repr(part)[:60],
)
def test_a_bad_item_is_rejected_alone_and_says_why(item: Any, code: str) -> None:
    assert code_of(item) == code


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[",
        b"nan",
        b"NaN",
        b"[NaN]",
        b'[{"sensor_id": "T1", "value": NaN}]',
        b'{"sensor_id": "T1", "value": Infinity}',
        b'{"sensor_id": "T1", "val',
        b'[{"sensor_id": "T1", "value": 1},',
        b'[{"sensor_id": "T1", "value": 1}] and more',
        b"sensor_id=T1&value=1",
        rb'[{"sensor_id": "\ud800", "value": 1}]',
        rb'{"sensor_id": "T1", "value": 1, "location": "\udfff"}',
        b"\x00",
        b"\xff\xfe\x00",
        b'\xef\xbb\xbf[{"sensor_id": "T1", "value": 1}]',
        '[{"sensor_id": "T1", "value": 1}]'.encode("utf-16"),
    ],
    ids=lambda body: repr(body)[:60],
)
def test_what_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(UnreadableUploadError) as refused:
        decode(body)

    assert refused.value.code == "unparseable"


@pytest.mark.parametrize("body", [b"[" * DEEP, b'{"a":' * DEEP, b"[" * DEEP + b"]" * DEEP])
def test_deep_nesting_is_refused_and_does_not_crash(body: bytes) -> None:
    with pytest.raises(UnreadableUploadError):
        decode(body)


def test_deep_nesting_inside_of_an_item_rejects_the_item_or_the_upload() -> None:
    body = b'[{"sensor_id": "T1", "value": ' + b"[" * DEEP + b"]" * DEEP + b"}]"

    try:
        upload = decode(body)
    except UnreadableUploadError as exc:
        assert exc.code == "unparseable"
    else:
        assert upload.readings == []
        assert len(upload.rejections) == 1


@pytest.mark.parametrize("body", [b"", b"  \n", b"[]", b'{"readings": []}'])
def test_an_upload_without_readings_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableUploadError) as refused:
        decode(body)

    assert refused.value.code == "empty_upload"


@pytest.mark.parametrize(
    "upload",
    [
        {"readings": 7},
        {"readings": None},
        {"readings": {}},
        {"mode": "live"},
        {"readings": [], "mode": "replay"},
        {"readings": [{"sensor_id": "T1", "value": 1}], "site": "north"},
    ],
    ids=repr,
)
def test_a_bad_envelope_is_refused_as_a_whole(upload: dict[str, Any]) -> None:
    with pytest.raises(UnreadableUploadError) as refused:
        decode(upload)

    assert refused.value.code == "invalid_upload"


def test_too_many_readings_are_refused() -> None:
    assert len(decode([one()] * 3, most=3).readings) == 3

    with pytest.raises(UnreadableUploadError) as refused:
        decode([one()] * 4, most=3)

    assert refused.value.code == "too_many_readings"


@pytest.mark.parametrize(
    "value", [0, -0.0, 5, 1e308, -1e308, 5e-324, 123456789012345678901234567890]
)
def test_any_finite_number_is_a_value(value: float) -> None:
    upload = decode(one(value=value))

    assert upload.readings[0].value == float(value)
    assert isinstance(upload.readings[0].value, float)


@pytest.mark.parametrize("code", ["T1", "pump-1/temp.bearing:2_a", "0", "x" * 100])
def test_a_sensor_id_may_have_the_usual_punctuation(code: str) -> None:
    assert decode(one(sensor_id=code)).readings[0].sensor_id == code


def test_a_timestamp_keeps_its_offset() -> None:
    plus_two = timezone(timedelta(hours=2))

    assert timestamp_of("2026-06-01T14:00:00+02:00") == datetime(2026, 6, 1, 14, tzinfo=plus_two)


def test_a_timestamp_without_an_offset_stays_without_one() -> None:
    assert timestamp_of("2026-06-01T12:00:00") == datetime(2026, 6, 1, 12)  # noqa: DTZ001


def test_a_leap_day_is_a_day() -> None:
    assert timestamp_of("2024-02-29T00:00:00Z") == datetime(2024, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_moment_at_the_edge_of_time_is_read_or_rejected(text: str) -> None:
    upload = decode(one(timestamp=text))

    assert len(upload.readings) + len(upload.rejections) == 1
