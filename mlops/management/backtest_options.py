"""What the command `backtest` is told, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from mlops.backtesting.asset_trials import Interval
from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.labels import Verdict
from mlops.backtesting.questions import Parameters, Question, QuestionError, on_duty, sensors_on
from mlops.backtesting.texts import interval_of, labels_of, setting_of
from mlops.backtesting.trials import MOST_WARM_UP, WARM_UP
from mlops.chosen_asset_detectors import CHOICES
from mlops.chosen_detectors import DetectorChoiceError
from mlops.registry import DETECTORS, SHIPPED
from sensors.models import Asset, Sensor

MOST_SENSORS = 20


def add_to(parser: CommandParser) -> None:
    _add_what(parser)
    _add_settings(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="One JSON object to standard output; the table goes where errors go",
    )


def _add_what(parser: CommandParser) -> None:
    names = ", ".join([*DETECTORS, *CHOICES])
    parser.add_argument("--sensor", action="append", metavar="CODE", help="May be given again")
    parser.add_argument("--asset", metavar="TAG", help="All of its sensors, instead of --sensor")
    parser.add_argument("--site", help="Where several sites have a sensor or asset of that name")
    parser.add_argument("--from", required=True, metavar="TIME", help="ISO 8601; UTC if no offset")
    parser.add_argument("--to", required=True, metavar="TIME", help="Excluded")
    parser.add_argument("--detector", help=f"One of {names}")
    parser.add_argument(
        "--active", action="store_true", help="Of an asset the version on duty, without a fit"
    )
    for name, words in (
        ("from", "Learn from here"),
        ("to", "Up to here, by --from at the latest"),
    ):
        parser.add_argument(f"--train-{name}", metavar="TIME", help=f"{words}: for assets")


def _add_settings(parser: CommandParser) -> None:
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="One that differs from how the detector is shipped; may be given again",
    )
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="KEY=VALUE,…",
        help="Parameters to compare, besides those of --parameter; may be given again",
    )
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="FROM/TO=VERDICT[@SENSOR]",
        help=f"What is known of a stretch of time: {', '.join(Verdict.values)}",
    )
    parser.add_argument(
        "--warm-up",
        type=int,
        metavar="READINGS",
        help=f"Of sensors before --from, gone through without alarms ({WARM_UP})",
    )


def question_of(options: Mapping[str, Any]) -> Question:
    """What is asked for, checked. Raises CommandError."""
    version = None
    try:
        start, end = interval_of(options["from"], options["to"])
        if options["active"]:
            version, sensors = on_duty(_asset(options))
        elif options["asset"]:
            sensors = sensors_on(_asset(options))
        else:
            sensors = sensors_of(options["sensor"] or [], options["site"])
        if not (options["detector"] or options["active"]):
            raise CommandError("--detector, or for an asset --active")
        return Question.of(
            sensors,
            start,
            end,
            options["detector"] or SHIPPED,
            _parameters(options["parameter"], options["setting"]),
            labels=labels_of(options["label"]),
            warm_up=_warm_up(options["warm_up"]),
            train=_train(options["train_from"], options["train_to"]),
            version=version,
        )
    except (DetectorChoiceError, QuestionError, TooMuchHistoryError) as exc:
        raise CommandError(str(exc)) from exc


def _train(start: str | None, end: str | None) -> Interval | None:
    if (start is None) != (end is None):
        raise CommandError("--train-from and --train-to go together")
    return interval_of(start, end) if start and end else None


def _asset(options: Mapping[str, Any]) -> Asset:
    tag, site = options["asset"] or "", options["site"] or ""
    if not tag or options["sensor"]:
        raise CommandError("Name one --asset, and then no --sensor")
    if "\x00" in tag + site:
        raise CommandError("A tag has no NUL in it")
    found = Asset.objects.filter(tag=tag).select_related("site").order_by("pk")
    several = list(found.filter(site__code=site) if site else found)
    if not several:
        raise CommandError(f"There is no asset {tag}" + (f" at {site}" if site else ""))
    if len(several) > 1:
        sites = ", ".join(sorted(asset.site.code for asset in several))
        raise CommandError(f"Several sites have an asset {tag}; name one with --site: {sites}")
    return several[0]


def sensors_of(codes: Iterable[str], site: str | None) -> list[Sensor]:
    """The sensors of these codes, in their order; each has to be there, and only once."""
    wanted = list(dict.fromkeys(codes))
    if not 1 <= len(wanted) <= MOST_SENSORS:
        raise CommandError(f"From 1 to {MOST_SENSORS} sensors, or an --asset")
    if "\x00" in "".join([*wanted, site or ""]):
        raise CommandError("A code has no NUL in it")
    found = Sensor.objects.filter(code__in=wanted).select_related("site", "gate", "asset")
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


def _parameters(pairs: Sequence[str], settings: Sequence[str]) -> Parameters:
    """One setting, or several to compare where there is `--setting`."""
    common = setting_of(",".join(pairs))
    return [common | setting_of(setting) for setting in settings] or common


def _warm_up(readings: int | None) -> int | None:
    if readings is not None and not 0 <= readings <= MOST_WARM_UP:
        raise CommandError(f"--warm-up has to be between 0 and {MOST_WARM_UP}")
    return readings
