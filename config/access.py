"""What each API route asks for. A route that does not stand here lets nobody in."""

from __future__ import annotations

from sensors.access import Right

READ = {"GET": Right.READ, "HEAD": Right.READ, "OPTIONS": Right.READ}
CURATE = {"POST": Right.CURATE, "OPTIONS": Right.CURATE}
WORK = {"POST": Right.WORK, "OPTIONS": Right.WORK}
PLAN = {"POST": Right.PLAN, "OPTIONS": Right.PLAN}

RIGHT_FOR_ROUTE: dict[str, dict[str, Right]] = {
    "sensors:data-ingest": {"POST": Right.INGEST, "OPTIONS": Right.INGEST},
    "sensors:line-write": {"POST": Right.INGEST, "OPTIONS": Right.INGEST},
    "sensors-v2:line-write": {"POST": Right.INGEST, "OPTIONS": Right.INGEST},
    "sensors:line-query": {"POST": Right.INGEST, "OPTIONS": Right.INGEST},
    "sensors:line-ping": {"GET": Right.INGEST, "HEAD": Right.INGEST, "OPTIONS": Right.INGEST},
    "sensors:reading-list": READ,
    "sensors:sensor-list": READ,
    "sensors:sensor-detail": READ,
    "sensors:quarantine-list": READ,
    "sensors:quarantine-detail": READ,
    "sensors:quarantine-summary": READ,
    "sensors:quarantine-replay": CURATE,
    "sensors:quarantine-discard": CURATE,
    "sensors:replay-detail": READ,
    "sensors:discard-detail": READ,
    "sensors:conflict-list": READ,
    "sensors:conflict-detail": READ,
    "sensors:conflict-resolve": CURATE,
    "sensors:conflict-resolve-one": CURATE,
    "sensors:sensor-stats": READ,
    "sensors:sensor-gaps": READ,
    "sensors:sensor-waveforms": READ,
    "sensors:sensor-waveform": READ,
    "mlops:sensor-detectors": READ,
    "agents:batch-receipt": READ,
    "agents:run-detail": READ,
    "maintenance:anomaly-list": READ,
    "maintenance:anomaly-detail": READ,
    "maintenance:anomaly-ack": WORK,
    "maintenance:anomaly-unack": WORK,
    "maintenance:anomaly-clear": WORK,
    "maintenance:anomaly-assign": WORK,
    "maintenance:anomaly-shelve": WORK,
    "maintenance:anomaly-unshelve": WORK,
    "maintenance:anomaly-verdict": WORK,
    "maintenance:anomaly-merge": WORK,
    "maintenance:anomaly-create-work-order": WORK,
    "maintenance:maintenance-window-list": PLAN | READ,
    "maintenance:maintenance-window-detail": READ | {"PATCH": Right.PLAN},
    "maintenance:work-order-list": READ,
    "maintenance:work-order-detail": READ,
    "maintenance:asset-lives": CURATE | READ,
    "maintenance:cost-assumption-list": PLAN | READ,
    "maintenance:cost-assumption-detail": READ | {"PATCH": Right.PLAN},
    "maintenance:kpi-list": READ,
    "maintenance:kpi-rows": READ,
    "maintenance:report-list": READ | {"POST": Right.READ},
    "maintenance:report-detail": READ,
    "maintenance:report-file": READ,
    "maintenance:life-detail": READ | {"PATCH": Right.CURATE},
    "mlops:backtest-list": CURATE | READ,
    "mlops:backtest-detail": READ,
    "mlops:reading-detect": {"POST": Right.READ, "OPTIONS": Right.READ},
    "mlops:sensor-forecast": READ,
    "mlops:asset-health": READ,
}
