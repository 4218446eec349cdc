"""A report as a page, and parts of it for pages of the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.template.loader import render_to_string

from maintenance.figures.catalogue import CATALOGUE
from maintenance.figures.figure import Figure
from maintenance.figures.words import basis_of, details_of, shown, why_of
from maintenance.reports.document import Document, Section, Table
from sensors.drawing.bars import draw_bars


def html_of(document: Document) -> bytes:
    """One file that needs no other: its style is within."""
    about = [(name.replace("_", " "), document.in_words(c)) for name, c in document.about.items()]
    sections = [section_in_words(document, section) for section in document.sections]
    context = {"title": document.title, "about": about, "sections": sections}
    return render_to_string("maintenance/report.html", context).encode()


def section_in_words(
    document: Document, section: Section, url_of: Callable[[Figure], str] = lambda figure: ""
) -> dict[str, Any]:
    """What templates/maintenance/section.html shows; a figure may lead somewhere."""
    return {
        "title": section.title,
        "words": section.words,
        "figures": [
            {
                "title": CATALOGUE[figure.name].title,
                "formula": CATALOGUE[figure.name].formula,
                "value": shown(figure.value, figure.unit),
                "why": why_of(figure),
                "basis": basis_of(figure),
                "details": details_of(figure),
                "url": url_of(figure),
            }
            for figure in section.figures
        ],
        "charts": [draw_bars(c.title, c.values, unit=c.unit) for c in section.charts],
        "tables": [_table(document, table) for table in section.tables],
    }


def _table(document: Document, table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": table.columns,
        "rows": [[document.in_words(cell) for cell in row] for row in table.rows],
        "more": table.more,
    }
