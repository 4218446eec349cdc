"""Detectors know numbers only: nothing here may import Django."""

from __future__ import annotations

from mlops.detectors.windowed import Detector, Explanation
from mlops.detectors.fixed_limit import FixedLimit
from mlops.detectors.robust_zscore import RobustZScore

__all__ = ["DETECTORS", "Detector", "Explanation", "FixedLimit", "RobustZScore"]

# The name is stored in the database: never reuse one for other behaviour.
DETECTORS: dict[str, type[Detector]] = {
    "robust_zscore": RobustZScore,
    "fixed_limit": FixedLimit,
}
