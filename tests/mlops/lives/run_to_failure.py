"""A made-up fleet that ran to failure, in the database: as files are loaded there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mlops.learning import life_fitting
from mlops.management.fleets import Fleet, units_of
from mlops.remaining_life.histories import History
from mlops.remaining_life.model import RemainingLife
from sensors.history.granularity import HOUR
from sensors.models import Asset, AssetType, Site
from tests.factories import NOON


def write(path: Path, units: Sequence[History]) -> Path:
    """The units as C-MAPSS has them, of three settings, which do not move: to tell their
    regimes takes as long as all the rest."""
    with path.open("w", encoding="ascii") as file:
        for number, unit in enumerate(units, start=1):
            rows = np.hstack(
                [unit.settings.round(1), np.full((unit.rows, 1), 100.0), unit.sensors]
            )
            for cycle, row in enumerate(rows, start=1):
                words = " ".join(f"{value:.6g}" for value in row)
                file.write(f"{number} {cycle} {words} \n")
    return path


def load(
    path: Path,
    site: Site,
    asset_type: AssetType,
    *,
    name: str,
    failed: bool = True,
) -> list[Asset]:
    """The units of a file as assets; a cycle is an hour, and the last one ends at noon."""
    fleet = Fleet(site, asset_type, name, cycle=HOUR, until=NOON, failed=failed)
    for unit in units_of(path):
        fleet.add(unit)
    return list(Asset.objects.filter(tag__startswith=f"{name}-").select_related("site", "type"))


@contextmanager
def quick_fits() -> Iterator[None]:
    """Fewer trees and folds than are shipped."""
    with pytest.MonkeyPatch.context() as patch:
        quick = partial(RemainingLife, folds=3, trees=60, train_rows=1_000)
        patch.setattr(life_fitting, "RemainingLife", quick)
        yield
