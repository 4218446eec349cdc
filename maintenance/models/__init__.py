from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
from maintenance.models.anomaly_log import AnomalyLog
from maintenance.models.assumptions import CostAssumption
from maintenance.models.bookings import Booking
from maintenance.models.calendar_feeds import CalendarFeed
from maintenance.models.calendars import Absence, Holiday, Shift
from maintenance.models.channels import Channel, Preference
from maintenance.models.checklists import (
    ChecklistPoint,
    ChecklistTemplate,
    OnFail,
    TemplatePoint,
)
from maintenance.models.coding import FailureCode
from maintenance.models.decisions import Decision, DecisionPolicy, PolicySkill
from maintenance.models.escalations import Escalation, EscalationPolicy, EscalationStep
from maintenance.models.execution import Attachment, Comment, Downtime, Labour, PartUsed
from maintenance.models.lives import Life, LivesOverlapError
from maintenance.models.notification_rules import NotificationGroup, NotificationRule
from maintenance.models.notifications import DeliveryAttempt, Notification
from maintenance.models.people import Skill, Technician, TechnicianSkill, WorkingCalendar
from maintenance.models.plan_triggers import (
    CalendarTrigger,
    MeterTrigger,
    Occurrence,
    QuietSeason,
)
from maintenance.models.plans import Plan, PlannedPart, PlanPart, PlanSkill
from maintenance.models.reports import Report, ReportFile
from maintenance.models.site_plans import SitePlan
from maintenance.models.symptoms import Symptom
from maintenance.models.windows import MaintenanceWindow
from maintenance.models.work_orders import RequiredSkill, WorkOrder, WorkOrderTransition

__all__ = [
    "Absence",
    "Anomaly",
    "AnomalyLog",
    "Attachment",
    "Booking",
    "CalendarFeed",
    "CalendarTrigger",
    "Channel",
    "ChecklistPoint",
    "ChecklistTemplate",
    "Comment",
    "CostAssumption",
    "Decision",
    "DecisionPolicy",
    "DeliveryAttempt",
    "Downtime",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "FailureCode",
    "Holiday",
    "Labour",
    "Life",
    "LivesOverlapError",
    "MaintenanceWindow",
    "MeterTrigger",
    "Notification",
    "NotificationGroup",
    "NotificationRule",
    "Occurrence",
    "OnFail",
    "PartUsed",
    "Plan",
    "PlanPart",
    "PlanSkill",
    "PlannedPart",
    "PolicySkill",
    "Preference",
    "QuietSeason",
    "Report",
    "ReportFile",
    "RequiredSkill",
    "Severity",
    "Shift",
    "SitePlan",
    "Skill",
    "Symptom",
    "Technician",
    "TechnicianSkill",
    "TemplatePoint",
    "WorkOrder",
    "WorkOrderTransition",
    "WorkingCalendar",
]
