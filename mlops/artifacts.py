"""Where learnt arrays are kept: files named by what is in them, checked when read.

A file is written beside its place and then moved there, so that there is never half of
one. No pickles: a model file must not be able to run anything.
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
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


class ArtifactMissingError(Exception):
    """The file that a model version names is not there."""


class ArtifactDamagedError(Exception):
    """The file is there, but not as it was written."""


def save(arrays: Arrays) -> str:
    """Keep arrays for good and return the SHA-256 that they are found by."""
    data = _packed(arrays)
    digest = hashlib.sha256(data).hexdigest()
    place = path_of(digest)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(place)
    return digest


def load(digest: str) -> dict[str, NDArray[Any]]:
    """The arrays that were saved under a digest.

    Raises ArtifactMissingError or ArtifactDamagedError.
    """
    try:
        data = path_of(digest).read_bytes()
    except FileNotFoundError as exc:
        raise ArtifactMissingError(f"no artifact {digest}") from exc
    if hashlib.sha256(data).hexdigest() != digest:
        raise ArtifactDamagedError(f"artifact {digest} has been changed")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def path_of(digest: str) -> Path:
    return Path(settings.ARTIFACTS_DIR, digest[:2], f"{digest}.npz")


def _packed(arrays: Arrays) -> bytes:
    """An npz that is the same, byte for byte, for the same arrays."""
    packed = io.BytesIO()
    # NumPy gives each member the same fixed date, so only the order could differ.
    np.savez(packed, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return packed.getvalue()
