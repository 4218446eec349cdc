from __future__ import annotations

from io import StringIO
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Exists, OuterRef, QuerySet
from rich.console import Console
from rich.table import Table

from maintenance.models import Life
from mlops.learning.fitting import Fit, try_to_fit
from mlops.learning.life_fitting import fit_type
from sensors.management.progress import bar_of_readings
from sensors.models import Asset, AssetType

WIDTH = 160  # Characters, where the table goes into a file


class Command(BaseCommand):
    help = (
        "Fit the detectors of assets on what they have done so far, and the remaining life of "
        "types of assets on those that failed. A new detector goes on duty unless it would "
        "raise more false alarms than the one before, a model of remaining life if it tells "
        "more than the age alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--asset", metavar="TAG", help="only the assets with this tag")
        parser.add_argument("--site", metavar="CODE", help="only assets of this site")
        parser.add_argument(
            "--type", metavar="CODE", help="only the remaining life of this type, no detectors"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["type"] and (options["site"] or options["asset"]):
            raise CommandError(
                "A type has assets at all sites: give no --asset or --site with it."
            )
        if not options["type"]:
            self._fit_detectors(options)
        if not (options["site"] or options["asset"]):
            self._fit_types(options["type"])

    def _fit_types(self, code: str | None) -> None:
        """Said line by line: there are few types."""
        types = AssetType.objects.filter(code=code) if code else with_failures()
        if code and not types:
            raise CommandError("There is no such type.")
        for asset_type in types.order_by("code"):
            self.stdout.write(f"{asset_type.code}: {fit_type(asset_type).words}")

    def _fit_detectors(self, options: dict[str, Any]) -> None:
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


def with_failures() -> QuerySet[AssetType]:
    """Types of which it is known that an asset failed."""
    failed = Life.objects.failed().filter(asset__type=OuterRef("pk"))
    return AssetType.objects.filter(Exists(failed))


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
