"""Create sensors that announced themselves by sending."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from sensors.intake.decoding import ReadingIn
from sensors.models import Asset, Sensor, Site

logger = logging.getLogger(__name__)


def register_sensors(newcomers: Mapping[tuple[int, str], ReadingIn]) -> None:
    """Create a sensor for each (site id, code), on the site's unassigned asset.

    Kind, unit and location are taken from the reading. A sensor that another worker
    registers at the same time is left as that worker made it.
    """
    assets = {site: Asset.objects.unassigned(site) for site in {site for site, _ in newcomers}}
    _create(
        [
            _announced(reading, assets[site])
            for (site, _), reading in sorted(newcomers.items(), key=lambda item: item[0])
        ]
    )


def register_on(*, site: Site, tag: str, readings: Iterable[ReadingIn]) -> None:
    """Create the sensors that readings name and the site lacks, on the asset of that tag.

    The asset is created if there is none. Sensors that exist stay where they are.
    """
    asset, _ = Asset.objects.get_or_create(site=site, tag=tag, defaults={"name": tag})
    named = {reading.sensor_id: reading for reading in readings}
    known = set(site.sensors.filter(code__in=named).values_list("code", flat=True))
    newcomers = [_announced(named[code], asset) for code in sorted(named.keys() - known)]
    if newcomers:
        _create(newcomers)


def _announced(reading: ReadingIn, asset: Asset) -> Sensor:
    return Sensor(
        site_id=asset.site_id,
        asset=asset,
        code=reading.sensor_id,
        kind=reading.sensor_type or Sensor.Kind.OTHER,
        unit=reading.unit or "",
        location=reading.location or "",
    )


def _create(newcomers: list[Sensor]) -> None:
    Sensor.objects.bulk_create(newcomers, ignore_conflicts=True)
    logger.info("registered %s sensors: %s", len(newcomers), [s.code for s in newcomers[:20]])
