"""The states of the detectors of assets: what was known before their last few rows.

The last rows are kept with the state from before them, and gone through again with the
next ones. So the rules of episodes have their past, and what was seen in it can still be
explained, whether rows come one by one or together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from mlops.detectors.base import State, Times, Values
from mlops.models import AssetState, ModelVersion
from sensors.history.windows import micros_of, moment_of


@dataclass(frozen=True, slots=True)
class KnownAsset:
    """The detector's `state`, of shape (1, width), and the rows that came after it, up to
    the edge `until`. `micros` has shape (rows,), `values` (rows, columns)."""

    until: int
    state: State
    micros: Times
    values: Values


def known(
    widths: Mapping[int, tuple[ModelVersion, int]],
) -> tuple[dict[int, KnownAsset], dict[int, int]]:
    """What was kept of assets, and how far those came that another version has watched.

    `widths` has the version on duty of each asset, and the width of its states.
    """
    mine: dict[int, KnownAsset] = {}
    others: dict[int, int] = {}
    for row in AssetState.objects.filter(asset__in=widths):
        version, width = widths[row.asset_id]
        if row.version_id == version.pk:
            mine[row.asset_id] = _unpacked(row, width, len(version.columns))
        else:
            others[row.asset_id] = micros_of(row.until)
    return mine, others


def keep(states: Iterable[tuple[ModelVersion, KnownAsset]]) -> None:
    """Write the states after a run."""
    rows = [
        AssetState(
            asset_id=cast(int, version.asset_id),
            version=version,
            until=moment_of(now.until),
            state=_packed(now),
        )
        for version, now in states
    ]
    AssetState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["asset"],
        update_fields=["version", "until", "state"],
    )


def _packed(known: KnownAsset) -> bytes:
    # Times in microseconds are exact as floats until the year 2255.
    parts: Sequence[Values] = (known.state, known.micros.astype(np.float64), known.values)
    return np.concatenate([part.ravel() for part in parts]).tobytes()


def _unpacked(row: AssetState, width: int, columns: int) -> KnownAsset:
    numbers = np.frombuffer(row.state, dtype=np.float64)
    state, rest = np.split(numbers, [width])
    micros, values = np.split(rest, [rest.size // (1 + columns)])
    return KnownAsset(
        until=micros_of(row.until),
        state=state[None, :],
        micros=micros.astype(np.int64),
        values=values.reshape(micros.size, columns),
    )
