"""A report on paper. reportlab is imported where it is used: it takes tens of MB."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from maintenance.figures.catalogue import CATALOGUE
from maintenance.figures.figure import Figure
from maintenance.figures.words import basis_of, details_of, shown, why_of
from maintenance.reports.document import Bars, Document, Section, Table
from sensors.drawing.bars import BarChart, draw_bars

# Has Greek, Cyrillic and signs of mathematics, which the fonts of PDF itself do not. It
# comes with Matplotlib, which is not loaded for it.
FONTS = {"DejaVu": "DejaVuSans.ttf", "DejaVu-Bold": "DejaVuSans-Bold.ttf"}
INK, QUIET, LINE, BAR = "#1f2933", "#5b6770", "#d5dbe0", "#2f6690"
MARGIN = 40.0
# reportlab's own, within the margins.
FRAME_PADDING = 6.0
CHART_HEIGHT, AXIS_WIDTH, AXIS_HEIGHT = 110.0, 36.0, 16.0
# Below a heading.
LEAST_ROOM = 70.0
# In a narrow column a longer text could take more than a page, which no row may.
LONGEST_CELL = 300


def pdf_of(document: Document) -> bytes:
    """The same bytes for the same document: no clock, no random ids."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    _register_fonts()
    file = BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    page = SimpleDocTemplate(
        file, pagesize=A4, title=document.title, invariant=1, lang="en", **margins
    )
    story = _Story(page.width)
    story.begin(document)
    for section in document.sections:
        story.add(document, section)
    page.build(story.parts, onFirstPage=_numbered, onLaterPages=_numbered)
    return file.getvalue()


@cache
def _register_fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    found = importlib.util.find_spec("matplotlib")
    assert found and found.origin, "Matplotlib is among the requirements"
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, folder / file))


def _numbered(canvas: Any, page: Any) -> None:
    canvas.setFont("DejaVu", 7)
    canvas.drawRightString(page.pagesize[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))


class _Story:
    """The parts of a document in the order in which they flow over the pages."""

    def __init__(self, width: float) -> None:
        from reportlab.lib.styles import ParagraphStyle

        usual = ParagraphStyle("usual", fontName="DejaVu", fontSize=8, leading=10.5, textColor=INK)
        bold = {"parent": usual, "fontName": "DejaVu-Bold"}
        self.styles = {
            "usual": usual,
            "quiet": ParagraphStyle("quiet", parent=usual, textColor=QUIET, fontSize=7, leading=9),
            "bold": ParagraphStyle("bold", **bold),
            "title": ParagraphStyle("title", fontSize=15, leading=19, spaceAfter=6, **bold),
            "section": ParagraphStyle(
                "section", fontSize=11, leading=14, spaceBefore=14, spaceAfter=4, **bold
            ),
            "table": ParagraphStyle("table", spaceBefore=8, spaceAfter=2, **bold),
        }
        self.width = width - 2 * FRAME_PADDING
        self.parts: list[Any] = []

    def words(self, text: object, style: str = "usual") -> Any:
        """A paragraph. What people wrote is text, never markup."""
        from reportlab.platypus import Paragraph

        return Paragraph(escape(str(text)), self.styles[style])

    def head(self, text: str, style: str, room: float) -> None:
        """A heading, on the next page if there is no room for what follows."""
        from reportlab.platypus import CondPageBreak

        self.parts += [CondPageBreak(room), self.words(text, style)]

    def begin(self, document: Document) -> None:
        self.parts.append(self.words(document.title, "title"))
        rows = [
            [self.words(name.replace("_", " "), "quiet"), self.words(document.in_words(cell))]
            for name, cell in document.about.items()
        ]
        self.parts.append(self._grid(rows, [0.15, 0.85]))

    def add(self, document: Document, section: Section) -> None:
        self.head(section.title, "section", room=LEAST_ROOM + 30)
        self.parts += [self.words(words) for words in section.words]
        if section.figures:
            self.parts.append(self._figures(section.figures))
        for chart in section.charts:
            self._chart(chart)
        for table in section.tables:
            self._table(document, table)

    def _figures(self, figures: Sequence[Figure]) -> Any:
        rows = [
            [
                [
                    self.words(CATALOGUE[figure.name].title),
                    self.words(CATALOGUE[figure.name].formula, "quiet"),
                ],
                [
                    self.words(shown(figure.value, figure.unit), "bold"),
                    self.words(why_of(figure), "quiet"),
                ],
                [self.words(basis_of(figure)), self.words(details_of(figure), "quiet")],
            ]
            for figure in figures
        ]
        return self._grid(rows, [0.36, 0.24, 0.40])

    def _table(self, document: Document, table: Table) -> None:
        self.head(table.title, "table", room=LEAST_ROOM)
        if not table.rows:
            self.parts.append(self.words("None."))
            return
        head = [self.words(column, "quiet") for column in table.columns]
        shown = [[document.in_words(cell) for cell in row] for row in table.rows]
        rows = [[self.words(_cut(cell)) for cell in row] for row in shown]
        self.parts.append(self._grid([head, *rows], _shares(table.columns, shown), repeatRows=1))
        if table.more:
            self.parts.append(self.words(f"and {table.more} more"))

    def _grid(self, rows: list[list[Any]], shares: Sequence[float], **more: Any) -> Any:
        from reportlab.platypus import Table as Grid

        lines = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
        widths = [self.width * share for share in shares]
        return Grid(rows, colWidths=widths, style=lines, hAlign="LEFT", **more)

    def _chart(self, chart: Bars) -> None:
        drawn = draw_bars(chart.title, chart.values, unit=chart.unit)
        self.head(chart.title, "table", room=LEAST_ROOM + CHART_HEIGHT)
        if drawn.bars:
            self.parts.append(_picture(drawn, self.width))
        self.parts.append(self.words(drawn.description, "quiet"))


def _cut(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + "…"


def _shares(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Of the width, by the longest text of each column, so that short ones stay in one line."""
    longest = [
        min(max(len(text) for text in texts), 40) + 3 for texts in zip(columns, *rows, strict=True)
    ]
    return [length / sum(longest) for length in longest]


def _picture(chart: BarChart, width: float) -> Any:
    """The geometry of the page on the screen, with the zero at the lower edge."""
    from reportlab.graphics.shapes import Drawing, Line, Rect, String
    from reportlab.lib.colors import HexColor

    def x(share: float) -> float:
        return AXIS_WIDTH + (width - AXIS_WIDTH) * share / 100

    def y(share: float) -> float:
        return AXIS_HEIGHT + CHART_HEIGHT * (1 - share / 100)

    quiet, line, filled = HexColor(QUIET), HexColor(LINE), HexColor(BAR)
    text = {"fontName": "DejaVu", "fontSize": 7, "fillColor": quiet}
    drawing = Drawing(width, CHART_HEIGHT + AXIS_HEIGHT + 4)
    for tick in chart.values:
        at = y(tick.at)
        drawing.add(Line(x(0), at, x(100), at, strokeColor=line, strokeWidth=0.4))
        drawing.add(String(x(0) - 4, at - 2.5, tick.label, textAnchor="end", **text))
    for bar in (bar for bar in chart.bars if bar.height):
        height = CHART_HEIGHT * bar.height / 100
        left, wide = x(bar.x), (width - AXIS_WIDTH) * bar.width / 100
        drawing.add(Rect(left, AXIS_HEIGHT, wide, height, fillColor=filled, strokeColor=None))
    for tick in chart.labels:
        drawing.add(String(x(tick.at), 4, tick.label, textAnchor="middle", **text))
    return drawing
