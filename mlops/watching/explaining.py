"""What a detector of an asset says, told with the codes of its sensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Block, Scores, Values

COLUMN = re.compile(r"\bcolumn[ _](\d+)")
# A symptom has room for so many characters.
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class AssetExplanation:
    """As of any detector, with `contributions` by code in the evidence, together 1."""

    reason: str
    evidence: dict[str, Any]


def explanation(
    detector: AssetDetector, codes: Sequence[str], block: Block, scores: Scores, row: int
) -> AssetExplanation:
    """Why a row past the alarm line scored as it did."""
    said = detector.explain(block, scores, row, 0)
    reason = COLUMN.sub(lambda found: codes[int(found[1])], said.reason)
    evidence: dict[str, Any] = {"score": said.evidence.get("score")}
    evidence["contributions"] = _shares(codes, scores, row)
    for name, number in said.evidence.items():
        if found := COLUMN.match(name):
            kind = name.rpartition("_")[2]
            if kind != "share":
                evidence.setdefault(kind, {})[codes[int(found[1])]] = number
    return AssetExplanation(_cut(reason), evidence)


def foremost_values(values: Values, scores: Scores) -> Values:
    """For each row the value of the sensor with the largest share among those read.

    In rows that are not past the alarm line there are no shares; any value will do, for
    none of them is the peak of anything.
    """
    shares = np.zeros(values.shape) if scores.contributions is None else scores.contributions
    known = np.where(np.isnan(values), -1.0, np.nan_to_num(shares, nan=0.0))
    foremost = np.argmax(known, axis=1)
    return np.asarray(values[np.arange(len(values)), foremost], dtype=np.float64)


def _shares(codes: Sequence[str], scores: Scores, row: int) -> dict[str, float]:
    shares = np.zeros(len(codes)) if scores.contributions is None else scores.contributions[row]
    return {
        code: round(float(share), 4)
        for code, share in zip(codes, np.nan_to_num(shares, nan=0.0), strict=True)
    }


def _cut(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
