from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from mlops.evaluation.catalogue import EVALUATIONS
from mlops.evaluation.running import Outcome, run
from mlops.evaluation.table import table_of

WIDTH = 200  # Characters, where the table goes into a file


class Command(BaseCommand):
    help = (
        "Run the shipped detectors and forecasts with their defaults through public data "
        "sets, beside simpler methods. Needs no server and stores nothing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="Folder of the data sets")
        parser.add_argument(
            "--dataset",
            action="append",
            choices=list(EVALUATIONS),
            help="One set; may be given again. Without it all.",
        )
        parser.add_argument(
            "--plots", type=Path, default=Path("var", "evaluation"), help="Folder of the pictures"
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="One JSON object to standard output; the table goes where errors go",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        data, plots = Path(options["data"]), Path(options["plots"])
        if not data.is_dir():
            raise CommandError(f"{data} is no folder")
        plots.mkdir(parents=True, exist_ok=True)
        outcomes = self._run(options["dataset"] or list(EVALUATIONS), data, plots)
        table_to = self.stderr if options["json"] else self.stdout
        console = Console(width=None if table_to.isatty() else WIDTH)
        with console.capture() as captured:
            console.print(table_of(outcomes))
        table_to.write(captured.get())
        if options["json"]:
            self.stdout.write(json.dumps({o.name: o.as_json() for o in outcomes}))
        if failed := [outcome.name for outcome in outcomes if outcome.error]:
            raise CommandError(f"{', '.join(failed)} failed; why is told above")

    def _run(self, names: list[str], data: Path, plots: Path | None) -> list[Outcome]:
        console = Console(stderr=True)
        outcomes = []
        with console.status("") as status:
            status.update(f"{names[0]} …")
            for position, outcome in enumerate(run(EVALUATIONS, names, data, plots), start=1):
                outcomes.append(outcome)
                console.print(f"{outcome.name}: {_short(outcome)} after {outcome.seconds:.0f} s")
                if position < len(names):
                    status.update(f"{names[position]} …")
        return outcomes


def _short(outcome: Outcome) -> str:
    if outcome.result is None:
        return outcome.error or outcome.missing
    return f"{outcome.result.score:.4g} (goal {outcome.result.goal})"
