"""The options of import_readings, and how its figures are put into words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from sensors.csv.columns import Reject
from sensors.files.importing import Tally
from sensors.models import Asset

HELP = """Import readings from a CSV file, plain or gzip.

LONG files have a time, a sensor and a value in each row (and perhaps a quality and a
unit); WIDE files have a time and one column for each sensor. Which it is, and which
column is what, is guessed from the header; options say it where the guess is wrong. A
column without a name is ignored.

Times are ISO 8601, or epoch seconds, milli-, micro- or nanoseconds (told apart by their
digits), or as --time-format says. Those without an offset are local times of --time-zone.
A local time that the clocks skip is rejected; so is one that they show twice, unless
--ambiguous says which is meant.

The readings are stored as history: at once, by this process, and never the cause of an
alarm. If the import is stopped, the same call goes on where it ended; a finished one
stores nothing. A file with other content, or read with other options, is another import,
whose readings are told from those that are there by sensor and time.

With --live the readings go through the running agents as if they were measured now. All
times are moved by one distance, so the gaps between readings stay exactly as they are,
and the last reading falls on the moment at which it is sent: at --speed N that is 1/N of
the file's duration from now. No reading is ever ahead of the clock when it is sent. The
file must be in order of time.
"""


def add_to(parser: CommandParser) -> None:
    parser.add_argument("file", help="CSV, plain or gzip")
    _add_columns(parser.add_argument_group("columns"))
    _add_form(parser.add_argument_group("form of the file"))
    place = parser.add_argument_group("where to")
    place.add_argument("--site", metavar="CODE", help="default: the only site")
    place.add_argument(
        "--asset",
        metavar="TAG",
        type=_tag,
        help="put new sensors there; implies --register",
    )
    place.add_argument(
        "--register",
        action="store_true",
        help="create sensors that are not known; else their readings end in quarantine",
    )
    _add_way(parser.add_argument_group("how"))


def _add_columns(group: Any) -> None:
    group.add_argument("--time", metavar="COLUMN")
    group.add_argument("--sensor", metavar="COLUMN", help="long layout: the sensor's id")
    group.add_argument("--value", metavar="COLUMN", help="long layout: the value")
    group.add_argument("--quality", metavar="COLUMN", help="long layout: good, uncertain, bad")
    group.add_argument("--unit", metavar="COLUMN", help="long layout")
    group.add_argument(
        "--map",
        metavar="COLUMN=SENSOR_ID",
        type=_pair,
        action="append",
        default=[],
        help="wide layout: the sensor of a column; else made of its name",
    )
    group.add_argument("--ignore", metavar="COLUMN", action="append", default=[])
    group.add_argument("--prefix", metavar="TEXT", default="", help="before ids not from --map")


def _add_form(group: Any) -> None:
    group.add_argument("--delimiter", type=_delimiter, help="default: found out; 'tab' for a tab")
    group.add_argument("--encoding", default="utf-8-sig", help="default: utf-8")
    group.add_argument("--decimal-comma", action="store_true", help="1,5 is one and a half")
    group.add_argument("--time-format", metavar="FORMAT", help="as in strptime, %%d.%%m.%%Y")
    group.add_argument("--time-zone", metavar="NAME", help="default: the site's")
    group.add_argument("--ambiguous", choices=["reject", "first", "second"], default="reject")


def _add_way(group: Any) -> None:
    group.add_argument(
        "--chunk", type=_count, default=20_000, help="readings a transaction (20000)"
    )
    group.add_argument("--rejects", metavar="FILE", help="default: FILE.rejected.csv, if any")
    group.add_argument("--json", action="store_true", help="figures as JSON on the last line")
    group.add_argument("--live", action="store_true", help="re-time the file to now, see above")
    group.add_argument("--speed", type=float, help="--live: how many times faster (1)")
    group.add_argument("--timeout", type=float, help="--live: seconds to wait in the end (120)")


def check(options: dict[str, Any]) -> None:
    """Fill in what depends on --live; raise CommandError where options contradict."""
    if not options["live"] and (options["speed"] or options["timeout"]) is not None:
        raise CommandError("--speed and --timeout are for --live")
    options["speed"] = 1.0 if options["speed"] is None else options["speed"]
    options["timeout"] = 120.0 if options["timeout"] is None else options["timeout"]
    if not 1 <= options["speed"] <= 1e6:
        raise CommandError("--speed must be from 1 to a million: slower would end in the future")
    if (
        options["rejects"]
        and Path(options["rejects"]).resolve() == Path(options["file"]).resolve()
    ):
        raise CommandError("--rejects names the file itself")


def _pair(text: str) -> tuple[str, str]:
    # From the right: a column's name may have the sign in it, an id may not.
    column, sign, sensor_id = text.rpartition("=")
    if not (column and sign and sensor_id):
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=SENSOR_ID")
    return column, sensor_id


def _tag(text: str) -> str:
    longest = Asset._meta.get_field("tag").max_length or 0
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not a tag of 1 to {longest} characters")
    return text.strip()


def _delimiter(text: str) -> str:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise argparse.ArgumentTypeError(f"{text!r} is not one character")
    return delimiter


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100000")
    return int(text)


def figures_of(tally: Tally, seconds: float) -> dict[str, Any]:
    new = tally.stored + tally.duplicates + tally.conflicts + tally.quarantined
    return asdict(tally) | {
        # Read from the file, but the import ended before their chunk was stored.
        "left": tally.accepted - tally.before - new,
        "seconds": round(seconds, 3),
        "readings_per_second": round(new / seconds) if seconds else 0,
    }


def in_words(figures: dict[str, Any], first: Sequence[Reject]) -> Iterator[str]:
    f = figures
    for reject in first:
        where = f" ({reject.column})" if reject.column else ""
        yield f"line {reject.line}{where}: {reject.detail}"
    if f["rejected"] > len(first):
        yield f"… and {f['rejected'] - len(first)} more"
    if f["rejects_file"]:
        yield f"All {f['rejected']} rejects are in {f['rejects_file']}"
    yield (
        f"{f['lines']} lines: {f['accepted']} readings accepted, "
        f"{f['rejected']} rejected, {f['empty']} values empty"
    )
    if f["accepted"] and f["before"] == f["accepted"]:
        yield "Nothing to store: this file was imported before"
        return
    before = f"{f['before']} imported before, " if f["before"] else ""
    left = f", {f['left']} not stored" if f["left"] else ""
    yield (
        f"{before}{f['stored']} stored, {f['duplicates']} duplicates, "
        f"{f['conflicts']} conflicts, {f['quarantined']} quarantined{left}"
    )
    yield f"{f['seconds']:.1f} s, {f['readings_per_second']} readings/s"
