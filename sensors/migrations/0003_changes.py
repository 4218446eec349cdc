"""Which days of a sensor have changed: a number for each, new with every change.

It is how an answer about readings is known to be as before without making it again. Whoever
writes readings holds the number's row until the commit, so readings and number become
visible together, and no two states of a day share a number.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = [
    "CREATE SEQUENCE sensors_change_number",
    """
    CREATE TABLE sensors_change (
        sensor_id bigint NOT NULL,
        day date NOT NULL,
        number bigint NOT NULL DEFAULT nextval('sensors_change_number'),
        PRIMARY KEY (sensor_id, day)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE FUNCTION sensors_number_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sensors_change AS change (sensor_id, day)
        SELECT DISTINCT sensor_id, (taken_at AT TIME ZONE 'UTC')::date FROM new_rows
        ORDER BY 1, 2
        ON CONFLICT (sensor_id, day) DO UPDATE SET number = nextval('sensors_change_number');
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER number_changes_of_inserted AFTER INSERT ON sensors_reading
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sensors_number_changes()
    """,
    """
    CREATE TRIGGER number_changes_of_regraded AFTER UPDATE ON sensors_reading
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sensors_number_changes()
    """,
]
BACK = [
    "DROP TRIGGER number_changes_of_regraded ON sensors_reading",
    "DROP TRIGGER number_changes_of_inserted ON sensors_reading",
    "DROP FUNCTION sensors_number_changes",
    "DROP TABLE sensors_change",
    "DROP SEQUENCE sensors_change_number",
]


class Migration(migrations.Migration):
    dependencies = [("sensors", "0002_hourly")]

    operations = [
        migrations.RunSQL(step, reverse_sql=back)
        for step, back in zip(FORWARD, reversed(BACK), strict=True)
    ]
