"""Files on orders: what is taken, and that nothing is left lying about."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError

from maintenance.models import Attachment, WorkOrder
from maintenance.orders import attaching
from maintenance.orders.attaching import attach
from maintenance.orders.sniffing import KINDS, NotWhatItSaysError, content_type_of
from maintenance.refusals import InvalidError
from tests.maintenance.orders.made import code_of, order_in, person, refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + bytes(60)


def zipped(*names: str, before: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "<xml/>")
    return before + made.getvalue()


DOCX, XLSX = zipped("word/document.xml"), zipped("xl/workbook.xml")
GOOD = {
    "jpg": b"\xff\xd8\xff\xe0" + bytes(16),
    "jpeg": b"\xff\xd8\xff\xe1" + bytes(16),
    "png": PNG,
    "gif": b"GIF89a" + bytes(8),
    "webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "mp4": b"\x00\x00\x00\x18ftypmp42",
    "pdf": b"%PDF-1.7\n",
    "txt": "Dichtung naß\r\n\t1".encode(),
    "csv": b"\xef\xbb\xbfa;b\n1;2\n",
    "docx": DOCX,
    "xlsx": XLSX,
}
HOSTILE = {
    "a page called a photo": ("photo.jpg", HTML),
    "a page called a drawing": ("plan.pdf", HTML + b"%PDF-1.7"),
    "a program called a picture": ("pump.png", EXE),
    "a picture of another kind": ("pump.gif", PNG),
    "half a signature": ("pump.png", PNG[:6]),
    "RIFF of another kind": ("pump.webp", b"RIFF\x00\x00\x00\x00WAVEfmt "),
    "no film": ("run.mp4", b"ftypmp42" + bytes(8)),
    "bytes called a text": ("note.txt", b"\xff\xfe\x00a"),
    "control characters": ("note.txt", b"\x1b[2Jgone"),
    "a null in a table": ("values.csv", b"1;2\x003"),
    "a zip called a letter": ("letter.docx", zipped("evil.exe")),
    "a table called a letter": ("letter.docx", XLSX),
    "a letter with macros": ("letter.docx", zipped("word/document.xml", "word/vbaProject.bin")),
    "macros in capitals": ("table.xlsx", zipped("xl/workbook.xml", "xl/VBAPROJECT.BIN")),
    "a page before the zip": ("letter.docx", zipped("word/document.xml", before=HTML)),
    "a torn zip": ("letter.docx", DOCX[:40]),
    "only its end": ("letter.docx", DOCX[-22:]),
}
NOT_TAKEN = [
    "pump.svg",
    "pump.html",
    "pump",
    "pump.jpg.exe",
    "pump.",
    ".jpg",
    "pump.docm",
    "a.zip",
]


@pytest.mark.parametrize("ending", KINDS)
def test_a_file_that_is_what_it_says_is_taken(ending: str) -> None:
    file = io.BytesIO(GOOD[ending])

    assert content_type_of(f"Pump.{ending.upper()}", file) == KINDS[ending][0]
    assert file.tell() == 0


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_only_says_so_is_not(what: str) -> None:
    name, content = HOSTILE[what]

    with pytest.raises(NotWhatItSaysError):
        content_type_of(name, io.BytesIO(content))


@pytest.fixture
def stored(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }
    yield tmp_path


@pytest.fixture
def order(stored: Path, db: None) -> WorkOrder:
    return order_in("in_progress")


def put(order: WorkOrder, name: str, content: bytes = PNG, role: str = "technician") -> Attachment:
    return attach(order.pk, by=person(order, role), file=ContentFile(content, name))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_a_name_of_our_own(order: WorkOrder, stored: Path) -> None:
    row = put(order, "Bearing 3.PNG")

    (file,) = files(stored)
    assert file.read_bytes() == PNG
    assert "Bearing" not in file.name
    assert (row.name, row.content_type, row.size) == ("Bearing 3.PNG", "image/png", len(PNG))
    assert (row.added_by, order.attachments.get()) == ("erika", row)


@pytest.mark.parametrize("what", HOSTILE)
def test_of_what_is_refused_nothing_stays(order: WorkOrder, stored: Path, what: str) -> None:
    with refused("content_does_not_fit"):
        put(order, *HOSTILE[what])

    assert files(stored) == []


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_only_some_kinds_are_taken(order: WorkOrder, name: str) -> None:
    with refused("type_not_taken", allowed=sorted(KINDS)):
        put(order, name)


@pytest.mark.parametrize(
    ("length", "refusal"), [(0, "empty"), (1, ""), (1_000, ""), (1_001, "too_large")]
)
def test_a_file_has_a_size(order: WorkOrder, settings: Any, length: int, refusal: str) -> None:
    settings.MAX_ATTACHMENT_BYTES = 1_000

    assert code_of(put, order, "note.txt", b"x" * length) == refusal


def test_what_is_wrong_with_a_file_is_no_conflict(order: WorkOrder) -> None:
    with pytest.raises(InvalidError):
        put(order, "photo.jpg", HTML)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\erika\\seal.txt", "seal.txt"),
        ("a\x00b\u202etxt.exe\u200b.txt", "abtxt.exe.txt"),
        ("x" * 300 + ".txt", "x" * 146 + ".txt"),
    ],
)
def test_a_name_is_only_shown(order: WorkOrder, stored: Path, name: str, shown: str) -> None:
    upload = ContentFile(b"x")
    upload.name = name  # As a client sends it.

    row = attach(order.pk, by=person(order), file=upload)

    assert row.name == shown
    assert files(stored)[0].is_relative_to(stored / "work_orders")


def test_who_only_looks_adds_no_file(order: WorkOrder, stored: Path) -> None:
    with refused("permission_denied"):
        put(order, "pump.png", role="viewer")

    assert files(stored) == []


def test_an_order_takes_so_many_files(
    order: WorkOrder, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attaching, "MOST_ATTACHMENTS", 1)
    put(order, "one.png")

    with refused("too_many_rows"):
        put(order, "two.png")

    assert len(files(stored)) == 1


def test_a_file_whose_row_cannot_be_kept_is_taken_away(
    order: WorkOrder, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Attachment, *args: Any, **kwargs: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(Attachment, "save", fails)
    with pytest.raises(DatabaseError):
        put(order, "pump.png")

    assert files(stored) == []
    assert default_storage.listdir("")[1] == []


@pytest.mark.parametrize("state", WorkOrder.State.values)
def test_a_file_may_be_added_in_any_state(stored: Path, db: None, state: str) -> None:
    assert code_of(partial(put, order_in(state)), "pump.png") == ""
