"""What the admin shows of forecasts and health, on the pages of sensors and assets."""

from __future__ import annotations

from django.utils.safestring import SafeString

from mlops.forecasting.time_to_limit import Outlook
from mlops.health.assets import health_of
from mlops.prognosis.forecasts import prognosis_of
from mlops.prognosis.keeping import covers_of, in_words
from mlops.prognosis.pictures import ahead_of, life_left_of
from mlops.prognosis.remaining_life import LifeAhead
from sensors.admin_parts.pages import panel_of, pill, rendered
from sensors.models import Asset, Sensor

LEVEL_OF = {
    Outlook.NOW: "critical",
    Outlook.CROSSING: "high",
    Outlook.NOT_FORESEEN: "good",
    Outlook.NOT_ENOUGH_DATA: "quiet",
}
WORDS_OF = {Outlook.NOW: "beyond it now", Outlook.CROSSING: "expected"}
# An index from which on an asset is shown as fine, or as worn.
FINE, WORN = 80.0, 50.0


@panel_of(Sensor)
def forecast(sensor: Sensor) -> SafeString:
    """The hours ahead as a chart, the limits, and how well such forecasts did before."""
    prognosis = prognosis_of(sensor)
    course, newest_at = prognosis.course, prognosis.newest_at
    covers = covers_of(sensor, course.forecast.method) if course else []
    limits = [
        {
            "name": limit.name.replace("_", " "),
            "value": limit.value,
            "outlook": pill(
                LEVEL_OF[limit.outlook], WORDS_OF.get(limit.outlook, limit.outlook.value)
            ),
            "at": limit.at,
            "earliest": limit.earliest,
            "latest": limit.latest,
        }
        for limit in prognosis.limits
    ]
    return rendered(
        "mlops/forecast.html",
        sensor=sensor,
        course=course,
        chart=ahead_of(sensor, course, newest_at) if course and newest_at else None,
        limits=limits,
        covers=[(f"{cover.level:.0%}", in_words(cover)) for cover in covers],
        zone=sensor.site.zone,
    )


@panel_of(Asset)
def health(asset: Asset) -> SafeString:
    """The health index, and all that took something away."""
    found = health_of(asset)
    index = found.health.index
    if index is None:
        shown = pill("quiet", "unknown")
    else:
        level = "good" if index >= FINE else "medium" if index >= WORN else "critical"
        shown = pill(level, f"{index:.0f} of 100")
    life = found.remaining_life
    return rendered(
        "mlops/health.html",
        index=shown,
        taken=found.health.taken,
        learning=found.learning,
        life=life,
        chart=life_left_of(asset, life) if isinstance(life, LifeAhead) else None,
    )
