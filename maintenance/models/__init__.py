from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
from maintenance.models.lives import Life, LivesOverlapError
from maintenance.models.notifications import Notification
from maintenance.models.symptoms import Symptom
from maintenance.models.work_orders import WorkOrder, WorkOrderTransition

__all__ = [
    "Anomaly",
    "Life",
    "LivesOverlapError",
    "Notification",
    "Severity",
    "Symptom",
    "WorkOrder",
    "WorkOrderTransition",
]
