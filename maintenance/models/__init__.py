from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
from maintenance.models.checklists import (
    ChecklistPoint,
    ChecklistTemplate,
    OnFail,
    TemplatePoint,
)
from maintenance.models.coding import FailureCode
from maintenance.models.decisions import Decision, DecisionPolicy, PolicySkill
from maintenance.models.execution import Attachment, Comment, Downtime, Labour, PartUsed
from maintenance.models.lives import Life, LivesOverlapError
from maintenance.models.notifications import Notification
from maintenance.models.people import Skill, Technician, TechnicianSkill
from maintenance.models.symptoms import Symptom
from maintenance.models.work_orders import RequiredSkill, WorkOrder, WorkOrderTransition

__all__ = [
    "Anomaly",
    "Attachment",
    "ChecklistPoint",
    "ChecklistTemplate",
    "Comment",
    "Decision",
    "DecisionPolicy",
    "Downtime",
    "FailureCode",
    "Labour",
    "Life",
    "LivesOverlapError",
    "Notification",
    "OnFail",
    "PartUsed",
    "PolicySkill",
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
