"""Back-tests that somebody asked for: kept as rows, carried out once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from mlops.backtesting.history import TooMuchHistoryError, check_size
from mlops.backtesting.results import in_words
from mlops.backtesting.trials import Progress, backtest
from mlops.chosen_detectors import Choice, DetectorChoiceError
from mlops.models import Backtest
from sensors.models import Sensor, Site

logger = logging.getLogger(__name__)

# Of one site. They are carried out one after another.
MOST_UNFINISHED = 10


class TooManyUnfinishedError(Exception):
    """The site has enough back-tests that wait or run."""


class GivenUpError(Exception):
    """Somebody has closed the back-test while it ran."""


@transaction.atomic
def ask(
    *,
    site: Site,
    sensors: Sequence[Sensor],
    start: datetime,
    end: datetime,
    choice: Choice,
    warm_up: int,
    asked_by: str,
) -> Backtest:
    """Keep a back-test of sensors of a site to be carried out.

    Raises TooMuchHistoryError, DetectorChoiceError or TooManyUnfinishedError.
    """
    # One after another, so that nobody gets past the limit by asking at once.
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if Backtest.objects.unfinished().filter(site=site).count() >= MOST_UNFINISHED:
        raise TooManyUnfinishedError
    check_size([sensor.pk for sensor in sensors], start, end, warm_up)
    choice.members(sensors)
    asked = Backtest.objects.create(
        site=site,
        start=start,
        end=end,
        detector=choice.name,
        parameters=dict(choice.parameters),
        warm_up=warm_up,
        asked_by=asked_by[:150],
    )
    asked.sensors.set(sensors)
    return asked


def carry_out(pk: int) -> None:
    """Run a back-test that waits and keep its result. One that was taken is left alone."""
    if not Backtest.objects.claim(pk):
        return
    try:
        _run(Backtest.objects.select_related("site").get(pk=pk))
    except (TooMuchHistoryError, DetectorChoiceError) as exc:
        Backtest.objects.close_failed(pk, str(exc))
    except GivenUpError:
        logger.warning("back-test %s was given up while it ran", pk)
    except Exception as exc:
        Backtest.objects.close_failed(pk, f"{type(exc).__name__}: {exc}")
        raise


def _run(asked: Backtest) -> None:
    sensors = list(asked.sensors.order_by("code"))
    outcome = backtest(
        sensors,
        asked.start,
        asked.end,
        Choice.of(asked.detector, asked.parameters),
        warm_up=asked.warm_up,
        on_progress=_reporter(asked.pk),
    )
    if not Backtest.objects.finish(asked.pk, in_words(outcome, sensors)):
        raise GivenUpError


def _reporter(pk: int) -> Progress:
    """Writes each per cent once: that also says that its worker is alive."""
    told = -1

    def report(share: float) -> None:
        nonlocal told
        percent = int(100 * share)
        if percent == told:
            return
        told = percent
        if not Backtest.objects.report(pk, percent):
            raise GivenUpError

    return report
