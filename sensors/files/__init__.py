"""Files of readings, stored as history."""
