from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
from maintenance.models.anomaly_log import AnomalyLog
from maintenance.models.assumptions import CostAssumption
from maintenance.models.checklists import (
    ChecklistPoint,
    ChecklistTemplate,
    OnFail,
    TemplatePoint,
)
from maintenance.models.coding import FailureCode
from maintenance.models.decisions import Decision
from maintenance.models.execution import Attachment, Comment, Downtime, Labour, PartUsed
from maintenance.models.lives import Life, LivesOverlapError
from maintenance.models.notifications import Notification
from maintenance.models.people import Skill, Technician, TechnicianSkill
from maintenance.models.reports import Report, ReportFile
from maintenance.models.symptoms import Symptom
from maintenance.models.windows import MaintenanceWindow
from maintenance.models.work_orders import RequiredSkill, WorkOrder, WorkOrderTransition

__all__ = [
    "Anomaly",
    "AnomalyLog",
    "Attachment",
    "ChecklistPoint",
    "ChecklistTemplate",
    "Comment",
    "CostAssumption",
    "Decision",
    "Downtime",
    "FailureCode",
    "Labour",
    "Life",
    "LivesOverlapError",
    "MaintenanceWindow",
    "Notification",
    "OnFail",
    "PartUsed",
    "Report",
    "ReportFile",
    "RequiredSkill",
    "Severity",
    "Skill",
    "Symptom",
    "Technician",
    "TechnicianSkill",
    "TemplatePoint",
    "WorkOrder",
    "WorkOrderTransition",
]
