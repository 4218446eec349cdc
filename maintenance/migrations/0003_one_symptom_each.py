"""Until now an anomaly was what one detector saw of one sensor: its only symptom."""

from __future__ import annotations

from django.db import migrations

SAME = [
    "asset_id", "kind", "detector", "started_at", "last_seen_at", "ended_at", "scored_until",
    "peak_at", "peak_value", "score", "score_worst", "reason", "evidence", "correlation_ids",
]


def one_symptom_each(apps, schema_editor):
    Anomaly = apps.get_model("maintenance", "Anomaly")
    Symptom = apps.get_model("maintenance", "Symptom")
    for anomaly in Anomaly.objects.select_related("sensor").iterator(chunk_size=1000):
        same = {name: getattr(anomaly, name) for name in SAME}
        sensor = anomaly.sensor_id
        Symptom.objects.create(anomaly=anomaly, sensor_id=sensor, foremost_id=sensor, **same)
        anomaly.contributions = {anomaly.sensor.code: 1.0}
        anomaly.save(update_fields=["contributions"])


class Migration(migrations.Migration):

    dependencies = [("maintenance", "0002_symptoms")]

    operations = [migrations.RunPython(one_symptom_each, migrations.RunPython.noop)]
