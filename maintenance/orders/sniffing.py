"""Is a file what its name says? Pure: bytes in, the type of the content out.

A name is only a claim. A page of HTML called photo.jpg would be served to the next person
who opens it, so what the bytes say has to agree with the ending.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO

# As much as any signature needs.
HEAD = 16
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ZIP = b"PK\x03\x04"


class NotWhatItSaysError(Exception):
    """The content is not of the type that the ending of the name stands for."""


def _begins(*signatures: bytes) -> Callable[[BinaryIO], bool]:
    return lambda file: file.read(HEAD).startswith(signatures)


def _is_webp(file: BinaryIO) -> bool:
    head = file.read(12)
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_mp4(file: BinaryIO) -> bool:
    return file.read(8)[4:8] == b"ftyp"


def _is_text(file: BinaryIO) -> bool:
    """UTF-8 throughout, without control characters."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not CONTROL.search(text)


def _is_office(part: str) -> Callable[[BinaryIO], bool]:
    """A zip with the part that makes it a document, and no macros."""

    def check(file: BinaryIO) -> bool:
        # A zip may have anything before it, a page of HTML as well; a document has not.
        if file.read(len(ZIP)) != ZIP:
            return False
        try:
            names = zipfile.ZipFile(file).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
            return False
        return part in names and not any(name.lower().endswith("vbaproject.bin") for name in names)

    return check


OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: dict[str, tuple[str, Callable[[BinaryIO], bool]]] = {
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "gif": ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", _is_webp),
    "mp4": ("video/mp4", _is_mp4),
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "txt": ("text/plain; charset=utf-8", _is_text),
    "csv": ("text/csv; charset=utf-8", _is_text),
    "docx": (f"{OFFICE}.wordprocessingml.document", _is_office("word/document.xml")),
    "xlsx": (f"{OFFICE}.spreadsheetml.sheet", _is_office("xl/workbook.xml")),
}


def ending_of(name: str) -> str:
    """What stands behind the last dot, in small letters.

    >>> ending_of("Bearing 3.JPG")
    'jpg'
    """
    return PurePath(name).suffix.lower().removeprefix(".")


def content_type_of(name: str, file: BinaryIO) -> str:
    """The type of a file that is read from its beginning, by its name and its content.

    Raises KeyError for an ending that is not taken, and NotWhatItSaysError.

    >>> import io
    >>> content_type_of("report.pdf", io.BytesIO(b"%PDF-1.7 ..."))
    'application/pdf'
    """
    content_type, is_one = KINDS[ending_of(name)]
    file.seek(0)
    fits = is_one(file)
    file.seek(0)
    if not fits:
        raise NotWhatItSaysError
    return content_type
