"""No body takes much memory, whatever it says: its size is bounded, what it becomes is too."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from sensors.csv.uploads import decode_csv
from sensors.intake.decoding import UnreadableUploadError, Upload, decode_upload
from sensors.intake.waveforms import MOST_SAMPLES
from sensors.line_protocol import uploads
from sensors.line_protocol.uploads import decode_lines

MEGABYTE = 1024 * 1024
BODY = 4 * MEGABYTE
LIMIT = 4_000
GOOD = b'{"sensor_id":"a","value":1}'
FULL = (
    b'{"sensor_id":"a","value":1,"timestamp":"2026-06-01T12:00:00Z","quality":"good",'
    b'"sensor_type":"other","unit":"bar","location":"%s"}'
)


def filled(piece: bytes, begin: bytes = b"", end: bytes = b"") -> bytes:
    """As large as a body may be, of the same piece over and over."""
    return begin + piece * ((BODY - len(begin) - len(end)) // len(piece)) + end


def peak_of(decode: Callable[[], Upload]) -> tuple[int, Upload | str]:
    """The most memory it takes beside the body, and what comes of it."""
    tracemalloc.start()
    try:
        outcome: Upload | str = decode()
    except UnreadableUploadError as exc:
        outcome = exc.code
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak, outcome


@pytest.mark.parametrize(
    "body",
    [
        filled(b"0,", b"[", b"0]"),
        filled(b"[],", b"[", b"0]"),
        filled(GOOD + b",", b"[", GOOD + b"]"),
        filled(b"0,", b'{"readings":[', b"0]}"),
        filled(GOOD + b",", b'{"mode":"live","readings":[', GOOD + b"]}"),
    ],
    ids=["numbers", "lists", "readings", "numbers in an envelope", "readings in an envelope"],
)
def test_of_a_long_list_only_as_much_as_may_be_is_looked_at(body: bytes) -> None:
    peak, code = peak_of(lambda: decode_upload(body, most_readings=LIMIT))

    assert code == "too_many_readings"
    assert peak < 2 * BODY


@pytest.mark.parametrize("begin", [b"[[", b'{"x":['], ids=["in a list", "in an object"])
def test_what_is_nested_in_an_item_is_not_built(begin: bytes) -> None:
    body = filled(b"0,", begin, b"0]" + (b"]" if begin == b"[[" else b"}"))

    peak, upload = peak_of(lambda: decode_upload(body, most_readings=LIMIT))

    assert isinstance(upload, Upload)
    assert len(upload.rejections) == 1
    assert peak < BODY / 2


def test_an_upload_full_of_samples_keeps_them_as_they_came() -> None:
    samples = b",".join([b"-0.12345678"] * MOST_SAMPLES)
    one = b'{"sensor_id":"a","value":1,"waveform":{"samples":[%s],"sampling_rate":1}}' % samples

    body = filled(one + b",", b"[", one + b"]")

    peak, upload = peak_of(lambda: decode_upload(body, most_readings=LIMIT))

    assert isinstance(upload, Upload)
    assert len(upload.readings) == BODY // len(one)
    assert peak < BODY


def test_a_waveform_that_fills_the_body_is_not_built() -> None:
    body = filled(b"0,", b'{"sensor_id":"a","waveform":{"sampling_rate":1,"samples":[', b"0]}}")

    peak, upload = peak_of(lambda: decode_upload(body, most_readings=LIMIT))

    assert isinstance(upload, Upload)
    assert upload.rejections[0].code == "waveform_too_long"
    assert peak < 3 * BODY


@pytest.mark.parametrize("line", [b"aa\n", b'"\n', b"a,1\n", "🙂\n".encode()])
def test_of_a_long_csv_only_as_much_as_may_be_is_looked_at(line: bytes) -> None:
    body = filled(line, b"sensor_id,value\n")

    peak, code = peak_of(lambda: decode_csv(body, most_readings=LIMIT))

    assert code == "too_many_readings"
    assert peak < 2 * BODY


@pytest.mark.parametrize("line", [b"aa\n", b'a"\n', b"a v=1\n", "🙂\n".encode()])
def test_of_many_lines_only_as_much_as_may_be_is_looked_at(line: bytes) -> None:
    body = filled(line)

    peak, code = peak_of(lambda: decode_lines(body, most_readings=LIMIT))

    assert code == "too_many_readings"
    assert peak < 2 * BODY


def test_values_that_are_ignored_count_too() -> None:
    body = b"".join(b'm%d v="on"\n' % n for n in range(101))

    assert peak_of(lambda: decode_lines(body, most_readings=100))[1] == "too_many_readings"


def test_names_that_come_to_no_reading_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_REMEMBERED", 50_000)
    names = [b"".join(b'%x="",' % (100 * line + n) for n in range(100)) for line in range(30)]
    body = b"".join(b"m %sv=x\n" % name for name in names)

    peak, upload = peak_of(lambda: decode_lines(body, most_readings=100))

    assert isinstance(upload, Upload)
    assert len(upload.rejections) == 30
    assert peak < MEGABYTE


@pytest.mark.parametrize("text", [b"Hall 2", b"," * 100], ids=["usual", "of commas"])
@pytest.mark.parametrize("form", [b"[%s]", b'{"mode":"backfill","readings":[%s]}'])
@pytest.mark.parametrize("last", [FULL, b"0%.0s"], ids=["all good", "one wrong"])
def test_an_upload_may_be_as_long_as_the_limit(form: bytes, text: bytes, last: bytes) -> None:
    items = [FULL % text] * (LIMIT - 1) + [last % text]

    upload = decode_upload(form % b",".join(items), most_readings=LIMIT)

    assert len(upload.readings) == LIMIT - (last is not FULL)
    assert [rejection.index for rejection in upload.rejections] == [LIMIT - 1] * (last is not FULL)
    assert upload.mode == ("backfill" if b"mode" in form else "live")
