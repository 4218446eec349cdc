from django.db import migrations
from django.db.models import F

OLD, NEW = "silence", "no_data"


def rename(apps, schema_editor):
    """What is there has been told of: it is not told once more."""
    for name in ("Anomaly", "Symptom"):
        apps.get_model("maintenance", name).objects.filter(kind=OLD).update(kind=NEW)
    apps.get_model("maintenance", "Anomaly").objects.update(announced_severity=F("severity_worst"))


def rename_back(apps, schema_editor):
    for name in ("Anomaly", "Symptom"):
        apps.get_model("maintenance", name).objects.filter(kind=NEW).update(kind=OLD)


class Migration(migrations.Migration):

    dependencies = [
        ('maintenance', '0012_life_cycle'),
    ]

    operations = [migrations.RunPython(rename, rename_back)]
