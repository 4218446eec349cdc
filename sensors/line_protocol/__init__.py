"""InfluxDB's line protocol: points, and the readings that they are. Knows no Django."""
