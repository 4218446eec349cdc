"""Who works at a site: technicians with skills and absences, shifts, holidays."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Q, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from maintenance.admin.notifying import people_seen_by
from maintenance.admin.planning import PlannedHere
from maintenance.models import (
    Absence,
    Holiday,
    Shift,
    Skill,
    Technician,
    TechnicianSkill,
    WorkingCalendar,
)
from maintenance.refusals import RefusedError
from maintenance.scheduling.people import check_shifts
from sensors.admin_parts.pages import url_of
from sensors.admin_parts.scope import VisibleChoices
from sensors.admin_parts.times import NOTHING


@admin.register(Skill)
class SkillAdmin(admin.ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["name", "code"]


class SkillInline(admin.TabularInline):
    model = TechnicianSkill
    extra = 1
    autocomplete_fields = ["skill"]


class AbsenceInline(admin.TabularInline):
    model = Absence
    extra = 1
    fields = ["starts_at", "ends_at", "reason", "note"]
    ordering = ["-starts_at"]


@admin.register(Technician)
class TechnicianAdmin(PlannedHere, admin.ModelAdmin):
    list_display = ["name", "site", "skilled", "calendar", "capacity_percent", "is_active"]
    list_select_related = ["site", "calendar"]
    list_filter = [("site", VisibleChoices), "is_active"]
    search_fields = ["name", "email"]
    autocomplete_fields = ["site", "calendar"]
    inlines = [SkillInline, AbsenceInline]
    readonly_fields = ["week"]
    fieldsets = [
        (None, {"fields": ["site", "name", "email", "user", "is_active"]}),
        ("Time", {"fields": ["calendar", "week", "capacity_percent", "hourly_rate"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("skill_levels__skill")

    def get_readonly_fields(self, request: HttpRequest, obj: Technician | None = None) -> Any:
        """A technician stays at the site, for so does what was booked."""
        return [*self.readonly_fields, "site"] if obj else self.readonly_fields

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offers the people of one's sites: the list of all users is the administrators'."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.remote_field.model is User:
            seen = self.get_queryset(request).values("user")
            people = User.objects.filter(Q(pk__in=people_seen_by(request)) | Q(pk__in=seen))
            field.queryset = people.order_by("username")
        return field

    @admin.display(description="skills")
    def skilled(self, technician: Technician) -> str:
        return ", ".join(str(held) for held in technician.skill_levels.all()) or NOTHING

    @admin.display(description="shifts")
    def week(self, technician: Technician) -> str:
        calendar = technician.calendar
        if calendar is None and technician.site_id:
            calendar = WorkingCalendar.objects.filter(
                site=technician.site_id, is_default=True
            ).first()
        if calendar is None:
            return "None yet: the site has no default calendar."
        return format_html('<a href="{}">{}</a>{}', url_of(calendar), calendar, _lines(calendar))


def _lines(calendar: WorkingCalendar) -> str:
    return format_html_join("", "<div>{}</div>", ((shift,) for shift in calendar.shifts.all()))


class ShiftFormSet(BaseInlineFormSet):
    """The shifts of a week do not overlap."""

    def clean(self) -> None:
        super().clean()
        forms = [form for form in self.forms if form not in self.deleted_forms]
        rows = [form.instance for form in forms if form.is_valid() and form.instance.starts]
        try:
            check_shifts(rows)
        except RefusedError as exc:
            raise ValidationError(exc.detail, code=exc.code) from exc


class ShiftInline(admin.TabularInline):
    model = Shift
    formset = ShiftFormSet
    extra = 1


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(PlannedHere, admin.ModelAdmin):
    list_display = ["name", "site", "hours", "is_default"]
    list_select_related = ["site"]
    list_filter = [("site", VisibleChoices)]
    search_fields = ["name"]
    autocomplete_fields = ["site"]
    inlines = [ShiftInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("shifts")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["site"] if obj else []

    @admin.display(description="shifts")
    def hours(self, calendar: WorkingCalendar) -> str:
        return f"{len(calendar.shifts.all())} a week"


@admin.register(Holiday)
class HolidayAdmin(PlannedHere, admin.ModelAdmin):
    list_display = ["day", "name", "site"]
    list_select_related = ["site"]
    list_filter = [("site", VisibleChoices)]
    search_fields = ["name"]
    ordering = ["-day"]
