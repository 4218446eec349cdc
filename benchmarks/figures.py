"""One measured figure, beside what it is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is the value in units of the baseline, both from the same run."""

    value: float
    unit: str
    goal: str
    baseline: float | None = None
    baseline_is: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        figure: dict[str, Any] = {"value": rounded(self.value), "unit": self.unit}
        if self.baseline:
            figure |= {"baseline": rounded(self.baseline), "baseline_is": self.baseline_is}
            figure["ratio"] = rounded(self.value / self.baseline)
        return figure | {"goal": self.goal} | self.more


def rounded(value: float) -> float:
    """Three significant digits, and whole numbers from a thousand on."""
    return round(value) if abs(value) >= 1000 else float(f"{value:.3g}")


Figures = dict[str, Figure]
