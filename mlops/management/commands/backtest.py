from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.questions import Question
from mlops.backtesting.results import by_setting, in_words
from mlops.chosen_detectors import DetectorChoiceError
from mlops.management import backtest_options, backtest_tables

WIDTH = 160  # Characters, where the table goes into a file


class Command(BaseCommand):
    help = (
        "Run a detector over stored readings and show the alarms that it would have raised, "
        "by the rules that live readings go by. Stores nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        backtest_options.add_to(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        question = backtest_options.question_of(options)
        result = self.answered(question, side_by_side=bool(options["setting"]))
        self.show(result, as_json=options["json"])

    def answered(self, question: Question, *, side_by_side: bool) -> dict[str, Any]:
        errors = Console(stderr=True)
        with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
            task = bar.add_task("going through", total=1.0)
            try:
                outcomes = question.answer(lambda share: bar.update(task, completed=share))
            except (TooMuchHistoryError, DetectorChoiceError) as exc:
                raise CommandError(str(exc)) from exc
        return in_words(outcomes, question.sensors, side_by_side=side_by_side)

    def show(self, result: dict[str, Any], *, as_json: bool) -> None:
        outcomes = by_setting(result)
        table_to = self.stderr if as_json else self.stdout
        # Codes and reasons are words of others: nothing in them is markup.
        console = Console(width=None if table_to.isatty() else WIDTH, markup=False, emoji=False)
        with console.capture() as captured:
            if "compared" in result:
                console.print(backtest_tables.compared(outcomes))
            else:
                if result["alarms"]:
                    console.print(backtest_tables.alarms_of(result))
                console.print(backtest_tables.rates_of(result))
        table_to.write(captured.get())
        if "compared" not in result:
            table_to.write(backtest_tables.summary_of(result))
        if as_json:
            self.stdout.write(json.dumps(result))
