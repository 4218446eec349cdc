"""Figures as people read them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maintenance.figures.catalogue import WHY
from maintenance.figures.figure import COUNT, HOURS, SHARE, WEEKS, Figure

NOTHING = "–"
RATES = {"1/h": "an hour", "1/10 min": "in 10 minutes"}


def shown(value: float | None, unit: str) -> str:
    """A value with its unit.

    >>> shown(0.956, "share"), shown(3, "count"), shown(1234.5, "EUR"), shown(None, "h")
    ('95.6 %', '3', '1,234.50 EUR', '–')
    """
    if value is None:
        return NOTHING
    if unit == SHARE:
        return f"{100 * value:.1f} %"
    if unit == COUNT:
        return f"{value:.0f}"
    if unit in (HOURS, WEEKS):
        return f"{value:,.1f} {unit}"
    if unit in RATES:
        return f"{value:.3g} {RATES[unit]}"
    return f"{value:,.2f} {unit}"


def why_of(figure: Figure) -> str:
    """Why there is no value, if there is none."""
    return WHY.get(figure.why, figure.why)


def basis_of(figure: Figure) -> str:
    """What it rests on, and between what it lies where it is an estimate."""
    words = f"n = {figure.n}"
    if figure.interval:
        low, high = (shown(edge, figure.unit) for edge in figure.interval)
        words += f"; {low} to {high} with 95 %"
    return words


def details_of(figure: Figure) -> str:
    """Numbers beside it; what is a list has a table of its own."""
    return "; ".join(
        f"{name.replace('_', ' ')} {_number(value, name)}"
        for name, value in scalars(figure.details).items()
    )


def scalars(details: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: value for name, value in details.items() if not isinstance(value, list)}


def _number(value: float | None, name: str) -> str:
    if value is None:
        return NOTHING
    if name.startswith("share"):
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
