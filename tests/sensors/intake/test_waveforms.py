"""What is a waveform in an upload, and what is none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sensors.intake.decoding import Upload, decode_readings, decode_upload, encode_readings
from sensors.intake.waveforms import MOST_SAMPLES

SQUARE = {"samples": [3, -3] * 8, "sampling_rate": 1000}


def decoded(waveform: Any, **fields: Any) -> Upload:
    body = {"sensor_id": "V1", "waveform": waveform} | fields
    return decode_upload(json.dumps(body).encode(), most_readings=10)


def test_a_value_that_is_left_out_is_the_rms_in_the_unit_of_the_samples() -> None:
    [reading] = decoded(SQUARE | {"unit": "g"}).readings

    assert (reading.value, reading.unit) == (3.0, "g")


def test_no_unit_is_that_of_the_samples() -> None:
    [reading] = decoded(SQUARE, unit=None).readings

    assert reading.unit == "m/s²"


def test_a_value_that_is_given_stays() -> None:
    [reading] = decoded(SQUARE, value=7, unit="K").readings

    assert (reading.value, reading.unit) == (7.0, "K")


def test_a_waveform_waits_in_the_words_in_which_it_came() -> None:
    [reading] = decode_readings(encode_readings(decoded(SQUARE, value=1).readings))

    assert reading.waveform is not None
    assert bytes(reading.waveform.samples) == json.dumps(SQUARE["samples"]).encode()
    assert reading.waveform.as_kept().tolist() == SQUARE["samples"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"samples": [1] * 15}, "invalid_waveform"),
        ({"samples": [1] * 16}, None),
        ({"samples": [1] * MOST_SAMPLES}, None),
        ({"samples": [1] * (MOST_SAMPLES + 1)}, "waveform_too_long"),
        ({"samples": [1, "a"] * 8}, "invalid_waveform"),
        ({"samples": [1, None] * 8}, "invalid_waveform"),
        ({"samples": [1, 1e13] * 8}, "invalid_waveform"),
        ({"samples": [[1]] * 16}, "invalid_waveform"),
        ({"samples": "1,2"}, "invalid_waveform"),
        ({"sampling_rate": 0}, "invalid_waveform"),
        ({"sampling_rate": 1e8}, "invalid_waveform"),
        ({"sampling_rate": None}, "invalid_waveform"),
        ({"unit": "furlong"}, "invalid_waveform"),
        ({"phase": 1}, "invalid_waveform"),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"value": 1}], ids=["without value", "with value"])
def test_bounds_of_a_waveform(
    change: dict[str, Any], code: str | None, fields: dict[str, Any]
) -> None:
    upload = decoded(SQUARE | change, **fields)

    assert [rejection.code for rejection in upload.rejections] == ([code] if code else [])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_samples_are_finite(number: str) -> None:
    body = '{"sensor_id":"V1","value":1,"waveform":{"samples":[%s],"sampling_rate":1}}'

    try:
        upload = decode_upload((body % ",".join([number] * 16)).encode(), most_readings=10)
    except Exception as exc:
        assert getattr(exc, "code", None) == "unparseable"
    else:
        assert upload.rejections[0].code == "invalid_waveform"


def test_no_waveform_is_no_value() -> None:
    assert decoded(None).rejections[0].code == "missing_value"


def test_float32_is_finer_than_the_converters_of_24_bits() -> None:
    steps = np.array([2**23 - 1, 2**23 - 2, 1, 0] * 4) / 2**23

    [reading] = decoded(SQUARE | {"samples": steps.tolist()}).readings

    assert reading.waveform is not None
    assert reading.waveform.as_kept().tolist() == steps.tolist()
