from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.intake.decoding import ReadingIn, UnreadableUploadError
from sensors.mqtt.payloads import EXCERPT, excerpt, read_payload, timed
from tests.factories import MINUTE, NOON

LATER = NOON + MINUTE


def readings(payload: bytes, code: str | None = "T1") -> list[tuple[str, float, datetime | None]]:
    upload = read_payload(payload, code=code, most_readings=10)
    assert not upload.rejections
    return [(r.sensor_id, r.value, r.timestamp) for r in upload.readings]


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b"21.5", 21.5),
        (b" -3\n", -3),
        (b"+7", 7),
        (b"007.50", 7.5),
        (b"5.", 5),
        (b"1e3", 1000),
        (b"-0", 0),
        (b"123456789012345678901234567890", 123456789012345678901234567890.0),
    ],
)
def test_a_bare_number_is_a_value(payload: bytes, value: float) -> None:
    assert readings(payload) == [("T1", value, None)]


def test_a_reading_takes_its_sensor_from_the_topic() -> None:
    payload = b'{"value": 21.5, "timestamp": "2026-06-01T12:00:00Z"}'

    assert readings(payload) == [("T1", 21.5, NOON)]


def test_a_sensor_in_the_payload_counts_more_than_the_topic() -> None:
    assert readings(b'{"sensor_id": "T2", "value": 1}') == [("T2", 1, None)]


@pytest.mark.parametrize("code", ["T1", None])
def test_every_upload_of_the_api_is_taken(code: str | None) -> None:
    one = b'{"sensor_id": "T2", "value": 1}'

    assert readings(one, code) == [("T2", 1, None)]
    assert readings(b"[%s, %s]" % (one, one), code) == [("T2", 1, None)] * 2
    upload = read_payload(
        b'{"readings": [%s], "mode": "backfill"}' % one, code=code, most_readings=10
    )
    assert (upload.mode, len(upload.readings)) == ("backfill", 1)


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"", "T1", "empty_message"),
        (b" \r\n", "T1", "empty_message"),
        (b"21.5", None, "no_sensor"),
        (b'{"value": 1}', None, "no_sensor"),
        (b"ON", "T1", "unparseable"),
        (b"21,5", "T1", "unparseable"),
        (b"nan", "T1", "unparseable"),
        (b"\xff\xfe\x00", "T1", "unparseable"),
        (b'{"value": 1', "T1", "unparseable"),
        (b"[" * 100_000, "T1", "unparseable"),
        (b"[]", "T1", "empty_upload"),
        (b"[1,2,3,4,5,6,7,8,9,10,11]", "T1", "too_many_readings"),
    ],
)
def test_a_message_that_is_no_reading_is_refused(
    payload: bytes, code: str | None, reason: str
) -> None:
    with pytest.raises(UnreadableUploadError) as refused:
        read_payload(payload, code=code, most_readings=10)

    assert refused.value.code == reason


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"1e999", "T1", "invalid_value"),
        (b"9" * 400, "T1", "invalid_value"),
        (b"true", "T1", "not_a_reading"),
        (b'"21.5"', "T1", "not_a_reading"),
        (b"{}", "T1", "missing_value"),
        (b'{"value": "x"}', "T1", "invalid_value"),
        (b'{"value": 1, "colour": "red"}', "T1", "unknown_field"),
        (b"21.5", "hall two", "invalid_sensor_id"),
        (b"21.5", "", "invalid_sensor_id"),
    ],
)
def test_a_reading_that_is_wrong_is_rejected_as_in_any_upload(
    payload: bytes, code: str, reason: str
) -> None:
    upload = read_payload(payload, code=code, most_readings=10)

    assert [rejection.code for rejection in upload.rejections] == [reason]


def test_a_message_may_carry_a_waveform() -> None:
    payload = b'{"waveform": {"samples": [%s-2, 2], "sampling_rate": 100}}' % (b"-2, 2, " * 7)

    upload = read_payload(payload, code="V1", most_readings=10)

    [reading] = timed(upload.readings, NOON)
    assert (reading.sensor_id, reading.timestamp) == ("V1", NOON)
    assert reading.value == 2.0
    assert reading.waveform is not None
    assert reading.waveform.as_kept().size == 16


def test_without_a_time_the_arrival_counts_and_the_order_stays() -> None:
    sent = [ReadingIn("T1", 1), ReadingIn("T1", 2), ReadingIn("T1", 3, LATER)]

    assert [reading.timestamp for reading in timed(sent, NOON)] == [
        NOON,
        NOON.replace(microsecond=1),
        LATER,
    ]


@pytest.mark.parametrize(
    ("content", "shown"),
    [(b"a\x00b\xff", "a\ufffdb\ufffd"), ("ü\n", "ü\ufffd"), ("\ud800", "\ufffd"), (b"", "")],
)
def test_an_excerpt_is_fit_for_the_database(content: bytes | str, shown: str) -> None:
    assert excerpt(content) == shown


def test_an_excerpt_is_short() -> None:
    assert len(excerpt("ü".encode() * 10_000)) == EXCERPT


PIECES = [b"{", b"}", b"[", b'"value"', b":", b",", b"1", b'"\\ud800"', b"\xff", b"\0", b" "]


@given(
    st.binary(max_size=50) | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
    st.sampled_from([None, "T1", "hall two"]),
)
def test_no_payload_breaks_the_bridge(payload: bytes, code: str | None) -> None:
    try:
        upload = read_payload(payload, code=code, most_readings=10)
    except UnreadableUploadError as exc:
        excerpt(str(exc)).encode()
    else:
        assert upload.readings or upload.rejections
