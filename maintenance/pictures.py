"""Anomalies as charts: the readings around the symptoms of a sensor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet

from maintenance.models import Symptom
from sensors.drawing.charts import Chart, draw
from sensors.drawing.pictures import limits_of
from sensors.models import Reading

STEPS = 400
MOST_CHARTS = 4
# How much calm is shown before a symptom, at least, in readings.
CALM = 40
USUAL_INTERVAL = timedelta(minutes=1)


def of_the_worst(symptoms: QuerySet[Symptom]) -> list[Chart]:
    """One chart for each of the sensors with the worst symptoms, with all of its symptoms.

    Of an asset as a whole, the sensor that has most to do with it.
    """
    grouped: dict[int, list[Symptom]] = {}
    for symptom in symptoms.select_related("foremost__site").order_by("-score_worst", "pk"):
        grouped.setdefault(symptom.foremost_id, []).append(symptom)
    return [_picture(group) for group in list(grouped.values())[:MOST_CHARTS]]


def _picture(symptoms: Sequence[Symptom]) -> Chart:
    """The believable readings from some time before until a bit after; the peak is that
    of the first."""
    first = symptoms[0]
    sensor = first.foremost
    start = min(symptom.started_at for symptom in symptoms)
    end = max(symptom.last_seen_at for symptom in symptoms)
    margin = max((end - start) / 2, (sensor.expected_interval or USUAL_INTERVAL) * CALM)
    believable = Reading.objects.filter(sensor=sensor).believable()
    kinds = dict.fromkeys(symptom.get_kind_display().lower() for symptom in symptoms)
    return draw(
        f"{sensor.code}: {', '.join(kinds)}",
        believable.outline(start - margin, end + margin / 2, steps=STEPS),
        unit=sensor.unit,
        limits=limits_of(sensor),
        episodes=[(symptom.started_at, symptom.last_seen_at) for symptom in symptoms],
        # Of an asset as a whole there is no value, only a score.
        peak=(first.peak_at, first.peak_value) if first.sensor_id else None,
        zone=sensor.site.zone,
    )
