"""Back-tests that somebody asked for: kept as rows, carried out once."""

from __future__ import annotations

import logging

from django.db import transaction

from mlops.backtesting.history import TooMuchHistoryError
from mlops.backtesting.outcomes import Progress
from mlops.backtesting.questions import Question, QuestionError
from mlops.backtesting.results import in_words
from mlops.chosen_detectors import DetectorChoiceError
from mlops.models import Backtest
from sensors.models import Asset, Site

logger = logging.getLogger(__name__)

# Of one site. They are carried out one after another.
MOST_UNFINISHED = 10


class TooManyUnfinishedError(Exception):
    """The site has enough back-tests that wait or run."""


class GivenUpError(Exception):
    """Somebody has closed the back-test while it ran."""


@transaction.atomic
def ask(question: Question, *, asked_by: str, asset: Asset | None = None) -> Backtest:
    """Keep a question to be answered; `asset`, if all of its sensors were asked for.

    Its sensors are of one site. Raises TooManyUnfinishedError.
    """
    # One after another, so that nobody gets past the limit by asking at once.
    site = Site.objects.select_for_update(no_key=True).get(pk=question.sensors[0].site_id)
    if Backtest.objects.unfinished().filter(site=site).count() >= MOST_UNFINISHED:
        raise TooManyUnfinishedError
    train_start, train_end = question.train or (None, None)
    asked = Backtest.objects.create(
        site=site,
        asset=asset,
        start=question.start,
        end=question.end,
        detector=question.detector,
        parameters=question.parameters,
        warm_up=question.warm_up,
        train_start=train_start,
        train_end=train_end,
        version=question.version,
        labels=list(question.labels),
        asked_by=asked_by[:150],
    )
    asked.sensors.set(question.sensors)
    return asked


def carry_out(pk: int) -> None:
    """Run a back-test that waits and keep its result. One that was taken is left alone."""
    if not Backtest.objects.claim(pk):
        return
    try:
        _run(Backtest.objects.select_related("version").get(pk=pk))
    except (TooMuchHistoryError, DetectorChoiceError, QuestionError) as exc:
        Backtest.objects.close_failed(pk, str(exc))
    except GivenUpError:
        logger.warning("back-test %s was given up while it ran", pk)
    except Exception as exc:
        Backtest.objects.close_failed(pk, f"{type(exc).__name__}: {exc}")
        raise


def _run(asked: Backtest) -> None:
    question = Question.asked(asked)
    outcomes = question.answer(_reporter(asked.pk))
    result = in_words(outcomes, question.sensors, side_by_side=isinstance(asked.parameters, list))
    if not Backtest.objects.finish(asked.pk, result):
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
