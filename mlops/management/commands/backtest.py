from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.results import in_words
from mlops.backtesting.trials import Outcome, backtest
from mlops.chosen_detectors import DetectorChoiceError
from mlops.management import backtest_options as options_of
from sensors.models import Sensor

WIDTH = 160  # Characters, where the table goes into a file
MOST_ROWS = 50


class Command(BaseCommand):
    help = (
        "Run a detector over stored readings and show the alarms that it would have raised, "
        "by the rules that live readings go by. Stores nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        options_of.add_to(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        start, end = options_of.interval_of(options["from"], options["to"])
        choice = options_of.choice_of(options["detector"], options["parameter"])
        warm_up = options_of.warm_up_of(options["warm_up"])
        sensors = options_of.sensors_of(options["sensor"], options["site"])
        errors = Console(stderr=True)
        with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
            task = bar.add_task("going through", total=1.0)
            try:
                outcome = backtest(
                    sensors,
                    start,
                    end,
                    choice,
                    warm_up=warm_up,
                    on_progress=lambda share: bar.update(task, completed=share),
                )
            except (TooMuchHistoryError, DetectorChoiceError) as exc:
                raise CommandError(str(exc)) from exc
        self.show(outcome, sensors, as_json=options["json"])

    def show(self, outcome: Outcome, sensors: Iterable[Sensor], *, as_json: bool) -> None:
        result = in_words(outcome, sensors)
        table_to = self.stderr if as_json else self.stdout
        # Codes and reasons are words of others: nothing in them is markup.
        console = Console(width=None if table_to.isatty() else WIDTH, markup=False, emoji=False)
        with console.capture() as captured:
            if result["alarms"]:
                console.print(alarms_of(result))
            console.print(rates_of(result))
        table_to.write(captured.get())
        table_to.write(summary_of(result))
        if as_json:
            self.stdout.write(json.dumps(result))


def alarms_of(result: dict[str, Any]) -> Table:
    table = Table(title="Alarms")
    for column in ("sensor", "kind", "from", "to", "peak", "score", "reason"):
        table.add_column(column)
    for alarm in result["alarms"][:MOST_ROWS]:
        peak = alarm["peak_value"]
        table.add_row(
            alarm["sensor_id"],
            alarm["kind"],
            alarm["started_at"],
            alarm["ended_at"] or "still on",
            "–" if peak is None else f"{peak:.4g}",
            f"{alarm['peak_score']:.2f}",
            alarm["reason"],
        )
    return table


def rates_of(result: dict[str, Any]) -> Table:
    table = Table(title=f"Rates of {result['detector']}")
    for column in ("sensor", "readings", "scored", "days", "alarms", "a day", "in alarm"):
        table.add_column(column, justify="left" if column == "sensor" else "right")
    for rates in result["rates"]:
        daily, share = rates["alarms_a_day"], rates["share_in_alarm"]
        table.add_row(
            rates["sensor_id"],
            str(rates["readings"]),
            str(rates["scored"]),
            f"{rates['seconds'] / 86_400:.2f}",
            str(rates["alarms"]),
            "–" if daily is None else f"{daily:.3g}",
            "–" if share is None else f"{share:.2%}",
        )
    return table


def summary_of(result: dict[str, Any]) -> str:
    count, shown = result["alarm_count"], min(result["alarm_count"], MOST_ROWS)
    readings = sum(rates["readings"] for rates in result["rates"])
    scored = sum(rates["scored"] for rates in result["rates"])
    said = f"{count} alarms in {readings} readings, of which {scored} were scored"
    if shown < count:
        said += f"; the first {shown} are shown"
    if scored < readings:
        said += ". Of the others it had not learnt enough, or had nothing to judge them by"
    return said + ". Precision, recall and lead time need verdicts: there are none."
