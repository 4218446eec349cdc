"""Reads the channels of the SMAP and MSL sets of spacecraft telemetry."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Values

FOLDER = "smap_msl"
SPACECRAFT = ("SMAP", "MSL")
TRAINING, TEST = "_train_telemetry", "_test_telemetry"

Ranges = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: `ranges` are the first and last anomalous rows of the test part."""

    name: str
    training: Values
    test: Values
    ranges: Ranges

    @property
    def labels(self) -> NDArray[np.bool_]:
        labels = np.zeros(self.test.size, dtype=bool)
        for first, last in self.ranges:
            labels[first : last + 1] = True
        return labels


def read_channels(folder: Path) -> Iterator[Channel]:
    """The channels that are there and have labels, in order of spacecraft and name."""
    labelled = _ranges(folder / "labeled_anomalies.csv")
    for path in (folder / f"{name}.npz" for name in SPACECRAFT):
        if not path.exists():
            continue
        with np.load(path) as arrays:
            names = {key.removesuffix(TEST) for key in arrays if key.endswith(TEST)}
            for name in sorted(names & labelled.keys()):
                training, test = (_telemetry(arrays[name + part]) for part in (TRAINING, TEST))
                yield Channel(name, training, test, labelled[name])


def _telemetry(array: NDArray[np.float32]) -> Values:
    # Where there are more columns, those after the first are commands in one-hot form.
    return array.reshape(len(array), -1)[:, 0].astype(np.float64)


def _ranges(path: Path) -> dict[str, Ranges]:
    """By channel; a channel that has two rows has the ranges of both."""
    if not path.exists():
        return {}
    ranges: dict[str, Ranges] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            pairs = json.loads(row["anomaly_sequences"])
            ranges.setdefault(row["chan_id"], []).extend((a, b) for a, b in pairs)
    return ranges
