"""A fitted model as bytes, with a checksum that is checked before anything is loaded.

Trees of scikit-learn have no format without pickle, so this is joblib. A pickle runs code
when it is loaded: the checksum belongs in the database, apart from the bytes, so that only
bytes that this program wrote are ever loaded.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from io import BytesIO

import joblib

from mlops.remaining_life.model import RemainingLife

SKLEARN = version("scikit-learn")


class StoredModelError(ValueError):
    """The bytes are not those that were stored, or another scikit-learn wrote them."""


def dump(model: RemainingLife) -> tuple[bytes, str]:
    """The model as bytes, and their SHA-256 in hexadecimal."""
    buffer = BytesIO()
    joblib.dump({"sklearn": SKLEARN, "model": model}, buffer, compress=3)
    content = buffer.getvalue()
    return content, hashlib.sha256(content).hexdigest()


def load(content: bytes, checksum: str) -> RemainingLife:
    """The model that was stored. Raises StoredModelError."""
    if hashlib.sha256(content).hexdigest() != checksum:
        raise StoredModelError("the checksum does not match")
    stored = joblib.load(BytesIO(content))
    if stored["sklearn"] != SKLEARN:
        raise StoredModelError(f"written by scikit-learn {stored['sklearn']}: fit it again")
    model: RemainingLife = stored["model"]
    return model
