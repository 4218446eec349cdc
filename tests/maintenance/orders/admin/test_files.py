"""Files on an order: taken if they are what they say, handed out to be saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from maintenance.models import Attachment, WorkOrder
from tests.factories import make_site, make_work_order
from tests.maintenance.orders.admin.pages import do, logged_in, words_of

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: object) -> Path:
    backend = "django.core.files.storage.FileSystemStorage"
    default = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}  # type: ignore[attr-defined]
    return tmp_path


def file_of(row: Attachment) -> str:
    return reverse("admin:maintenance_workorder_file", args=[row.work_order_id, row.pk])


def attached(client: Client, order: WorkOrder, name: str = "seal.png") -> Attachment:
    do(client, order, "attach", file=SimpleUploadedFile(name, PNG))
    return order.attachments.get()


def test_a_picture_is_kept_and_handed_out_to_be_saved(client: Client) -> None:
    order = make_work_order()
    person = logged_in(client, order.asset.site, "technician")
    row = attached(client, order, "../Dichtung ü.png")

    answer: Any = client.get(file_of(row))

    assert (row.name, row.added_by) == ("Dichtung ü.png", str(person))
    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("page.html", b"<script>", "Taken are"),
        ("photo.jpg", b"<script>", "is not jpg"),
        ("empty.txt", b"", "empty"),
        ("big.txt", b"a" * 200, "100 bytes at most"),
    ],
)
def test_what_is_not_taken_is_a_warning(
    name: str, content: bytes, why: str, admin_client: Client, storage: Path, settings: object
) -> None:
    settings.MAX_ATTACHMENT_BYTES = 100  # type: ignore[attr-defined]
    order = make_work_order()

    answer = do(admin_client, order, "attach", file=SimpleUploadedFile(name, content))

    errors = str(answer.context["form"].errors)
    assert why in words_of(answer) + errors
    assert not order.attachments.exists()
    assert not [path for path in storage.rglob("*") if path.is_file()]


def test_a_file_is_for_those_who_see_the_order(admin_client: Client, client: Client) -> None:
    row = attached(admin_client, make_work_order())
    other = make_work_order()

    logged_in(client, make_site(), "planner")
    assert client.get(file_of(row)).status_code == 404
    row_of_another = reverse("admin:maintenance_workorder_file", args=[other.pk, row.pk])
    assert admin_client.get(row_of_another).status_code in (302, 404)


def test_a_file_that_the_storage_lost_is_not_found(admin_client: Client) -> None:
    row = attached(admin_client, make_work_order())
    row.file.storage.delete(str(row.file.name))

    assert admin_client.get(file_of(row)).status_code == 404
