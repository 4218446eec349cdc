"""What a sensor will read, and how often that was right."""
