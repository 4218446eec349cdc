"""The hourly rollup, and on TimescaleDB the reading table's key and compression.

Both engines end with a relation `sensors_hourly` of the same columns. On TimescaleDB it
is a continuous aggregate. On plain PostgreSQL it is a view over kept hours and, for hours
that have changed since they were kept, over the readings themselves, which is what
TimescaleDB calls real-time aggregation.
"""

from __future__ import annotations

from django.db import migrations

# What lowest, highest and the sums are made of. No instrument measures beyond it, and a sum
# of squares would overflow.
BELIEVED = "quality < 2 AND abs(value) <= 1e100"

# One hour of one sensor. `readings` counts all, `bad` those that are not believed, the rest
# is over what is. `total` and `squares` (about the hour's own average: the squares of the
# values themselves would lose a small spread on a large level) are what a standard deviation
# is made of, in a form that can be added up.
HOUR = """
    count(*) AS readings,
    count(*) FILTER (WHERE NOT ({believed})) AS bad,
    avg(value) FILTER (WHERE {believed}) AS average,
    min(value) FILTER (WHERE {believed}) AS lowest,
    max(value) FILTER (WHERE {believed}) AS highest,
    {last} AS last,
    sum(value) FILTER (WHERE {believed}) AS total,
    regr_sxx(value, value) FILTER (WHERE {believed}) AS squares
"""
TIMESCALE_HOUR = HOUR.format(
    believed=BELIEVED, last=f"last(value, taken_at) FILTER (WHERE {BELIEVED})"
)
PLAIN_HOUR = HOUR.format(
    believed=BELIEVED,
    last=f"(array_agg(value ORDER BY taken_at DESC) FILTER (WHERE {BELIEVED}))[1]",
)

TIMESCALE = [
    # create_hypertable dropped it: it was not the time alone.
    "ALTER TABLE sensors_reading ADD PRIMARY KEY (sensor_id, taken_at)",
    # Every query names its sensors, so an index on the time alone is only a cost.
    "DROP INDEX sensors_reading_taken_at_idx",
    """
    ALTER TABLE sensors_reading SET (
        timescaledb.compress,
        timescaledb.compress_segmentby = 'sensor_id',
        timescaledb.compress_orderby = 'taken_at'
    )
    """,
    f"""
    CREATE MATERIALIZED VIEW sensors_hourly
    WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT sensor_id, time_bucket('1 hour', taken_at) AS hour, {TIMESCALE_HOUR}
    FROM sensors_reading
    GROUP BY sensor_id, time_bucket('1 hour', taken_at)
    WITH NO DATA
    """,
]
TIMESCALE_BACK = [
    "DROP MATERIALIZED VIEW sensors_hourly",
    "SELECT remove_retention_policy('sensors_reading', if_exists => true)",
    "SELECT remove_compression_policy('sensors_reading', if_exists => true)",
    # With compressed chunks there is no way back.
    "SELECT decompress_chunk(chunk, true) FROM show_chunks('sensors_reading') AS chunk",
    "ALTER TABLE sensors_reading SET (timescaledb.compress = false)",
    "CREATE INDEX sensors_reading_taken_at_idx ON sensors_reading (taken_at DESC)",
    "ALTER TABLE sensors_reading DROP CONSTRAINT sensors_reading_pkey",
]

PLAIN = [
    """
    CREATE TABLE sensors_hourly_kept (
        sensor_id bigint NOT NULL,
        hour timestamptz NOT NULL,
        readings bigint NOT NULL,
        bad bigint NOT NULL,
        average double precision,
        lowest double precision,
        highest double precision,
        last double precision,
        total double precision,
        squares double precision,
        PRIMARY KEY (sensor_id, hour)
    )
    """,
    """
    CREATE TABLE sensors_hourly_changed (
        sensor_id bigint NOT NULL,
        hour timestamptz NOT NULL,
        PRIMARY KEY (sensor_id, hour)
    )
    """,
    f"""
    CREATE VIEW sensors_hourly_now AS
    SELECT changed.sensor_id, changed.hour, fresh.*
    FROM sensors_hourly_changed AS changed
    CROSS JOIN LATERAL (
        SELECT {PLAIN_HOUR}
        FROM sensors_reading AS reading
        WHERE reading.sensor_id = changed.sensor_id
            AND reading.taken_at >= changed.hour
            AND reading.taken_at < changed.hour + interval '1 hour'
    ) AS fresh
    WHERE fresh.readings > 0
    """,
    """
    CREATE VIEW sensors_hourly AS
    SELECT * FROM sensors_hourly_kept AS kept
    WHERE NOT EXISTS (
        SELECT FROM sensors_hourly_changed AS changed
        WHERE changed.sensor_id = kept.sensor_id AND changed.hour = kept.hour
    )
    UNION ALL
    SELECT * FROM sensors_hourly_now
    """,
    # Once for a statement, not for a row. The update of a mark that is there already is
    # on purpose: it waits for a refresh that is about to take the mark away.
    """
    CREATE FUNCTION sensors_mark_hours() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sensors_hourly_changed AS mark (sensor_id, hour)
        SELECT DISTINCT sensor_id, date_trunc('hour', taken_at, 'UTC') FROM new_rows
        ORDER BY 1, 2
        ON CONFLICT (sensor_id, hour) DO UPDATE SET hour = excluded.hour;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER mark_hours_of_inserted AFTER INSERT ON sensors_reading
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sensors_mark_hours()
    """,
    """
    CREATE TRIGGER mark_hours_of_regraded AFTER UPDATE ON sensors_reading
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sensors_mark_hours()
    """,
    # What came in before there was a rollup.
    """
    INSERT INTO sensors_hourly_changed (sensor_id, hour)
    SELECT DISTINCT sensor_id, date_trunc('hour', taken_at, 'UTC') FROM sensors_reading
    """,
]
PLAIN_BACK = [
    "DROP TRIGGER mark_hours_of_regraded ON sensors_reading",
    "DROP TRIGGER mark_hours_of_inserted ON sensors_reading",
    "DROP FUNCTION sensors_mark_hours",
    "DROP VIEW sensors_hourly",
    "DROP VIEW sensors_hourly_now",
    "DROP TABLE sensors_hourly_changed",
    "DROP TABLE sensors_hourly_kept",
]


def runner(timescale, plain):
    def run(apps, schema_editor):
        engine = schema_editor.connection.settings_dict["ENGINE"]
        for statement in timescale if engine.startswith("timescale.") else plain:
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("sensors", "0001_initial")]

    operations = [
        migrations.RunPython(
            runner(TIMESCALE, PLAIN), reverse_code=runner(TIMESCALE_BACK, PLAIN_BACK)
        ),
    ]
