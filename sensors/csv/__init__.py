"""Files of readings: opening, columns, times and rejected lines. Knows no Django."""
