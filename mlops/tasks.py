from __future__ import annotations

from celery import shared_task

from mlops import fitting
from mlops.refits import due_for_refit
from sensors.models import Asset


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
