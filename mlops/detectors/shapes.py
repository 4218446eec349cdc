"""The usual shapes of sub-sequences of one length, and the distance to the nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mlops.detectors.base import Values

# Bounds the cost of a fit and the memory of a score, whatever the length of the series.
TRAINING_WINDOWS = 2000
CHUNK = 8192
# Of the variance of the history: below this two shapes are the same.
SMALLEST_VARIANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Shapes:
    """Centres of sub-sequences in coordinates where the history varies alike everywhere.

    In readings as they are, k-means sees only directions of large variance; a step or a
    missing cycle hides among them. So the windows are whitened first, as for Hotelling's
    T² (which this is, with one centre). The eigenvalues are drawn towards their mean,
    for those of rare directions are little more than chance.

    `mean` has shape (length,), `whitening` (length, length), `centres` (centres, length)
    and `endings` (centres,), the last reading of each centre's shape.
    """

    mean: Values
    whitening: Values
    centres: Values
    endings: Values

    @classmethod
    def learn(cls, windows: Values, centres: int, shrinkage: float) -> Self:
        """Learn from windows of shape (windows, length), most of them normal."""
        mean = windows.mean(axis=0)
        centred = windows - mean
        variances, directions = np.linalg.eigh(centred.T @ centred / len(windows))
        variances = np.maximum(variances, 0)
        variances = (1 - shrinkage) * variances + shrinkage * variances.mean()
        widths = np.sqrt((variances + SMALLEST_VARIANCE) * mean.size)
        whitening = directions / widths
        sample = centred[:: -(-len(centred) // TRAINING_WINDOWS)] @ whitening
        found = _centres(sample, centres)
        endings = mean[-1] + (found * widths) @ directions[-1]
        return cls(mean, whitening, found, endings)

    def nearest(self, windows: Values) -> tuple[Values, Values]:
        """Distance to the nearest centre, and its ending, for each window.

        The root mean square over the readings of a window: about 1 is the usual spread
        of the history, whatever the length.
        """
        from scipy.spatial.distance import cdist  # Late: tens of MB.

        distance, ending = np.empty(len(windows)), np.empty(len(windows))
        for start in range(0, len(windows), CHUNK):
            rows = slice(start, start + CHUNK)
            apart = cdist((windows[rows] - self.mean) @ self.whitening, self.centres)
            distance[rows] = apart.min(axis=1)
            ending[rows] = self.endings[apart.argmin(axis=1)]
        return distance, ending

    @property
    def nbytes(self) -> int:
        arrays = (self.mean, self.whitening, self.centres, self.endings)
        return sum(array.nbytes for array in arrays)


def _centres(sample: Values, count: int) -> Values:
    from sklearn.cluster import KMeans  # Late: tens of MB.

    # k-means warns where there are fewer different windows than centres.
    different = len(np.unique(sample.round(6), axis=0))
    means = KMeans(min(count, different), n_init=1, max_iter=30, random_state=0)
    return np.asarray(means.fit(sample).cluster_centers_, dtype=np.float64)
