"""What the command `backtest` is told, checked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.core.management.base import CommandError, CommandParser

from mlops.backtesting.trials import MOST_WARM_UP, WARM_UP
from mlops.chosen_detectors import Choice, DetectorChoiceError
from mlops.registry import DETECTORS
from sensors.models import Sensor
from sensors.store.reading import EARLIEST, LATEST

MOST_SENSORS = 20


def add_to(parser: CommandParser) -> None:
    parser.add_argument(
        "--sensor", action="append", required=True, metavar="CODE", help="May be given again"
    )
    parser.add_argument("--site", help="Where several sites have a sensor of that code")
    parser.add_argument("--from", required=True, metavar="TIME", help="ISO 8601; UTC if no offset")
    parser.add_argument("--to", required=True, metavar="TIME", help="Excluded")
    parser.add_argument("--detector", required=True, help=f"One of {', '.join(DETECTORS)}")
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="One that differs from how the detector is shipped; may be given again",
    )
    parser.add_argument(
        "--warm-up",
        type=int,
        default=WARM_UP,
        metavar="READINGS",
        help=f"Before --from, gone through without alarms ({WARM_UP})",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="One JSON object to standard output; the table goes where errors go",
    )


def interval_of(start: str, end: str) -> tuple[datetime, datetime]:
    began, ended = _moment("from", start), _moment("to", end)
    if began >= ended:
        raise CommandError("--to has to be after --from")
    return began, ended


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise CommandError(f"--{name}: {text!r} is not a time, such as 2026-05-01T06:00Z") from exc
    return min(max(moment, EARLIEST), LATEST)


def sensors_of(codes: Iterable[str], site: str | None) -> list[Sensor]:
    """The sensors of these codes, in their order; each has to be there, and only once."""
    wanted = list(dict.fromkeys(codes))
    if len(wanted) > MOST_SENSORS:
        raise CommandError(f"{MOST_SENSORS} sensors at most")
    if "\x00" in "".join([*wanted, site or ""]):
        raise CommandError("A code has no NUL in it")
    found = Sensor.objects.filter(code__in=wanted).select_related("site")
    if site:
        found = found.filter(site__code=site)
    by_code: dict[str, list[Sensor]] = {code: [] for code in wanted}
    for sensor in found:
        by_code[sensor.code].append(sensor)
    for code, sensors in by_code.items():
        if not sensors:
            raise CommandError(f"There is no sensor {code}" + (f" at {site}" if site else ""))
        if len(sensors) > 1:
            sites = ", ".join(sorted(sensor.site.code for sensor in sensors))
            raise CommandError(
                f"Several sites have a sensor {code}; name one with --site: {sites}"
            )
    return [sensor for (sensor,) in by_code.values()]


def choice_of(name: str, pairs: Iterable[str]) -> Choice:
    parameters = dict(_parameter(pair) for pair in pairs)
    try:
        return Choice.of(name, parameters)
    except DetectorChoiceError as exc:
        raise CommandError(f"{exc}") from exc


def warm_up_of(readings: int) -> int:
    if not 0 <= readings <= MOST_WARM_UP:
        raise CommandError(f"--warm-up has to be between 0 and {MOST_WARM_UP}")
    return readings


def _parameter(pair: str) -> tuple[str, float]:
    key, equals, value = pair.partition("=")
    try:
        number = float(value)
    except ValueError:
        equals = ""
    if not key or not equals:
        raise CommandError(f"--parameter {pair!r} is not KEY=NUMBER, such as warning_high=80")
    return key.strip(), number
