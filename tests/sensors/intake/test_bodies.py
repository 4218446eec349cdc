"""Bodies in gzip: taken in every format, and never larger in memory than they may be."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.intake.inflating import BrokenGzipError, InflatedTooLargeError, inflate
from sensors.models import ReadingBatch

URL = "/api/v1/data/ingest"
JSON = b'[{"sensor_id": "T1", "value": 1.5}]'
MEGABYTE = 1024 * 1024


def pieces(body: bytes, size: int = 64) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@given(st.lists(st.binary(max_size=500), min_size=1, max_size=4), st.integers(1, 100))
def test_what_was_compressed_comes_back(members: list[bytes], size: int) -> None:
    body = b"".join(gzip.compress(member) for member in members)

    assert inflate(pieces(body, size), most=2_000) == b"".join(members)


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(BrokenGzipError):
        inflate(pieces(noise), most=1_000)


@given(st.integers(1, 50))
def test_a_stream_that_breaks_off_is_refused(missing: int) -> None:
    body = gzip.compress(bytes(range(200)))

    with pytest.raises(BrokenGzipError):
        inflate(pieces(body[:-missing]), most=1_000)


@pytest.mark.parametrize(
    "tail",
    [b"x", b"\x00", JSON, gzip.compress(b"")[:-1]],
    ids=["a letter", "a nul", "JSON", "half a stream"],
)
def test_what_follows_the_stream_is_not_overlooked(tail: bytes) -> None:
    with pytest.raises(BrokenGzipError):
        inflate([gzip.compress(JSON) + tail], most=1_000)


def test_a_changed_byte_is_noticed() -> None:
    body = bytearray(gzip.compress(bytes(200)))
    body[-6] ^= 1

    with pytest.raises(BrokenGzipError):
        inflate([bytes(body)], most=1_000)


def test_the_bound_is_what_comes_out() -> None:
    body = gzip.compress(bytes(1_000))

    assert len(inflate([body], most=1_000)) == 1_000
    with pytest.raises(InflatedTooLargeError):
        inflate([body], most=999)


def test_a_bomb_takes_neither_memory_nor_time() -> None:
    bomb = gzip.compress(bytes(200 * MEGABYTE), compresslevel=1)
    begun = time.process_time()
    tracemalloc.start()

    with pytest.raises(InflatedTooLargeError):
        inflate(pieces(bomb, 64 * 1024), most=MEGABYTE)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MEGABYTE
    assert time.process_time() - begun < 1


def test_many_empty_streams_are_refused() -> None:
    with pytest.raises(BrokenGzipError):
        inflate([gzip.compress(b"") * 2_000], most=1_000)


def post(client: APIClient, body: bytes, **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(URL, body, content_type="application/json", headers=names)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["gzip", "GZIP", " gzip"])
def test_gzip_is_taken(gateway: APIClient, name: str) -> None:
    assert post(gateway, gzip.compress(JSON), Content_Encoding=name).status_code == 202


@pytest.mark.django_db
def test_identity_is_taken(gateway: APIClient) -> None:
    assert post(gateway, JSON, Content_Encoding="identity").status_code == 202


@pytest.mark.django_db
def test_a_repeat_may_be_compressed_otherwise(gateway: APIClient) -> None:
    first = post(gateway, JSON, Idempotency_Key="k")
    again = post(gateway, gzip.compress(JSON), Idempotency_Key="k", Content_Encoding="gzip")

    assert (first.status_code, again.status_code) == (202, 200)
    assert ReadingBatch.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["deflate", "br", "gzip, gzip", "x-gzip", "", "\x00"])
def test_another_encoding_is_a_problem_that_says_what_is_taken(
    gateway: APIClient, name: str
) -> None:
    answer = post(gateway, zlib.compress(JSON), Content_Encoding=name)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")
    assert answer.json()["encodings"] == ["gzip", "identity"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [b"", JSON, gzip.compress(JSON)[:-1], gzip.compress(JSON) + b"x"],
    ids=["empty", "plain", "cut off", "with a tail"],
)
def test_a_broken_gzip_is_a_problem(gateway: APIClient, body: bytes) -> None:
    answer = post(gateway, body, Content_Encoding="gzip")

    assert (answer.status_code, answer.json()["code"]) == (400, "unparseable")
    assert not ReadingBatch.objects.exists()


@pytest.mark.django_db
def test_a_bomb_is_a_problem_that_names_the_limit(gateway: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000

    answer = post(gateway, gzip.compress(b" " * 10_001), Content_Encoding="gzip")

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["limit"] == 10_000


@pytest.mark.django_db
def test_a_large_compressed_body_is_a_problem_too(gateway: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 50

    answer = post(gateway, gzip.compress(bytes(range(100))), Content_Encoding="gzip")

    assert answer.status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize(
    "opening", [b"[", b'{"a":', b'[{"sensor_id": "T1", "value": [', b'{"readings":[']
)
def test_deep_nesting_is_refused_at_once(gateway: APIClient, opening: bytes) -> None:
    body = gzip.compress(opening * (9 * MEGABYTE // len(opening)), compresslevel=1)
    begun = time.process_time()

    answer = post(gateway, body, Content_Encoding="gzip")

    assert (answer.status_code, answer.json()["code"]) == (400, "unparseable")
    assert time.process_time() - begun < 2
