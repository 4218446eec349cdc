"""Charts of readings: their geometry, and the readings that fill it."""
