"""Maintenance windows: put down and changed by planners."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from maintenance.admin.acting import warned
from maintenance.anomalies.windows import cancel, put_down
from maintenance.models import MaintenanceWindow
from sensors.access import Principal, Right
from sensors.admin_parts.pages import WithButtons, pill
from sensors.admin_parts.scope import SiteScoped, VisibleChoices, principal_in
from sensors.admin_parts.times import FULL, SHORT, shown


class WindowForm(forms.ModelForm):
    """Refuses sites at which the person may not plan."""

    principal: Principal

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        site = cleaned.get("site") or getattr(self.instance, "site", None)
        if site and not self.principal.may_at(Right.PLAN, site.pk):
            raise forms.ValidationError("You may not plan at this site.", code="permission_denied")
        return cleaned


@admin.register(MaintenanceWindow)
class MaintenanceWindowAdmin(SiteScoped, WithButtons):
    form = WindowForm
    time_in_lists = SHORT
    list_display = ["reason", "site", "asset", "ahead", "duration", "rrule", "changed_by"]
    list_select_related = ["site", "asset"]
    list_filter = [("site", VisibleChoices), "starts_at"]
    search_fields = ["reason", "asset__tag", "asset__name"]
    autocomplete_fields = ["asset"]
    actions = ["cancel_windows"]
    fieldsets = [
        (None, {"fields": ["site", "asset", "reason"]}),
        ("When", {"fields": ["starts_at", "duration", "rrule", "time_zone", "ahead"]}),
        ("Who", {"fields": [("changed_by", "changed_at"), "cancelled_at"]}),
    ]
    readonly_fields = ["ahead", "changed_by", "changed_at", "cancelled_at"]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.principal = principal_in(request)
        return form

    def get_readonly_fields(
        self, request: HttpRequest, obj: MaintenanceWindow | None = None
    ) -> list[str]:
        """A window stays at its site."""
        return [*self.readonly_fields, "site"] if obj else self.readonly_fields

    def has_change_permission(
        self, request: HttpRequest, obj: MaintenanceWindow | None = None
    ) -> bool:
        """What was cancelled is on record."""
        is_over = obj is not None and obj.cancelled_at is not None
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: MaintenanceWindow | None = None
    ) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.change_maintenancewindow")

    def save_model(
        self, request: HttpRequest, obj: MaintenanceWindow, form: Any, change: bool
    ) -> None:
        with warned(request):
            put_down(obj, by=principal_in(request))

    def buttons(self, window: MaintenanceWindow) -> dict[str, str]:
        return {} if window.cancelled_at else {"cancel_windows": "Cancel"}

    @admin.action(description="Cancel the selected windows", permissions=["cancel"])
    def cancel_windows(self, request: HttpRequest, windows: QuerySet) -> None:
        done = 0
        for pk in windows.order_by("pk").values_list("pk", flat=True):
            with warned(request):
                cancel(pk, by=principal_in(request))
                done += 1
        if done:
            self.note(request, windows, "Cancelled.")
            messages.success(request, f"Cancelled: {done}.")

    @admin.display(description="now or next", ordering="next_start")
    def ahead(self, window: MaintenanceWindow) -> str:
        if window.next_start is None:
            return pill("quiet", "Cancelled" if window.cancelled_at else "Over")
        return f"{shown(window.next_start, FULL)} – {shown(window.next_end, FULL)}"
