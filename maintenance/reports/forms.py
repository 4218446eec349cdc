"""The forms in which a report is written, and what a browser is told of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from django.template.loader import render_to_string

from maintenance.figures.catalogue import CATALOGUE
from maintenance.figures.figure import Figure
from maintenance.figures.words import basis_of, details_of, value_of
from maintenance.models import ReportFile
from maintenance.reports.document import Document, Section, in_words
from maintenance.reports.pdf import pdf_of
from sensors.csv.writing import lines
from sensors.drawing.bars import draw_bars

Form = ReportFile.Form


class Written(NamedTuple):
    content_type: str
    write: Callable[[Document], bytes]


def json_of(document: Document) -> bytes:
    return json.dumps(in_words(document), ensure_ascii=False, indent=1).encode()


def csv_of(document: Document) -> bytes:
    """The tables one below the other, each cell such that a spreadsheet shows it."""
    return "".join(lines([document.title], _lines(document))).encode("utf-8-sig")


def _lines(document: Document) -> Iterator[Sequence[object]]:
    yield from document.about.items()
    for section in document.sections:
        yield from ([], [section.title])
        yield from ([words] for words in section.words)
        if section.figures:
            yield ["Figure", "Value", "Unit", "n", "At least", "At most", "Why there is none"]
            yield from (_figure(figure) for figure in section.figures)
        for chart in section.charts:
            yield from ([], [chart.title], ["", chart.unit], *chart.values)
        for table in section.tables:
            yield from ([], [table.title], table.columns, *table.rows)
            if table.more:
                yield [f"and {table.more} more"]


def _figure(figure: Figure) -> list[object]:
    low, high = figure.interval or (None, None)
    title = CATALOGUE[figure.name].title
    return [title, figure.value, figure.unit, figure.n, low, high, figure.why]


def html_of(document: Document) -> bytes:
    """One file that needs no other: its style is within."""
    about = [(name.replace("_", " "), document.in_words(c)) for name, c in document.about.items()]
    sections = [_shown(document, section) for section in document.sections]
    context = {"title": document.title, "about": about, "sections": sections}
    return render_to_string("maintenance/report.html", context).encode()


def _shown(document: Document, section: Section) -> dict[str, object]:
    return {
        "title": section.title,
        "words": section.words,
        "figures": figure_lines(section.figures),
        "charts": [draw_bars(c.title, c.values, unit=c.unit) for c in section.charts],
        "tables": [
            {
                "title": table.title,
                "columns": table.columns,
                "rows": [[document.in_words(cell) for cell in row] for row in table.rows],
                "more": table.more,
            }
            for table in section.tables
        ],
    }


def figure_lines(figures: Sequence[Figure]) -> list[tuple[str, str, str, str, str]]:
    """Of each figure its title and formula, its value, what it rests on, and more numbers."""
    return [
        (
            CATALOGUE[figure.name].title,
            CATALOGUE[figure.name].formula,
            value_of(figure),
            basis_of(figure),
            details_of(figure),
        )
        for figure in figures
    ]


FORMS = {
    Form.HTML: Written("text/html; charset=utf-8", html_of),
    Form.PDF: Written("application/pdf", pdf_of),
    Form.CSV: Written("text/csv; charset=utf-8", csv_of),
    Form.JSON: Written("application/json", json_of),
}
