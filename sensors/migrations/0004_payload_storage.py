"""Payloads wait for a second or two and are then deleted: to compress them costs more
processor time at the way in than it could save on disk."""

from __future__ import annotations

from django.db import migrations

STORAGE = "ALTER TABLE sensors_readingbatch ALTER COLUMN payload SET STORAGE {}"


class Migration(migrations.Migration):
    dependencies = [("sensors", "0003_changes")]

    operations = [
        migrations.RunSQL(STORAGE.format("EXTERNAL"), reverse_sql=STORAGE.format("EXTENDED"))
    ]
