"""Where what was learnt is kept: files named by what is in them, checked when read.

A file is written beside its place and then moved there, so that there is never half of
one. Several versions may have learnt the same and share a file; a lock of the database, held
until the transaction ends, keeps whoever removes it and whoever counts on it apart.

Arrays are kept without pickles: a model file must not be able to run anything. Where there
is no other form (trees), the bytes are only given out if their digest, which stands in the
database, is right.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
# What the files of arrays and of trees end in.
ARRAYS, TREES = ".npz", ".joblib"


class ArtifactMissingError(Exception):
    """The file that a model version names is not there."""


class ArtifactDamagedError(Exception):
    """The file is there, but not as it was written."""


def save(arrays: Arrays) -> str:
    """Keep arrays for good and return the SHA-256 that they are found by, see save_bytes."""
    return save_bytes(_packed(arrays), ARRAYS)


def save_bytes(data: bytes, suffix: str) -> str:
    """Keep bytes for good and return the SHA-256 that they are found by.

    A file that is there and has been changed is put right. Needs a transaction, in which
    whatever names the digest is stored too: until its end nobody removes the file.
    """
    digest = hashlib.sha256(data).hexdigest()
    lock(digest)
    place = path_of(digest, suffix)
    if not _is_whole(place, digest):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(place)
    return digest


def remove(digest: str) -> None:
    """Remove the file of a digest, if there is one. Needs the lock of the digest."""
    for suffix in (ARRAYS, TREES):
        path_of(digest, suffix).unlink(missing_ok=True)


def lock(digest: str) -> None:
    """Until the transaction ends, nobody else saves or removes what a digest names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])


def load(digest: str) -> dict[str, NDArray[Any]]:
    """The arrays that were saved under a digest.

    Raises ArtifactMissingError or ArtifactDamagedError.
    """
    data = load_bytes(digest, ARRAYS)
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def load_bytes(digest: str, suffix: str) -> bytes:
    """The bytes that were saved under a digest. Raises as load does."""
    try:
        data = path_of(digest, suffix).read_bytes()
    except FileNotFoundError as exc:
        raise ArtifactMissingError(f"no artifact {digest}") from exc
    if not _is_named(data, digest):
        raise ArtifactDamagedError(f"artifact {digest} has been changed")
    return data


def path_of(digest: str, suffix: str = ARRAYS) -> Path:
    return Path(settings.ARTIFACTS_DIR, digest[:2], f"{digest}{suffix}")


def _is_whole(place: Path, digest: str) -> bool:
    try:
        return _is_named(place.read_bytes(), digest)
    except OSError:
        return False


def _is_named(data: bytes, digest: str) -> bool:
    return hashlib.sha256(data).hexdigest() == digest


def _packed(arrays: Arrays) -> bytes:
    """An npz that is the same, byte for byte, for the same arrays."""
    packed = io.BytesIO()
    # NumPy gives each member the same fixed date, so only the order could differ.
    np.savez(packed, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return packed.getvalue()
