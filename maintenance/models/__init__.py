from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
from maintenance.models.assumptions import CostAssumption
from maintenance.models.bookings import Booking
from maintenance.models.calendar_feeds import CalendarFeed
from maintenance.models.calendars import Absence, Holiday, Shift
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
from maintenance.models.work_orders import RequiredSkill, WorkOrder, WorkOrderTransition

__all__ = [
    "Absence",
    "Anomaly",
    "Attachment",
    "Booking",
    "CalendarFeed",
    "CalendarTrigger",
    "ChecklistPoint",
    "ChecklistTemplate",
    "Comment",
    "CostAssumption",
    "Decision",
    "Downtime",
    "FailureCode",
    "Holiday",
    "Labour",
    "Life",
    "LivesOverlapError",
    "MeterTrigger",
    "Notification",
    "Occurrence",
    "OnFail",
    "PartUsed",
    "Plan",
    "PlanPart",
    "PlanSkill",
    "PlannedPart",
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
