from __future__ import annotations

from maintenance.models.anomalies import Anomaly, Severity
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
from maintenance.models.site_plans import SitePlan
from maintenance.models.symptoms import Symptom
from maintenance.models.work_orders import RequiredSkill, WorkOrder, WorkOrderTransition

__all__ = [
    "Absence",
    "Anomaly",
    "Attachment",
    "Booking",
    "CalendarFeed",
    "ChecklistPoint",
    "ChecklistTemplate",
    "Comment",
    "Decision",
    "Downtime",
    "FailureCode",
    "Holiday",
    "Labour",
    "Life",
    "LivesOverlapError",
    "Notification",
    "OnFail",
    "PartUsed",
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
