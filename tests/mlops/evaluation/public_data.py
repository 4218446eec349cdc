"""Where the public data sets are, if they are here at all: the project does not need them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DATA_DIR", ROOT.parent / "shared" / "data"))


def needs(name: str) -> pytest.MarkDecorator:
    """Skips a test where the set is not here."""
    return pytest.mark.skipif(not (DATA / name).is_dir(), reason=f"no {name} data")
