from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.text import slugify

from mlops.management.fleets import Fleet, FleetFileError, units_of
from sensors.history.granularity import HOUR, floor
from sensors.models import AssetType, Site

LONGEST_CYCLE = 28 * 24  # Hours


class Command(BaseCommand):
    help = (
        "Load machines that ran to failure from a file in the layout of C-MAPSS, as assets with "
        "sensors, readings and lives, to try remaining life on. What is there is left as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="such as train_FD001.txt, or .txt.gz")
        parser.add_argument("--site", required=True, metavar="CODE", help="made if there is none")
        parser.add_argument("--type", default="turbofan", metavar="CODE", help="made likewise")
        parser.add_argument("--name", help="what tags begin with (the name of the file)")
        parser.add_argument("--cycle-hours", type=float, default=1.0, help="of a line (1)")
        parser.add_argument(
            "--running", action="store_true", help="the last line is today and no failure"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, hours = options["file"], options["cycle_hours"]
        name = slugify(options["name"] or path.name.partition(".")[0])
        if not name or not 1 / 60 <= hours <= LONGEST_CYCLE:
            raise CommandError(f"A name is needed, and a cycle of a minute to {LONGEST_CYCLE} h.")
        if not path.is_file():
            raise CommandError(f"{path} is not there.")
        try:
            added = [
                fleet.add(unit) for fleet in [_fleet(name, options)] for unit in units_of(path)
            ]
        except (FleetFileError, OSError, EOFError) as exc:
            raise CommandError(f"{path.name}: {exc}. The units before it are loaded.") from exc
        self.stdout.write(f"{name}: {sum(added)} of {len(added)} units are new")


def _fleet(name: str, options: dict[str, Any]) -> Fleet:
    site, _ = Site.objects.get_or_create(code=options["site"], defaults={"name": options["site"]})
    asset_type, _ = AssetType.objects.get_or_create(
        code=options["type"], defaults={"name": options["type"].title()}
    )
    return Fleet(
        site=site,
        asset_type=asset_type,
        name=name[:40],
        cycle=timedelta(hours=options["cycle_hours"]),
        until=floor(timezone.now(), HOUR),
        failed=not options["running"],
    )
