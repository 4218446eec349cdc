"""Files of an order: put on it, listed, and handed out by the server alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from maintenance.models import Attachment, WorkOrder
from tests.factories import make_asset
from tests.maintenance.orders.api.asking import URL, client_of, faults, order_in, refusal

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    """A directory of the test's own."""
    backend = "django.core.files.storage.FileSystemStorage"
    options = {"location": str(tmp_path)}
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    return tmp_path


def send(client: APIClient, order: WorkOrder, name: str = "Seal.PNG", data: bytes = PNG) -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post(f"{URL}/{order.pk}/attachments", {"file": file}, format="multipart")


def body_of(answer: Any) -> bytes:
    """All of it, which closes the file, too."""
    return b"".join(answer.streaming_content)


def test_a_file_comes_back_as_it_was_sent(
    hands: APIClient, gateway: APIClient, order: WorkOrder, files: Path
) -> None:
    sent = send(hands, order)

    got = gateway.get(sent.headers["Location"])

    assert sent.status_code == 201
    assert (sent.json()["name"], sent.json()["size"]) == ("Seal.PNG", len(PNG))
    assert body_of(got) == PNG
    assert got.headers["Content-Type"] == "image/png"
    assert got.headers["Content-Disposition"] == 'attachment; filename="Seal.PNG"'
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    [stored] = [path for path in files.rglob("*") if path.is_file()]
    assert "Seal" not in stored.name
    assert gateway.get(f"{URL}/{order.pk}/attachments").json()["results"] == [sent.json()]


def test_a_name_cannot_lead_out_or_break_a_header(hands: APIClient, order: WorkOrder) -> None:
    name = "..%5C../../a%22%3B%20x%3D1%0D%0A%E2%80%AE%20%C3%BC.png"
    part = f"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{name}"
    body: Any = b"--b\r\n" + part.encode() + b"\r\n\r\n" + PNG + b"\r\n--b--\r\n"
    form = "multipart/form-data; boundary=b"

    sent = hands.generic("POST", f"{URL}/{order.pk}/attachments", body, content_type=form).json()
    got = hands.get(sent["url"])

    assert body_of(got) == PNG
    assert sent["name"] == 'a"; x=1 ü.png'
    disposition = got.headers["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''a%22%3B%20x%3D1%20%C3%BC.png"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("page.html", b"<script>", "type_not_taken"),
        ("page", b"x", "type_not_taken"),
        ("photo.png", b"<script>alert(1)</script>", "content_does_not_fit"),
        ("empty.png", b"", "empty"),
        ("large.png", PNG + bytes(2_000), "too_large"),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(
    hands: APIClient,
    order: WorkOrder,
    files: Path,
    settings: Any,
    name: str,
    data: bytes,
    code: str,
) -> None:
    settings.MAX_ATTACHMENT_BYTES = 1_000

    assert refusal(send(hands, order, name, data)) == (400, code)
    assert not Attachment.objects.exists()
    assert not any(path.is_file() for path in files.rglob("*"))


def test_a_body_far_too_large_is_not_read(
    hands: APIClient, order: WorkOrder, settings: Any
) -> None:
    settings.MAX_ATTACHMENT_BYTES = 1_000

    answer = send(hands, order, data=PNG + bytes(100_000))

    assert refusal(answer) == (413, "too_large")
    assert answer.json()["limit"] == 1_000


def test_no_more_than_fifty_files(hands: APIClient, order: WorkOrder) -> None:
    Attachment.objects.bulk_create(
        Attachment(work_order=order, name="a", file="a", size=1) for _ in range(50)
    )

    assert refusal(send(hands, order)) == (409, "too_many_rows")


def test_a_form_without_a_file_is_a_problem(hands: APIClient, order: WorkOrder) -> None:
    url = f"{URL}/{order.pk}/attachments"
    file = SimpleUploadedFile("a.png", PNG)

    assert ("file", "required") in faults(hands.post(url, {}, format="multipart"))
    assert ("file", "invalid") in faults(hands.post(url, {"file": "x"}, format="multipart"))
    odd = hands.post(url, {"file": file, "to": "x"}, format="multipart")
    assert ("to", "unknown_field") in faults(odd)
    assert hands.post(url, {"file": "x"}, format="json").status_code == 415
    broken = hands.generic("POST", url, "--x", content_type="multipart/form-data; boundary=")
    assert broken.status_code == 400


def test_files_are_neither_changed_nor_deleted(hands: APIClient, order: WorkOrder) -> None:
    url = send(hands, order).json()["url"]

    for method in (hands.delete, hands.put, hands.patch):
        assert method(url).status_code == 405


def test_a_file_is_found_on_its_own_order_and_site_only(
    hands: APIClient, order: WorkOrder
) -> None:
    row = send(hands, order).json()["id"]
    other = order_in("proposed", asset=order.asset)
    stranger = client_of(make_asset().site, can_work=True)

    assert hands.get(f"{URL}/{other.pk}/attachments/{row}").status_code == 404
    assert stranger.get(f"{URL}/{order.pk}/attachments/{row}").status_code == 404


def test_a_file_that_is_lost_is_told_so(hands: APIClient, order: WorkOrder) -> None:
    sent = send(hands, order)
    default_storage.delete(str(Attachment.objects.get().file))

    assert refusal(hands.get(sent.json()["url"])) == (404, "no_file")


def test_who_only_reads_puts_no_file_there(gateway: APIClient, order: WorkOrder) -> None:
    assert refusal(send(gateway, order)) == (403, "permission_denied")
