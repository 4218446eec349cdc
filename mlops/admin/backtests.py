"""What detectors were tried on, and what they would have said."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from mlops.backtesting.pictures import charts_of
from mlops.models import Backtest
from sensors.admin_parts.pages import Evidence, WithButtons, facts, pill, rendered
from sensors.admin_parts.scope import VisibleChoices
from sensors.admin_parts.times import NOTHING
from sensors.drawing.charts import Chart

STATUS_LEVELS = {
    Backtest.Status.WAITING: "medium",
    Backtest.Status.RUNNING: "low",
    Backtest.Status.DONE: "good",
    Backtest.Status.FAILED: "critical",
}
MOST_CHARTS = 4
MOST_ALARMS = 100
MOST_NAMED = 5


@admin.register(Backtest)
class BacktestAdmin(Evidence, WithButtons):
    list_display = [
        "named",
        "condition",
        "detector",
        "tried_on",
        "alarm_count",
        "site",
        "asked_by",
        "asked_at",
    ]
    list_select_related = ["site"]
    list_filter = ["status", "detector", ("site", VisibleChoices), "asked_at"]
    search_fields = ["asked_by", "sensors__code"]
    fieldsets = [
        (None, {"fields": ["condition", "far", "error", "figures"]}),
        ("Alarms", {"fields": ["alarms"]}),
        ("Asked for", {"fields": ["site", "tried_on", "start", "end", "warm_up"]}),
        ("Detector", {"fields": ["detector", "changed"]}),
        (
            "Time",
            {"fields": ["asked_by", "asked_at", "started_at", "updated_at", "finished_at"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Only the page of one shows its result, and loads it for itself.
        return super().get_queryset(request).prefetch_related("sensors").defer("result")

    def charts(self, asked: Backtest) -> list[Chart]:
        return charts_of(asked, most=MOST_CHARTS)

    @admin.display(description="back-test", ordering="pk")
    def named(self, asked: Backtest) -> str:
        return str(asked).capitalize()

    @admin.display(description="status", ordering="status")
    def condition(self, asked: Backtest) -> str:
        status = Backtest.Status(asked.status)
        return pill(STATUS_LEVELS[status], status.label)

    @admin.display(description="progress")
    def far(self, asked: Backtest) -> str:
        return f"{asked.percent} %"

    @admin.display(description="sensors")
    def tried_on(self, asked: Backtest) -> str:
        codes = [sensor.code for sensor in asked.sensors.all()]
        more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
        return ", ".join(codes[:MOST_NAMED]) + more

    @admin.display(description="rates")
    def figures(self, asked: Backtest) -> str:
        return rendered("mlops/rates.html", result=asked.result) if asked.result else NOTHING

    @admin.display(description="alarms")
    def alarms(self, asked: Backtest) -> str:
        if not asked.result:
            return NOTHING
        shown = asked.result["alarms"][:MOST_ALARMS]
        return rendered("mlops/alarms.html", alarms=shown, count=asked.result["alarm_count"])

    @admin.display(description="parameters that differ from the shipped ones")
    def changed(self, asked: Backtest) -> str:
        stored: dict[str, Any] = asked.parameters
        return facts(stored)
