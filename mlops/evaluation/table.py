"""Results as a table for people, each method above those it is held against."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from mlops.evaluation.base import Figures, Result
from mlops.evaluation.running import Outcome

# Figures that every evaluation may have; the others of a set stand in its notes.
COLUMNS = {
    "false_alarms_per_day": "false alarms a day",
    "us_per_reading": "µs a reading",
    "bytes_per_sensor": "bytes a sensor",
}


def table_of(outcomes: Iterable[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("data", "method", "score", "goal", *COLUMNS.values(), "further figures"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        if outcome.result is None:
            table.add_row(outcome.name, outcome.error or outcome.missing)
            continue
        _add(table, outcome.name, outcome.result)
    return table


def _add(table: Table, name: str, result: Result) -> None:
    files = f"{result.files} of {result.of} files"
    met = "met" if result.met else "missed"
    own = _cells(result.figures)
    table.add_row(name, "shipped", f"{result.score:.4g}", f"{result.goal}: {met}", *own)
    for number, (method, figures) in enumerate(result.baselines.items()):
        place = files if number == 0 else ""
        score = figures.get("score")
        table.add_row(place, method, _text(score), "", *_cells(figures))
    for note in result.notes:
        table.add_row("", note)
    table.add_section()


def _cells(figures: Figures) -> list[str]:
    usual = [_text(figures.get(key)) for key in COLUMNS]
    further = (
        f"{key} {_text(value)}" for key, value in figures.items() if key not in (*COLUMNS, "score")
    )
    return [*usual, ", ".join(further)]


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
