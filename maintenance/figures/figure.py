"""What a figure is. Pure, like all that computes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maintenance.figures.estimates import CONFIDENCE

HOURS, SHARE, COUNT, WEEKS = "h", "share", "count", "weeks"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that counted, and what it counted for, in the unit of the figure where it has one."""

    kind: str
    pk: int
    at: datetime
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with all that is needed to doubt it.

    `value` is None where nothing can be said, and `why` is the code of the reason. `n` is
    how many rows or events it rests on. `interval` is of 95 %, where it is an estimate.
    """

    name: str
    value: float | None
    unit: str
    n: int
    why: str = ""
    interval: tuple[float, float] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    rows: tuple[Row, ...] = field(default=(), repr=False)

    def in_words(self) -> dict[str, Any]:
        """As JSON can hold it, without the rows."""
        low, high = self.interval or (None, None)
        interval = {"low": low, "high": high, "confidence": CONFIDENCE}
        return {
            "value": self.value,
            "unit": self.unit,
            "n": self.n,
            "why": self.why or None,
            "interval": interval if self.interval else None,
            "details": dict(self.details),
            "assumptions": list(self.assumptions),
        }
