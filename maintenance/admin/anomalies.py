"""What is wrong: the triage list and the page of an anomaly."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Case, When
from django.utils.html import format_html

from maintenance.admin.anomaly_acts import HandlesAnomalies
from maintenance.admin.filters import AssignedFilter, SeverityFilter, StatusFilter
from maintenance.admin.inlines import (
    AnomalyLogInline,
    ShowsSeverity,
    SymptomInline,
    severity_pill,
    shares_of,
)
from maintenance.models import Anomaly
from maintenance.pictures import of_the_worst
from sensors.admin_parts.pages import Evidence, facts, links, url_of
from sensors.admin_parts.scope import VisibleChoices
from sensors.admin_parts.times import NOTHING, shown
from sensors.drawing.charts import Chart


@admin.register(Anomaly)
class AnomalyAdmin(ShowsSeverity, Evidence, HandlesAnomalies):
    site_path = "asset__site"
    list_display = [
        "worst",
        "named",
        "reason",
        "condition",
        "belief",
        "started_at",
        "who",
        "order",
    ]
    list_display_links = ["named"]
    list_select_related = ["sensor", "asset__site", "work_order", "assigned_to"]
    list_filter = [
        StatusFilter,
        ("severity_worst", SeverityFilter),
        "kind",
        "suppression",
        "verdict",
        AssignedFilter,
        ("asset__site", VisibleChoices),
        "started_at",
    ]
    search_fields = ["sensor__code", "asset__tag", "asset__name", "detector"]
    ordering = [
        Case(When(ended_at=None, then=0), default=1),
        "-severity_worst",
        "-started_at",
    ]
    inlines = [SymptomInline, AnomalyLogInline]
    fieldsets = [
        (None, {"fields": [("worst", "severity_now", "condition"), "reason", "asset", "sensor"]}),
        (
            "Episode",
            {"fields": ["started_at", "last_seen_at", "ended_at", "peak"]},
        ),
        (
            "Evidence",
            {"fields": ["kind", "scores", "shares", "seen_by_it", "detected_at", "detector"]},
        ),
        ("Requests that brought it", {"fields": ["correlation_ids"], "classes": ["collapse"]}),
        ("Credibility", {"fields": ["belief", "believed_because"]}),
        (
            "People",
            {
                "fields": [
                    ("acknowledged_at", "acknowledged_by", "re_alarm_at"),
                    ("assigned_to", "work_order"),
                    ("verdict", "verdict_note", "verdict_by", "verdict_at"),
                    "merged_into",
                    "merged_here",
                ]
            },
        ),
        (
            "Suppression",
            {
                "fields": [
                    ("suppression", "suppressed_at"),
                    ("shelved_until", "shelved_by", "shelved_reason"),
                ]
            },
        ),
    ]

    def charts(self, anomaly: Anomaly) -> list[Chart]:
        return of_the_worst(anomaly.symptoms.all())

    @admin.display(description="anomaly", ordering="kind")
    def named(self, anomaly: Anomaly) -> str:
        kind, code = anomaly.get_kind_display(), anomaly.sensor.code
        return format_html('{} on <span class="code">{}</span>', kind, code)

    @admin.display(description="severity now")
    def severity_now(self, anomaly: Anomaly) -> str:
        return severity_pill(anomaly.severity)

    @admin.display
    def peak(self, anomaly: Anomaly) -> str:
        value = f"{anomaly.peak_value:.4g} {anomaly.sensor.unit}".rstrip()
        return f"{value} at {shown(anomaly.peak_at)}"

    @admin.display(description="what the detector saw")
    def seen_by_it(self, anomaly: Anomaly) -> str:
        rounded = {
            key: f"{value:.4g}" if isinstance(value, float) else value
            for key, value in anomaly.evidence.items()
        }
        return facts(rounded)

    @admin.display(description="contributions")
    def shares(self, anomaly: Anomaly) -> str:
        return shares_of(anomaly)

    @admin.display(description="score")
    def scores(self, anomaly: Anomaly) -> str:
        return f"{anomaly.score:.4g} now, {anomaly.score_worst:.4g} at worst; 1 is the alarm line"

    @admin.display(description="order", ordering="work_order")
    def order(self, anomaly: Anomaly) -> str:
        order = anomaly.work_order
        return (
            format_html('<a href="{}">{}</a>', url_of(order), order.number) if order else NOTHING
        )

    @admin.display(description="who", ordering="assigned_to")
    def who(self, anomaly: Anomaly) -> str:
        return str(anomaly.assigned_to or NOTHING)

    @admin.display(description="credible", ordering="credibility")
    def belief(self, anomaly: Anomaly) -> str:
        return NOTHING if anomaly.credibility is None else f"{anomaly.credibility:.0%}"

    @admin.display(description="because")
    def believed_because(self, anomaly: Anomaly) -> str:
        """What each rule says, for or against."""
        rows = anomaly.credibility_rules
        return facts({f"{row['rule']} {row['points']:+.2g}": row["words"] for row in rows})

    @admin.display(description="merged into it")
    def merged_here(self, anomaly: Anomaly) -> str:
        return links(anomaly.merged.select_related("sensor"))
