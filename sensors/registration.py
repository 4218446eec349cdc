"""Create sensors that announced themselves by sending."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sensors.decoding import ReadingIn
from sensors.models import Asset, Sensor

logger = logging.getLogger(__name__)


def register_sensors(newcomers: Mapping[tuple[int, str], ReadingIn]) -> None:
    """Create a sensor for each (site id, code), on the site's unassigned asset.

    Kind, unit and location are taken from the reading. A sensor that another worker
    registers at the same time is left as that worker made it.
    """
    assets = {site: Asset.objects.unassigned(site) for site in {site for site, _ in newcomers}}
    Sensor.objects.bulk_create(
        [
            Sensor(
                site_id=site,
                asset=assets[site],
                code=code,
                kind=reading.sensor_type or Sensor.Kind.OTHER,
                unit=reading.unit or "",
                location=reading.location or "",
            )
            for (site, code), reading in sorted(newcomers.items(), key=lambda item: item[0])
        ],
        ignore_conflicts=True,
    )
    logger.info("registered %s sensors: %s", len(newcomers), sorted(c for _, c in newcomers)[:20])
