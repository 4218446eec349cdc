"""Who has something to say in which report. Apps above this one add theirs, as with panels of
the admin: this one does not know of runs and detectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from maintenance.figures.answering import figures_from
from maintenance.figures.fetching import Fetched
from maintenance.figures.figure import Figure
from maintenance.figures.question import Question
from maintenance.models import Report
from maintenance.reports.document import Section

Kind = Report.Kind


@dataclass(frozen=True)
class Subject:
    """What a report is about, with the rows and figures of it: asked for once, when needed."""

    report: Report

    @cached_property
    def question(self) -> Question:
        asked = self.report
        return Question((asked.site_id,), asked.start, asked.end, asked.as_of, asked.asset_id)

    @cached_property
    def rows(self) -> Fetched:
        return Fetched(self.question)

    @cached_property
    def _figures(self) -> dict[str, Figure]:
        return figures_from(self.rows)

    def figures(self, *names: str) -> list[Figure]:
        return [self._figures[name] for name in names]


# A function gives a section, or None where it has nothing to say.
Writer = Callable[[Subject], Section | None]
SECTIONS: dict[Kind, dict[int, Writer]] = {kind: {} for kind in Kind}


def section_of(kind: Kind, place: int) -> Callable[[Writer], Writer]:
    """Have what the function gives stand in reports of a kind, in the order of places."""

    def add(writer: Writer) -> Writer:
        taken = SECTIONS[kind].setdefault(place, writer)
        assert taken is writer, f"{taken} stands at {place} of {kind} already"
        return writer

    return add
