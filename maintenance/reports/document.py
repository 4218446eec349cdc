"""What a report says, before it is written as HTML, PDF, CSV or JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from maintenance.figures.figure import Figure
from maintenance.figures.words import NOTHING

Cell = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Table:
    """`more` rows were left out."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """How much there was of each of some things."""

    title: str
    unit: str
    values: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    words: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    charts: Sequence[Bars] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """`about` says what was asked for: kind, site, asset, interval. Moments are told in `zone`."""

    title: str
    about: Mapping[str, Cell]
    zone: tzinfo
    sections: list[Section] = field(default_factory=list)

    def in_words(self, cell: Cell) -> str:
        """A cell for people."""
        if cell is None or cell == "":
            return NOTHING
        if isinstance(cell, datetime):
            return f"{cell.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return f"{cell:,.4g}" if isinstance(cell, float) else str(cell)


def in_words(document: Document) -> dict[str, Any]:
    """As JSON can hold it. Moments are in UTC."""
    about = {name: _plain(cell) for name, cell in document.about.items()}
    return {
        "title": document.title,
        **about,
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "words": list(section.words),
        "figures": {figure.name: figure.in_words() for figure in section.figures},
        "charts": [
            {"title": chart.title, "unit": chart.unit, "values": [list(v) for v in chart.values]}
            for chart in section.charts
        ],
        "tables": [
            {
                "title": table.title,
                "columns": list(table.columns),
                "rows": [[_plain(cell) for cell in row] for row in table.rows],
                "more": table.more,
            }
            for table in section.tables
        ],
    }


def _plain(cell: Cell) -> str | int | float | None:
    return cell.isoformat().replace("+00:00", "Z") if isinstance(cell, datetime) else cell
