"""Properties of the decoder over generated uploads."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sensors.intake.decoding import (
    ReadingIn,
    UnreadableUploadError,
    decode_readings,
    decode_upload,
    encode_readings,
)

fields = st.fixed_dictionaries(
    {
        "sensor_id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}", fullmatch=True),
        "value": st.floats(allow_nan=False, allow_infinity=False),
    },
    optional={
        "timestamp": st.datetimes(timezones=st.none() | st.just(UTC)),
        "quality": st.sampled_from(["good", "uncertain", "bad"]),
        "sensor_type": st.sampled_from(["temperature", "other"]),
        "unit": st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20),
        "location": st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=100),
    },
)


@given(st.lists(fields, max_size=5))
def test_what_is_encoded_is_decoded_to_the_same(rows: list[dict[str, Any]]) -> None:
    readings = [ReadingIn(**row) for row in rows]

    assert decode_readings(encode_readings(readings)) == readings


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(body: bytes) -> None:
    try:
        upload = decode_upload(body, most_readings=100)
    except UnreadableUploadError:
        return
    assert upload.readings or upload.rejections
