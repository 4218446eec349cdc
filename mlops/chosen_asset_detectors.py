"""A detector of whole assets that somebody asks for by name, to be fitted on a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mlops.chosen_detectors import Choice, DetectorChoiceError, numbers_of
from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Block, NotEnoughHistoryError
from mlops.detectors.isolation_forest import IsolationForest
from mlops.detectors.lagged_pca import LaggedPCA
from mlops.detectors.t_squared import TSquared
from mlops.learning.fitting import unfitted
from mlops.registry import ASSET_DETECTORS, DETECTORS

# Those that watch live, and some to compare them with.
CHOICES: dict[str, type[AssetDetector]] = ASSET_DETECTORS | {
    "isolation_forest": IsolationForest,
    "lagged_pca": LaggedPCA,
    "t_squared": TSquared,
}
# Within these a fit takes seconds, and its numbers stay numbers.
RANGES: dict[str, tuple[float, float]] = {
    "carry": (0, 1_000),
    "clip": (0.1, 1e6),
    "folds": (2, 10),
    "lags": (1, 50),
    "level": (0.001, 1),
    "level_shrinkage": (1e-6, 1),
    "min_samples": (0, 1e6),
    "residual_lags": (0, 50),
    "sample": (2, 5_000),
    "seed": (0, 2**32 - 1),
    "shrinkage": (1e-6, 1),
    "smoothing": (0.001, 1),
    "tail": (1e-12, 0.1),
    "trees": (1, 200),
    "variance": (0.01, 0.999),
}
# A covariance is as wide as the lagged row, and is inverted for each fold.
MOST_WIDE = 500


@dataclass(frozen=True, slots=True)
class AssetChoice:
    """A detector of assets and the parameters to change; the others are as for a fit."""

    name: str
    parameters: Mapping[str, float]

    @classmethod
    def of(cls, name: str, parameters: Mapping[str, Any]) -> Self:
        """Check a name and parameters that came from outside. Raises DetectorChoiceError."""
        detector = CHOICES.get(name)
        if detector is None:
            raise DetectorChoiceError("unknown_detector", f"There are {', '.join(CHOICES)}")
        given = numbers_of(name, detector, parameters)
        for key, number in given.items():
            low, high = RANGES[key]
            if not low <= number <= high:
                words = f"{key} has to be from {low:g} to {high:g}"
                raise DetectorChoiceError("invalid_parameter", words)
        return cls(name, given)

    @property
    def label(self) -> str:
        """The detector with the version of its method."""
        return f"{self.name}#{CHOICES[self.name].version}"

    def check_width(self, columns: int) -> None:
        """Raises DetectorChoiceError where a lagged row of so many columns is too wide."""
        detector = CHOICES[self.name](**self.parameters)
        lags = [getattr(detector, name, 1) for name in ("lags", "residual_lags")]
        if max(lags) * columns > MOST_WIDE:
            words = f"{max(lags)} lags of {columns} sensors are more than {MOST_WIDE}"
            raise DetectorChoiceError("invalid_parameter", words)

    def fitted(self, history: Block, width: int) -> AssetDetector:
        """The detector that has learnt from rows in bins of a width in microseconds.

        Raises DetectorChoiceError.
        """
        try:
            with np.errstate(all="ignore"):
                return unfitted(width, CHOICES[self.name], **self.parameters).fit(history)
        except NotEnoughHistoryError as exc:
            raise DetectorChoiceError("not_enough_history", str(exc)) from exc
        except ValueError as exc:
            raise DetectorChoiceError("invalid_parameter", f"{self.name}: {exc}") from exc


def any_choice(name: str, parameters: Mapping[str, Any]) -> Choice | AssetChoice:
    """A detector of sensors or of assets by its name. Raises DetectorChoiceError."""
    if name in CHOICES:
        return AssetChoice.of(name, parameters)
    if name not in DETECTORS:
        named = ", ".join([*DETECTORS, *CHOICES])
        raise DetectorChoiceError("unknown_detector", f"There are {named}")
    return Choice.of(name, parameters)
