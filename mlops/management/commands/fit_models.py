from __future__ import annotations

from io import StringIO
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from mlops.learning.fitting import Fit, try_to_fit
from sensors.management.progress import bar_of_readings
from sensors.models import Asset

WIDTH = 160  # Characters, where the table goes into a file


class Command(BaseCommand):
    help = (
        "Fit the detectors of assets on what they have done so far. A new version goes on "
        "duty unless it would raise more false alarms than the one before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--asset", metavar="TAG", help="only the assets with this tag")
        parser.add_argument("--site", metavar="CODE", help="only assets of this site")

    def handle(self, *args: Any, **options: Any) -> None:
        assets = Asset.objects.machines().select_related("site").order_by("site__code", "tag")
        if options["site"]:
            assets = assets.filter(site__code=options["site"])
        if options["asset"]:
            assets = assets.filter(tag=options["asset"])
        chosen = list(assets)
        if not chosen:
            raise CommandError("There is no such asset.")
        with bar_of_readings(Console(stderr=True)) as bar:
            task = bar.add_task("fitting", total=len(chosen))
            fits = []
            for asset in chosen:
                fits.append(try_to_fit(asset))
                bar.advance(task)
        console = Console(file=StringIO(), width=None if self.stdout.isatty() else WIDTH)
        with console.capture() as summary:
            console.print(_table(fits))
        self.stdout.write(summary.get())


def _table(fits: list[Fit]) -> Table:
    table = Table("site", "asset", "sensors", "rows", "false alarms a week", "outcome")
    for fit in fits:
        version = fit.version
        table.add_row(
            fit.asset.site.code,
            fit.asset.tag,
            f"{len(version.columns)}" if version else "–",
            f"{version.rows}" if version else "–",
            f"{version.metrics['false_alarms_per_week']:g}" if version else "–",
            fit.words,
        )
    return table
