"""CSV bodies: the same readings as in JSON, and every bad line by its number."""

from __future__ import annotations

import time
from typing import Any

import pytest
from rest_framework.test import APIClient

from sensors.csv.uploads import decode_csv
from sensors.intake.decoding import ReadingIn, UnreadableUploadError, Upload, decode_upload
from sensors.models import ReadingBatch

HEADER = "sensor_id,timestamp,value\n"
URL = "/api/v1/data/ingest"


def decoded(text: str | bytes, **options: Any) -> Upload:
    body = text if isinstance(text, bytes) else text.encode()
    return decode_csv(body, **{"most_readings": 1_000} | options)


def codes(upload: Upload) -> list[tuple[int, str]]:
    return [(rejection.line, rejection.code) for rejection in upload.rejections]  # type: ignore[attr-defined]


def test_a_row_is_what_json_says_it_is() -> None:
    columns = "location,value,sensor_id,unit,quality,timestamp,sensor_type"
    row = '"hall, left",-1.5e3,T1,°C,bad,2026-01-01T01:00:00+01:00,temperature'
    json = (
        b'{"location": "hall, left", "value": -1.5e3, "sensor_id": "T1", "unit": "\xc2\xb0C",'
        b'"quality": "bad", "timestamp": "2026-01-01T01:00:00+01:00",'
        b'"sensor_type": "temperature"}'
    )

    assert decoded(f"{columns}\n{row}").readings == decode_upload(json, most_readings=1).readings


def test_what_is_empty_is_not_given() -> None:
    upload = decoded("sensor_id,timestamp,value,quality,unit\nT1,,1,,\n")

    assert upload.readings == [ReadingIn("T1", 1.0)]


def test_a_mark_of_byte_order_and_other_line_ends_are_no_data() -> None:
    upload = decoded(b'\xef\xbb\xbfsensor_id, value \r\nT1, 1 \r\n\r\n"T2",2')

    assert [(r.sensor_id, r.value) for r in upload.readings] == [("T1", 1.0), ("T2", 2.0)]


def test_delimiter_and_decimal_comma_are_as_the_sender_says() -> None:
    upload = decoded("sensor_id;value\nT1;1,5\nT2;1.5\n", delimiter=";", decimal_comma=True)

    assert [reading.value for reading in upload.readings] == [1.5, 1.5]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        *((f"T1,,{odd}", "invalid_value") for odd in ("1_0", "0x1p3", "nan", "inf", "-Infinity")),
        *((f"T1,,{odd}", "invalid_value") for odd in ("1e999", "١", "1;5", "9" * 9_000, "\x001")),
        *((f'T1,,"{odd}"', "invalid_value") for odd in ("1,5", "1.000,5")),
        *(
            (f"T1,{odd},1", "invalid_timestamp")
            for odd in (
                "0000-01-01T00:00:00Z",
                "10000-01-01T00:00:00Z",
                "2026-06-30T23:59:60Z",
                "2026-01-01T00:00:00+24:00",
                "2026-01-01T00:00:00-24:00",
                "2026-01-01",
                "1700000000",
                "٢٠٢٦-01-01T00:00:00Z",
            )
        ),
        ("T1,,", "missing_value"),
        (",,1", "missing_sensor_id"),
        ("T 1,,1", "invalid_sensor_id"),
        ("T1\x00,,1", "invalid_sensor_id"),
        ("T1,,1,2", "too_many_columns"),
        ("T1,1", "too_few_columns"),
        ('"T1,,1', "unparseable"),
        ('"T"1,,1', "unparseable"),
        ("x" * 70_000 + ",,1", "unparseable"),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_a_bad_line_is_a_rejection_with_its_number(row: str, code: str) -> None:
    upload = decoded(f"{HEADER}T1,,1\n\n{row}\nT2,,-0.0\n")

    assert codes(upload) == [(4, code)]
    assert upload.rejections[0].index == 1
    assert upload.rejections[0].detail.isprintable()
    assert [str(reading.value) for reading in upload.readings] == ["1.0", "-0.0"]


def test_a_line_in_another_charset_is_a_rejection() -> None:
    upload = decoded(b"sensor_id,value,unit\nT1,1,\xb0C\nT1,2,\xc2\xb0C\n")

    assert codes(upload) == [(2, "not_utf8")]
    assert [reading.unit for reading in upload.readings] == ["°C"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_upload"),
        (b"\n\n", "empty_upload"),
        (b'"sensor_id,value\n', "unparseable"),
        (b"x" * 100_000, "unparseable"),
        (b"sensor_id,value\n\r\n", "empty_upload"),
        (b"sensor_id,value,Value\n", "unknown_column"),
        (b"sensor_id;value\n", "unknown_column"),
        (b"sensor_id,value,value\n", "duplicate_column"),
        (b"sensor_id,timestamp\n", "missing_column"),
        (b"value\n", "missing_column"),
        ("sensor_id,value\nT1,1\n".encode("utf-16"), "unknown_column"),
        (b"\x1f\x8b\x08\x00", "unknown_column"),
        (b"sensor_id,value\n" + b"T1,1\n" * 1_001, "too_many_readings"),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_a_body_without_its_header_is_refused_as_a_whole(body: bytes, code: str) -> None:
    with pytest.raises(UnreadableUploadError) as refusal:
        decoded(body)

    assert refusal.value.code == code
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("piece", [b'"\n', b'"', b",", b"x", b'x"y\n', b"\xff"])
def test_odd_bodies_take_no_more_time_than_long_ones(piece: bytes) -> None:
    begun = time.process_time()

    decoded(HEADER.encode() + piece * (30_000 // len(piece)), most_readings=10**6)

    # Linear: each takes a fraction of a second.
    assert time.process_time() - begun < 5


def post(client: APIClient, body: str | bytes, query: str = "", **extra: Any) -> Any:
    return client.post(URL + query, body, **{"content_type": "text/csv"} | extra)


@pytest.mark.django_db
def test_it_is_answered_as_json_is(gateway: APIClient) -> None:
    answer = post(gateway, "sensor_id,value\nT1,1\nT1,x\nT1,2\n", "?mode=backfill")

    batch = ReadingBatch.objects.get()
    assert (answer.status_code, batch.accepted, batch.mode) == (202, 2, "backfill")
    assert answer.json()["rejections"] == batch.rejections
    assert batch.rejections == [
        {"index": 1, "code": "invalid_value", "detail": "'x' is not a number", "line": 3}
    ]


@pytest.mark.django_db
def test_the_query_says_how_it_is_written(gateway: APIClient) -> None:
    query = "?delimiter=tab&decimal=,"

    assert post(gateway, "sensor_id\tvalue\nT1\t1,5\n", query).status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?mode=test", "?delimiter=x", "?decimal=;", "?delimiter="])
def test_an_unknown_wish_is_a_problem(gateway: APIClient, query: str) -> None:
    answer = post(gateway, "sensor_id,value\nT1,1\n", query)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not ReadingBatch.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("media_type", ["text/csv; charset=cp1252", "text/plain", "a" * 200])
def test_a_format_that_nobody_reads_is_a_problem(gateway: APIClient, media_type: str) -> None:
    answer = post(gateway, "sensor_id,value\nT1,1\n", content_type=media_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.django_db
def test_the_query_says_the_mode_of_json_too(gateway: APIClient) -> None:
    gateway.post(f"{URL}?mode=backfill", [{"sensor_id": "T1", "value": 1}], format="json")

    assert ReadingBatch.objects.get().mode == "backfill"
