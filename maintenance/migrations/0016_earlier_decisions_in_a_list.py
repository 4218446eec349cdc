"""Until now each earlier decision stood within the one that came after it."""

from __future__ import annotations

from django.db import migrations


def flatten(apps, schema_editor):
    orders = apps.get_model("maintenance", "WorkOrder").objects
    for order in orders.filter(decision__has_key="before").iterator(chunk_size=1000):
        earlier, nested = [], order.decision["before"]
        while isinstance(nested, dict):
            inner = nested.pop("before", None)
            earlier.append(nested)
            nested = inner
        # A list where the software was newer than its tables for a while.
        order.decision["before"] = earlier + (nested or [])
        order.save(update_fields=["decision"])


class Migration(migrations.Migration):

    dependencies = [("maintenance", "0015_hold_reason_of_transitions")]

    operations = [migrations.RunPython(flatten, migrations.RunPython.noop)]
