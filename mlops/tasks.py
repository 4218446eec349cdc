"""What Celery does for the detectors, each task a door to a function elsewhere."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from mlops.backtesting.requests import carry_out
from mlops.learning import fitting, pruning
from mlops.learning.life_fitting import fit_type
from mlops.learning.life_refits import types_due
from mlops.learning.refits import due_for_refit
from mlops.models import Backtest
from mlops.prognosis import keeping
from mlops.watching import unseen
from sensors.models import Asset, AssetType

logger = get_task_logger(__name__)

# Each per cent is written down, so one that says nothing for so long has lost its worker.
SILENT_AT_MOST = timedelta(minutes=5)
# One that waits is asked for again after so long; a second message does no harm.
WAITING_AT_MOST = timedelta(minutes=2)


def send_backtest(pk: int) -> None:
    """Ask for a back-test to be carried out.

    Never fails: what is not asked for now is found by resume_stalled_backtests.
    """
    try:
        run_backtest.apply_async((pk,), retry=False)
    except BrokerError as exc:
        logger.warning("back-test %s waits, the broker is away: %s", pk, exc)


@shared_task(name="mlops.run_backtest", acks_late=False)
def run_backtest(pk: int) -> None:
    """Carry out one back-test, at most once."""
    carry_out(pk)


@shared_task(name="mlops.resume_stalled_backtests")
def resume_stalled_backtests() -> None:
    """Give up on back-tests whose worker was lost, and send on those that are forgotten."""
    now = timezone.now()
    # A worker is stopped after the time limit, so it may be silent for as long.
    limit = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    if lost := Backtest.objects.give_up(untouched_since=now - max(SILENT_AT_MOST, limit)):
        logger.error("%s back-tests were lost while they ran", lost)
    waiting = Backtest.objects.filter(status=Backtest.Status.WAITING)
    for asked in waiting.untouched_since(now - WAITING_AT_MOST).order_by("pk"):
        # Else each beat would send one that only waits its turn once more.
        asked.updated_at = now
        asked.save(update_fields=["updated_at"])
        send_backtest(asked.pk)


@shared_task(name="mlops.fit_asset")
def fit_asset(asset_id: int) -> None:
    """Fit the detector of one asset, if it is still there."""
    asset = Asset.objects.filter(pk=asset_id).first()
    if asset:
        fitting.try_to_fit(asset)


@shared_task(name="mlops.refit_assets")
def refit_assets() -> None:
    """Have the detectors fitted anew that have become old, or knew little."""
    for asset_id in due_for_refit():
        fit_asset.delay(asset_id)


@shared_task(name="mlops.give_up_unseen")
def give_up_unseen() -> None:
    """End what was seen of machines and can be seen no more."""
    if given_up := unseen.give_up_unseen(timezone.now()):
        logger.info("gave %s symptoms up", given_up)


@shared_task(name="mlops.prune_models")
def prune_models() -> None:
    """Remove versions that nothing needs any more, and their files."""
    if pruned := pruning.prune_models(timezone.now()):
        logger.info("pruned %s versions of models", pruned)


@shared_task(name="mlops.fit_asset_type")
def fit_asset_type(type_id: int) -> None:
    """Fit the model of remaining life of a type of asset, if it is still there."""
    asset_type = AssetType.objects.filter(pk=type_id).first()
    if asset_type:
        fit_type(asset_type)


@shared_task(name="mlops.refit_asset_types")
def refit_asset_types() -> None:
    """Have the models of remaining life fitted anew of whose types more is known now."""
    for type_id in types_due():
        fit_asset_type.delay(type_id)


@shared_task(name="mlops.keep_forecasts")
def keep_forecasts() -> None:
    """Put forecasts aside, to be held against what comes."""
    if kept := keeping.keep_forecasts():
        logger.info("kept %s forecasts", kept)


@shared_task(name="mlops.check_forecasts")
def check_forecasts() -> None:
    """Count what came inside the bands of forecasts whose time is over."""
    if checked := keeping.check_forecasts():
        logger.info("checked %s forecasts", checked)
