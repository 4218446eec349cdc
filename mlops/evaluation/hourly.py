"""Hourly series of the public sets, to be forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from mlops.evaluation.base import DataMissingError
from mlops.evaluation.csv_rows import read_rows
from mlops.forecasting.base import DAY, MICROS, Series, Values
from mlops.forecasting.resampling import resample

HOUR = 3600.0


def batadal_series(folder: Path) -> dict[str, Series]:
    """The tags of years without an attack, by file and name."""
    found = sorted((folder / "batadal").glob("*.csv*"))
    return {f"{path.name}/{tag}": series for path in found for tag, series in _tags(path)}


def nab_series(folder: Path) -> dict[str, Series]:
    """Every file of the set, by folder and name."""
    found = sorted((folder / "nab" / "data").glob("*/*.csv*"))
    return {f"{path.parent.name}/{path.name}": _two_columns(path) for path in found}


def all_series(folder: Path) -> dict[str, Series]:
    """Both sets. DataMissingError where neither is there."""
    together = batadal_series(folder) | nab_series(folder)
    if not together:
        raise DataMissingError(f"no series of BATADAL or NAB in {folder}")
    return together


def day_of(series: Series) -> int:
    """Steps of a day, 0 where a day is no whole number of them or a single one."""
    steps = round(DAY / series.interval)
    return steps if steps > 1 and steps * series.interval == DAY else 0


def is_flat(values: Values) -> bool:
    """True for constants and switches: fewer than three values ever."""
    return np.unique(values[np.isfinite(values)]).size < 3


def _tags(path: Path) -> Iterator[tuple[str, Series]]:
    """Nothing of files that tell of attacks, or are no readings."""
    header, *rows = read_rows(path)
    names = [name.strip() for name in header]
    if "ATT_FLAG" not in names or any(float(row[names.index("ATT_FLAG")]) for row in rows):
        return
    micros = _micros([row[0] for row in rows], _day_first)
    for column, name in enumerate(names):
        if column and name != "ATT_FLAG":
            yield name, _series(micros, [row[column] for row in rows])


def _day_first(text: str) -> datetime:
    return datetime.strptime(f"{text} +0000", "%d/%m/%y %H %z")


def _two_columns(path: Path) -> Series:
    _, *rows = read_rows(path)
    micros = _micros([row[0] for row in rows], datetime.fromisoformat)
    return _series(micros, [row[1] for row in rows])


def _micros(texts: list[str], read: Callable[[str], datetime]) -> np.ndarray:
    moments = [read(text).replace(tzinfo=UTC).timestamp() for text in texts]
    return (np.array(moments) * MICROS).astype(np.int64)


def _series(micros: np.ndarray, texts: list[str]) -> Series:
    """By the hour, or by as many hours as usually lie between two readings."""
    spacing = float(np.median(np.diff(np.sort(micros)))) / MICROS if micros.size > 1 else HOUR
    interval = HOUR * max(1, round(spacing / HOUR))
    begins, values = resample(micros, np.array(texts, dtype=np.float64), interval)
    return Series(values, interval, begins)
