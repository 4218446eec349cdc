"""What each API route asks for. A route that does not stand here lets nobody in."""

from __future__ import annotations

from sensors.access import Right

READ = {"GET": Right.READ, "HEAD": Right.READ, "OPTIONS": Right.READ}

RIGHT_FOR_ROUTE: dict[str, dict[str, Right]] = {
    "sensors:data-ingest": {"POST": Right.INGEST, "OPTIONS": Right.INGEST},
    "sensors:reading-list": READ,
    "sensors:sensor-list": READ,
    "sensors:sensor-detail": READ,
    "sensors:sensor-stats": READ,
    "sensors:sensor-gaps": READ,
    "agents:batch-receipt": READ,
    "agents:run-detail": READ,
    "maintenance:anomaly-list": READ,
    "maintenance:anomaly-detail": READ,
    "maintenance:work-order-list": READ,
    "maintenance:work-order-detail": READ,
}
