"""Who is told, how and where: set up by planners, and by administrators for all sites."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import ManyToManyField, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from maintenance.admin.acting import warned
from maintenance.events import Event
from maintenance.models import (
    Channel,
    EscalationPolicy,
    EscalationStep,
    NotificationRule,
    Preference,
)
from maintenance.notifying.keeping import check_audience, check_may_keep, keep_preference
from maintenance.notifying.resending import send_test
from maintenance.refusals import RefusedError
from sensors.access import Right, Role
from sensors.admin_parts.pages import WithButtons, url_of
from sensors.admin_parts.scope import SiteScoped, VisibleChoices, person_of, principal_in, sites_of


class KeptForm(forms.ModelForm):
    """Refuses what the person may not set up, in the words of the rule."""

    principal: Any = None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        site = said.get("site")
        site_id = site.pk if site else None
        try:
            if self.instance.pk:
                kind = self.initial.get("kind", "")
                check_may_keep(self.principal, self.initial.get("site"), kind)
            check_may_keep(self.principal, site_id, said.get("kind", ""))
        except RefusedError as exc:
            raise ValidationError(exc.detail, code=exc.code) from exc
        if "to_users" in said and "to_channels" in said:
            check_audience(site_id, said["to_users"], said["to_channels"])
        return said


class KeptByPlanners(SiteScoped, admin.ModelAdmin):
    """Rows of one's sites and of all sites; what is of all sites only administrators change."""

    form = KeptForm

    def at_sites(self, rows: QuerySet, sites: list[int]) -> QuerySet:
        return rows.filter(Q(site=None) | Q(site__in=sites))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"principal": principal_in(request)})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_keep(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_keep(request, obj)

    def _may_keep(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return True
        try:
            check_may_keep(principal_in(request), obj.site_id, getattr(obj, "kind", ""))
        except RefusedError:
            return False
        return True


UNMEASURED = {Event.DRIFT: " (nothing measures this yet)"}
EVENTS = [(e.value, f"{e.label}{UNMEASURED.get(e, '')}") for e in Event]


class NamesAudience(SiteScoped):
    """Offers the people and the channels of one's sites."""

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.remote_field.model is User:
            field.queryset = people_seen_by(request)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        choices = {"events": EVENTS, "to_roles": [(r.value, r.name.title()) for r in Role]}
        if db_field.name in choices:
            return forms.MultipleChoiceField(
                choices=choices[db_field.name],
                required=not db_field.blank,
                help_text=db_field.help_text,
                widget=forms.CheckboxSelectMultiple,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def people_seen_by(request: HttpRequest) -> QuerySet[User]:
    """Those who have to do with a site that the person sees."""
    sites = sites_of(request, Right.READ)
    people = User.objects.filter(is_active=True).order_by("username")
    if sites is None:
        return people
    return people.filter(Q(memberships__site__in=sites) | Q(pk=person_of(request).pk)).distinct()


@admin.register(Channel)
class ChannelAdmin(KeptByPlanners, WithButtons):
    list_display = ["name", "kind", "address", "site", "is_active"]
    list_select_related = ["site"]
    list_filter = ["kind", "is_active", ("site", VisibleChoices)]
    search_fields = ["name", "address"]
    fields = ["name", "site", "kind", "address", "secret_name", "is_active"]
    actions = ["send_test"]

    def has_send_test_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.change_channel")

    @admin.action(description="Send a test", permissions=["send_test"])
    def send_test(self, request: HttpRequest, channels: QuerySet[Channel]) -> None:
        for channel in channels.order_by("pk"):
            with warned(request):
                send_test(channel.pk, by=principal_in(request))
                messages.success(request, f"A test to {channel} will be sent within seconds.")

    def buttons(self, channel: Channel) -> dict[str, str]:
        return {"send_test": "Send a test"} if channel.is_active else {}


Fields = list[str | list[str] | tuple[str, ...] | tuple[()]]
TIMES: Fields = ["group_wait", "group_interval", "repeat_interval"]
REACH: Fields = [("name", "is_active"), ("site", "asset"), "least_severity"]
AUDIENCE: Fields = ["to_users", "to_roles", "to_assignee", "to_channels"]


@admin.register(NotificationRule)
class NotificationRuleAdmin(KeptByPlanners, NamesAudience):
    list_display = ["name", "site", "asset", "least_severity", "told_of", "is_active"]
    list_select_related = ["site", "asset"]
    list_filter = ["is_active", "least_severity", ("site", VisibleChoices)]
    search_fields = ["name"]
    autocomplete_fields = ["asset"]
    filter_horizontal = ["to_users", "to_channels"]
    fieldsets = [
        ("About what", {"fields": [*REACH, "events"]}),
        ("Who is told", {"fields": AUDIENCE}),
        ("In groups", {"fields": TIMES, "classes": ["collapse"]}),
    ]

    @admin.display(description="events")
    def told_of(self, rule: NotificationRule) -> str:
        return ", ".join(rule.events)


class StepFormSet(forms.BaseInlineFormSet):
    """Steps tell people and channels of the site of their policy."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            said = getattr(form, "cleaned_data", {})
            if "to_users" in said and "to_channels" in said:
                try:
                    check_audience(self.instance.site_id, said["to_users"], said["to_channels"])
                except ValidationError as exc:
                    form.add_error(None, exc)


class StepInline(NamesAudience, admin.StackedInline):
    model = EscalationStep
    formset = StepFormSet
    extra = 0
    fields = ["after_minutes", *AUDIENCE]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Seen with the policy, whose own page sees to sites.
        return EscalationStep.objects.all()


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(KeptByPlanners):
    list_display = ["name", "watches", "site", "asset", "least_severity", "is_active"]
    list_select_related = ["site", "asset"]
    list_filter = ["watches", "is_active", ("site", VisibleChoices)]
    search_fields = ["name"]
    autocomplete_fields = ["asset"]
    fields = [*REACH, "watches"]
    inlines = [StepInline]


KINDS = [(k.value, k.label) for k in (Channel.Kind.EMAIL, Channel.Kind.SMS)]


@admin.register(Preference)
class PreferenceAdmin(admin.ModelAdmin):
    """One's own; administrators see those of all."""

    list_display = ["user", "low", "medium", "high", "critical", "quiet_from", "quiet_until"]
    list_select_related = ["user"]
    fields = [
        *("low", "medium", "high", "critical", "phone"),
        ("quiet_from", "quiet_until", "time_zone"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preference]:
        rows = super().get_queryset(request)
        person = person_of(request)
        return rows if person.is_superuser else rows.filter(user=person)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in ("low", "medium", "high", "critical"):
            return forms.MultipleChoiceField(
                choices=KINDS,
                required=False,
                initial=db_field.default(),
                help_text=db_field.help_text,
                widget=forms.CheckboxSelectMultiple,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever has preferences is led to them."""
        own = Preference.objects.filter(user=person_of(request).pk).first()
        if own and self.has_add_permission(request):
            return HttpResponseRedirect(url_of(own))
        return super().add_view(request, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Preference, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            obj.user = person_of(request)
        obj.pk = keep_preference(obj).pk
