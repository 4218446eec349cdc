"""Write down which lines of a file are no readings. No rejects, no file."""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from sensors.csv.columns import Reject
from sensors.csv.writing import cell

SHOWN = 5
HEADER = ("line", "code", "detail", "column")


@dataclass(slots=True)
class Rejects:
    """Keeps the first rejects to show and writes all to `path`. Use it in `with`."""

    path: Path
    first: list[Reject] = field(default_factory=list)
    _file: TextIO | None = None
    _writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def written(self) -> bool:
        return self._file is not None

    def add(self, rejects: list[Reject]) -> None:
        """Raises OSError if the file cannot be written."""
        for reject in rejects:
            if len(self.first) < SHOWN:
                self.first.append(reject)
            if self._file is None:
                self._file = self.path.open("w", newline="", encoding="utf-8")
                self._writer = csv.writer(self._file)
                self._writer.writerow(HEADER)
            self._writer.writerow([cell(value) for value in astuple(reject)])
