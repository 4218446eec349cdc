"""Files of an order in a bucket, over a real server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from moto.server import ThreadedMotoServer
from rest_framework.test import APIClient

from config.storing import attachment_storage
from maintenance.models import Attachment, WorkOrder
from tests.maintenance.orders.api.asking import URL, refusal

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 " + bytes(range(256)) * 1_000
BUCKET = "files"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket that Django's default storage is set to."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    made = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").Bucket(BUCKET)
    made.create()
    settings.STORAGES = settings.STORAGES | attachment_storage(
        directory="", bucket=BUCKET, endpoint=endpoint, region="us-east-1"
    )
    yield made
    made.objects.delete()
    made.delete()


def send(client: APIClient, order: WorkOrder, data: bytes = PDF) -> Any:
    file = SimpleUploadedFile("Drawing.pdf", data)
    return client.post(f"{URL}/{order.pk}/attachments", {"file": file}, format="multipart")


def test_a_file_goes_to_the_bucket_and_comes_back_through_the_server(
    hands: APIClient, order: WorkOrder, bucket: Any
) -> None:
    sent = send(hands, order)

    got: Any = hands.get(sent.json()["url"])
    body = b"".join(got.streaming_content)

    [stored] = bucket.objects.all()
    assert (sent.status_code, stored.size) == (201, len(PDF))
    assert stored.key.startswith("work_orders/2026/06/")
    assert stored.key == Attachment.objects.get().file.name
    assert body == PDF
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"] == 'attachment; filename="Drawing.pdf"'
    assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_what_no_row_names_does_not_stay_in_the_bucket(
    hands: APIClient, order: WorkOrder, bucket: Any
) -> None:
    Attachment.objects.bulk_create(
        Attachment(work_order=order, name="a", file="a", size=1) for _ in range(50)
    )

    assert refusal(send(hands, order)) == (409, "too_many_rows")
    assert list(bucket.objects.all()) == []


def test_what_is_gone_from_the_bucket_is_told_so(
    hands: APIClient, order: WorkOrder, bucket: Any
) -> None:
    sent = send(hands, order)
    default_storage.delete(str(Attachment.objects.get().file))

    assert refusal(hands.get(sent.json()["url"])) == (404, "no_file")
