"""Values ahead with bands, and the time to a limit. Numbers only: nothing imports Django."""
