"""Charts of one quantity over another that is no date: samples and spectra. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sensors.drawing.charts import Chart
from sensors.drawing.ticks import Tick, round_ticks

# Of the height, so that no peak touches the edge.
MARGIN = 0.05


def draw_curve(
    title: str,
    places: Sequence[float],
    values: Sequence[float],
    *,
    along: str,
    unit: str,
    marks: Mapping[str, float] | None = None,
) -> Chart:
    """A line through the values; `along` is the unit of their places, which rise.

    `marks` are places to point out, by name; those beyond the line are left out.
    """
    start, end = places[0], places[-1]
    low, high = min(0.0, *values), max(values)
    margin = MARGIN * ((high - low) or 1.0)
    low, high = low - (margin if low < 0 else 0.0), high + margin

    def x(place: float) -> float:
        return round(100 * (place - start) / ((end - start) or 1.0), 2)

    def y(value: float) -> float:
        return round(100 * (1 - (value - low) / (high - low)), 2)

    line = (f"{x(place)} {y(value)}" for place, value in zip(places, values, strict=True))
    shown = {name: at for name, at in (marks or {}).items() if start <= at <= end}
    said = [f"{start:.4g} to {end:.4g} {along}, up to {max(values):.4g} {unit}".rstrip()]
    said += [f"{name} at {at:.4g} {along}" for name, at in shown.items()]
    return Chart(
        title=title,
        description="; ".join(said) + ".",
        path="M" + " L".join(line),
        values=round_ticks(low, high, y),
        times=round_ticks(start, end, x),
        marks=tuple(Tick(x(at), name) for name, at in shown.items()),
    )
