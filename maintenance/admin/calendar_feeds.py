"""Addresses from which calendar programs fetch bookings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from maintenance.admin.acting import warned
from maintenance.admin.planning import PlannedHere
from maintenance.models import CalendarFeed
from maintenance.scheduling.subscribing import issue_feed, revoke_feed
from sensors.admin_parts.pages import WithButtons, pill
from sensors.admin_parts.scope import VisibleChoices, principal_in


class FeedForm(forms.ModelForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        technician, site = cleaned.get("technician"), cleaned.get("site")
        if technician and site and technician.site_id != site.pk:
            raise ValidationError({"technician": "The technician is of another site"})
        if technician and not technician.is_active:
            raise ValidationError({"technician": "The technician is not there any more"})
        return cleaned


@admin.register(CalendarFeed)
class CalendarFeedAdmin(PlannedHere, WithButtons):
    form = FeedForm
    list_display = ["named", "site", "condition", "made_by", "made_at"]
    list_select_related = ["site", "technician"]
    list_filter = [("site", VisibleChoices)]
    search_fields = ["technician__name", "site__name"]
    fields = ["site", "technician"]
    autocomplete_fields = ["technician"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [*self.fields, "made_by", "made_at", "revoked_at"] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.get_fields(request, obj) if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is revoked; who made it stays known."""
        return False

    def save_model(self, request: HttpRequest, obj: CalendarFeed, form: Any, change: bool) -> None:
        if change:
            return
        feed, token = issue_feed(obj.site_id, obj.technician_id, by=principal_in(request))
        obj.pk = feed.pk
        words = "The address, shown only this once: <code>{}/calendar/{}.ics</code>"
        messages.success(request, format_html(words, settings.PUBLIC_URL, token))

    @admin.action(description="Revoke the selected addresses", permissions=["change"])
    def revoke(self, request: HttpRequest, feeds: QuerySet[CalendarFeed]) -> None:
        for feed in feeds.filter(revoked_at=None):
            with warned(request):
                revoke_feed(feed, by=principal_in(request))
                self.log_change(request, feed, "Revoked.")
                messages.success(request, f"Revoked the {feed}.")

    def buttons(self, feed: CalendarFeed) -> dict[str, str]:
        return {} if feed.revoked_at else {"revoke": "Revoke"}

    @admin.display(description="calendar of")
    def named(self, feed: CalendarFeed) -> str:
        return str(feed.technician or f"All of {feed.site}")

    @admin.display(description="state")
    def condition(self, feed: CalendarFeed) -> str:
        return pill("quiet", "revoked") if feed.revoked_at else pill("good", "open")
