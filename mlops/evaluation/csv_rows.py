"""Reads the rows of CSV files, compressed or not."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path


def read_rows(path: Path) -> list[list[str]]:
    """All rows that are not empty, the header among them."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        return [row for row in csv.reader(lines) if row]
