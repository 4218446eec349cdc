"""The outcome of a back-test as tables and sentences for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from mlops.backtesting.results import setting_in_words

MOST_ROWS = 50
NOTHING = "–"


def alarms_of(outcome: dict[str, Any]) -> Table:
    table = Table(title="Alarms")
    for column in ("sensor", "kind", "from", "to", "peak", "score", "reason"):
        table.add_column(column)
    for alarm in outcome["alarms"][:MOST_ROWS]:
        table.add_row(
            alarm["sensor_id"] or "all",
            alarm["kind"],
            alarm["started_at"],
            alarm["ended_at"] or "still on",
            _number(alarm["peak_value"], ".4g"),
            f"{alarm['peak_score']:.2f}",
            alarm["reason"],
        )
    return table


def rates_of(outcome: dict[str, Any]) -> Table:
    table = _table(
        f"Rates of {outcome['detector']}",
        ("sensor", "readings", "scored", "days", "stood", "alarms", "a day", "in alarm"),
    )
    for rates in outcome["rates"]:
        table.add_row(
            rates["sensor_id"] or "all",
            str(rates["readings"]),
            str(rates["scored"]),
            f"{rates['seconds'] / 86_400:.2f}",
            f"{rates['stood_seconds'] / 86_400:.2f}",
            str(rates["alarms"]),
            _number(rates["alarms_a_day"], ".3g"),
            _number(rates["share_in_alarm"], ".2%"),
        )
    return table


def compared(outcomes: Sequence[dict[str, Any]]) -> Table:
    """One row for each setting."""
    table = _table(
        f"Settings of {outcomes[0]['detector']}",
        ("setting", "alarms", "a day", "in alarm", "precision", "recall", "lead", "unjudged"),
    )
    for outcome in outcomes:
        total, judgement = outcome["total"], outcome["judgement"]
        table.add_row(
            setting_in_words(outcome),
            str(total["alarms"]),
            _number(total["alarms_a_day"], ".3g"),
            _number(total["share_in_alarm"], ".2%"),
            _number(judgement["precision"], ".2f"),
            _number(judgement["recall"], ".2f"),
            _number(judgement["lead_seconds"], ".0f"),
            _number(judgement["unjudged"], "d"),
        )
    return table


def summary_of(outcome: dict[str, Any]) -> str:
    total, count = outcome["total"], outcome["alarm_count"]
    shown = min(count, MOST_ROWS)
    taught = outcome["taught"]
    what = "rows" if taught else "readings"
    said = f"{count} alarms in {total['readings']} {what}, of which {total['scored']} were scored"
    if shown < count:
        said += f"; the first {shown} are shown"
    if total["stood_seconds"]:
        said += f". {total['stood_seconds'] / 3600:.1f} h not judged: the machine stood"
    if total["scored"] < total["readings"]:
        said += ". Of the others it had not learnt enough, or had nothing to judge them by"
    if taught:
        said += f". Learnt from {taught['rows']} rows, {taught['from']} to {taught['to']}"
    return f"{said}. {_judged(outcome['judgement'])}"


def _judged(judgement: dict[str, Any]) -> str:
    if judgement["faults"] is None:
        return "Precision, recall and lead time need verdicts: there are none."
    lead = _number(judgement["lead_seconds"], ".0f")
    return (
        f"{judgement['found']} of {judgement['faults']} faults found, precision "
        f"{_number(judgement['precision'], '.2f')}, median lead {lead} s; "
        f"{judgement['unjudged']} alarms were never judged."
    )


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else f"{value:{form}}"
