from __future__ import annotations

from collections.abc import Sequence

from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from maintenance.recording import record_episodes
from mlops.learning.first_fits import ask_for_first_fits
from mlops.watching.assets import watch_assets
from mlops.watching.sensors import watch
from sensors.models import Asset, ReadingBatch, Sensor


@shared_task(base=Agent, name="agents.detect")
def detect(run_id: int) -> None:
    """Score the run's live readings and record what stands out as episodes."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.DETECTED) as run:
        if run:
            batches = ReadingBatch.objects.located().filter(runs=run)
            record_anomalies(list(batches.filter(mode=ReadingBatch.Mode.LIVE).order_by("pk")))


def record_anomalies(batches: Sequence[ReadingBatch]) -> None:
    """See the believable readings of the batches with the detectors of their sensors, and
    those of the assets that these stand on."""
    touched = {pk for batch in batches for pk in batch.sensor_ids}
    of_batches = Sensor.objects.filter(pk__in=touched).select_related("asset", "gate")
    # Locked, so that two runs with the same sensor take its readings one after another.
    sensors = {sensor.pk: sensor for sensor in of_batches.locked()}
    seen = watch(batches, sensors)
    # After the sensors and in one order, as all who lock both do.
    on_them = Asset.objects.filter(pk__in={sensor.asset_id for sensor in sensors.values()})
    assets = {asset.pk: asset for asset in on_them.machines().locked()}
    of_assets, watched = watch_assets(batches, assets)
    record_episodes([*seen, *of_assets])
    ask_for_first_fits(assets.keys() - watched)
