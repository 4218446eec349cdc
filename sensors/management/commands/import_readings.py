from __future__ import annotations

import json
import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from sensors.csv.columns import Columns, Parsed
from sensors.csv.files import CsvFile, CsvFileError, digest_of_file
from sensors.csv.layouts import ColumnError, Wishes, sensors_of, understand
from sensors.csv.rejects import Rejects
from sensors.csv.times import Times
from sensors.files.importing import (
    Destination,
    OtherAssetError,
    OtherImportError,
    Tally,
    identity_of,
    import_history,
)
from sensors.management import import_options
from sensors.management.progress import bar_of_bytes, bar_of_readings
from sensors.models import Site
from sensors.models.plant import check_time_zone
from sensors.sample.replay import (
    Clock,
    NotInOrderError,
    Pace,
    Sender,
    StillWaitingError,
    posts,
    receipts,
    span_of,
)

EXPECTED = (
    CsvFileError,
    ColumnError,
    NotInOrderError,
    OtherAssetError,
    OtherImportError,
    StillWaitingError,
)
POST_EVERY = timedelta(seconds=1)


class Command(BaseCommand):
    help = import_options.HELP
    clock = Clock()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        import_options.add_to(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        import_options.check(options)
        self.options, self.path = options, Path(options["file"])
        self.tally, self.figures = Tally(), dict[str, Any]()
        self.console = Console(stderr=True, highlight=False)
        self.began = time.monotonic()
        self.site = chosen_site(options["site"])
        self.destination = Destination(
            self.site, options["asset"] or "", options["register"] or bool(options["asset"])
        )
        rejected = Path(options["rejects"] or f"{self.path}.rejected.csv")
        with Rejects(rejected) as self.rejects:
            try:
                self.send_live() if options["live"] else self.store()
            except KeyboardInterrupt:
                self.report()
                again = "" if options["live"] else "; the same call goes on from here"
                raise CommandError(f"Stopped{again}", returncode=130) from None
            except EXPECTED as exc:
                self.report()
                raise CommandError(str(exc)) from exc
        self.report()
        self.check_anything_read()

    def store(self) -> None:
        """Store the file as history, in this process."""
        with self.open() as file, bar_of_bytes(self.console, file) as advance:
            columns = self.understand(file)
            identity = identity_of(
                digest=digest_of_file(self.path),
                reading_as=repr((columns, file.encoding, file.delimiter)),
                destination=self.destination,
            )
            for _ in import_history(
                self.lines(file, columns),
                destination=self.destination,
                identity=identity,
                chunk_size=self.options["chunk"],
                tally=self.tally,
            ):
                advance(self.tally.accepted)

    def send_live(self) -> None:
        """Send the file through the pipeline as if it were measured now."""
        with self.open() as file:
            columns = self.understand(file)
            span = span_of(columns.parse(row) for row in file.rows())
        pace = span and Pace(span, self.options["speed"], self.clock.now())
        sender = Sender(self.destination, self.clock)
        with self.open() as file, bar_of_readings(self.console) as bar:
            if span and pace:
                self.play(self.lines(file, columns), pace, sender, bar)
            else:
                # No reading in it: walk through for the count and the reasons.
                list(self.lines(file, columns))

    def play(self, lines: Iterator[Parsed], pace: Pace, sender: Sender, bar: Progress) -> None:
        most = settings.MAX_READINGS_PER_BATCH
        self.figures["shift_seconds"] = pace.shift.total_seconds()
        self.figures["first_at"] = (pace.span.first + pace.shift).isoformat()
        self.figures["last_at"] = (pace.span.last + pace.shift).isoformat()
        sending = bar.add_task("sending", total=pace.span.readings)
        try:
            for post in posts(lines, pace, every=POST_EVERY, most=most):
                sender.send(post)
                bar.advance(sending, len(post.readings))
            storing = bar.add_task("storing", total=len(sender.batches))
            timeout = timedelta(seconds=self.options["timeout"])
            for stored in sender.wait_until_stored(timeout=timeout):
                bar.update(storing, completed=stored)
        finally:
            self.figures["posts"] = len(sender.batches)
            for batch in receipts(sender.batches):
                self.tally.count_receipt(batch)

    def open(self) -> CsvFile:
        return CsvFile(self.path, self.options["delimiter"], self.options["encoding"])

    def understand(self, file: CsvFile) -> Columns:
        zone = self.options["time_zone"] or self.site.time_zone
        times = Times(self.options["time_format"], time_zone(zone), self.options["ambiguous"])
        columns = understand(file.header, wishes_of(self.options), times)
        self.destination.check(sensors_of(columns))
        return columns

    def lines(self, file: CsvFile, columns: Columns) -> Iterator[Parsed]:
        """The file's lines, each counted, what is wrong with them written down."""
        for row in file.rows():
            parsed = columns.parse(row)
            self.tally.count_line(parsed)
            try:
                self.rejects.add(parsed.rejects)
            except OSError as exc:
                raise CommandError(
                    f"There are lines to reject and {self.rejects.path} cannot be written "
                    f"({exc.strerror}); name another file with --rejects"
                ) from exc
            yield parsed

    def report(self) -> None:
        """The summary; with --json it is one object on the last line."""
        seconds = time.monotonic() - self.began
        figures = import_options.figures_of(self.tally, seconds) | self.figures
        figures |= {"file": str(self.path), "site": self.site.code}
        figures["rejects_file"] = str(self.rejects.path) if self.rejects.written else None
        if self.tally.lines:
            for line in import_options.in_words(figures, self.rejects.first):
                self.stdout.write(line)
        if self.options["json"]:
            self.stdout.write(json.dumps(figures))

    def check_anything_read(self) -> None:
        if not self.tally.lines:
            raise CommandError(f"{self.path} has a header and no lines")
        if not self.tally.accepted:
            reason = self.rejects.first[0].detail if self.rejects.first else "all are empty"
            raise CommandError(f"None of the {self.tally.lines} lines is a reading: {reason}")


def chosen_site(code: str | None) -> Site:
    """The site of that code, or the only one there is."""
    sites = list(Site.objects.all())
    chosen = [site for site in sites if code in (None, site.code)]
    if len(chosen) == 1:
        return chosen[0]
    if not sites:
        raise CommandError("There is no site yet; create one in the admin")
    names = ", ".join(site.code for site in sites)
    if code:
        raise CommandError(f"There is no site {code}; there are {names}")
    raise CommandError(f"Which site? Name one with --site: {names}")


def time_zone(name: str) -> ZoneInfo:
    try:
        check_time_zone(name)
    except ValidationError as exc:
        raise CommandError(exc.messages[0]) from exc
    return ZoneInfo(name)


def wishes_of(options: dict[str, Any]) -> Wishes:
    return Wishes(
        time=options["time"],
        sensor=options["sensor"],
        value=options["value"],
        quality=options["quality"],
        unit=options["unit"],
        ids=dict(options["map"]),
        ignore=options["ignore"],
        prefix=options["prefix"],
        decimal_comma=options["decimal_comma"],
    )
