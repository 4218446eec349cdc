from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
from maintenance.models.channels import Channel, Preference
from maintenance.models.checklists import (
    ChecklistPoint,
    ChecklistTemplate,
    OnFail,
    TemplatePoint,
)
from maintenance.models.coding import FailureCode
from maintenance.models.decisions import Decision
from maintenance.models.escalations import Escalation, EscalationPolicy, EscalationStep
from maintenance.models.execution import Attachment, Comment, Downtime, Labour, PartUsed
from maintenance.models.lives import Life, LivesOverlapError
from maintenance.models.notification_rules import NotificationGroup, NotificationRule
from maintenance.models.notifications import DeliveryAttempt, Notification
from maintenance.models.people import Skill, Technician, TechnicianSkill
from maintenance.models.symptoms import Symptom
from maintenance.models.work_orders import RequiredSkill, WorkOrder, WorkOrderTransition

__all__ = [
    "Anomaly",
    "Attachment",
    "Channel",
    "ChecklistPoint",
    "ChecklistTemplate",
    "Comment",
    "Decision",
    "DeliveryAttempt",
    "Downtime",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "FailureCode",
    "Labour",
    "Life",
    "LivesOverlapError",
    "Notification",
    "NotificationGroup",
    "NotificationRule",
    "OnFail",
    "PartUsed",
    "Preference",
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
