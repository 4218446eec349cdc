"""The forms in which a report is written, and what a browser is told of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from maintenance.figures.catalogue import CATALOGUE
from maintenance.figures.figure import Figure
from maintenance.models import ReportFile
from maintenance.reports.document import Document, in_words
from maintenance.reports.html import html_of
from maintenance.reports.pdf import pdf_of
from sensors.csv.writing import lines

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


FORMS = {
    Form.HTML: Written("text/html; charset=utf-8", html_of),
    Form.PDF: Written("application/pdf", pdf_of),
    Form.CSV: Written("text/csv; charset=utf-8", csv_of),
    Form.JSON: Written("application/json", json_of),
}
