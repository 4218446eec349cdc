"""What detectors were tried on, and what they would have said."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mlops.admin.backtest_form import BacktestForm
from mlops.admin.backtest_tables import (
    alarms_tables,
    labels_of,
    parameters_of,
    rates_table,
)
from mlops.backtesting.pictures import charts_of
from mlops.backtesting.requests import MOST_UNFINISHED, TooManyUnfinishedError, ask
from mlops.models import Backtest
from mlops.tasks import send_backtest
from sensors.access import Right
from sensors.admin_parts.pages import (
    Evidence,
    WithButtons,
    pill,
    url_of,
    url_of_list,
)
from sensors.admin_parts.scope import VisibleChoices, person_of, sites_of
from sensors.drawing.charts import Chart

STATUS_LEVELS = {
    Backtest.Status.WAITING: "medium",
    Backtest.Status.RUNNING: "low",
    Backtest.Status.DONE: "good",
    Backtest.Status.FAILED: "critical",
}
MOST_CHARTS = 4
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
        ("Asked for", {"fields": ["site", "asset", "tried_on", "start", "end", "warm_up"]}),
        (
            "Detector",
            {"fields": ["detector", "changed", "train_start", "train_end", "version", "known"]},
        ),
        (
            "Time",
            {"fields": ["asked_by", "asked_at", "started_at", "updated_at", "finished_at"]},
        ),
    ]

    add_fieldsets = [
        ("What to try it on", {"fields": ["asset", "sensors", "start", "end"]}),
        ("Detector", {"fields": ["detector", "settings", "warm_up"]}),
        ("Of an asset as a whole", {"fields": ["train_start", "train_end", "on_duty"]}),
        ("What is known", {"fields": ["labels_said"]}),
    ]
    autocomplete_fields = ["asset", "sensors"]

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
        return rates_table(asked)

    @admin.display(description="alarms")
    def alarms(self, asked: Backtest) -> str:
        return alarms_tables(asked)

    @admin.display(description="parameters that differ from the shipped ones")
    def changed(self, asked: Backtest) -> str:
        return parameters_of(asked)

    @admin.display(description="labels")
    def known(self, asked: Backtest) -> str:
        return labels_of(asked)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Asking is no writing of evidence: a worker writes what comes of it."""
        allowed = sites_of(request, Right.CURATE)
        may_ask = person_of(request).has_perm("mlops.add_backtest")
        return may_ask and (allowed is None or bool(allowed))

    def get_fieldsets(self, request: HttpRequest, obj: Backtest | None = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_form(
        self,
        request: HttpRequest,
        obj: Backtest | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        form: Any = super().get_form(request, obj, change, **kwargs | {"form": BacktestForm})
        form.allowed = sites_of(request, Right.CURATE)
        return form

    def save_model(self, request: HttpRequest, obj: Backtest, form: Any, change: bool) -> None:
        name = person_of(request).get_username()
        kept = ask(form.question, asked_by=name, asset=form.cleaned_data["asset"])
        obj.pk, obj.site = kept.pk, kept.site
        transaction.on_commit(lambda: send_backtest(kept.pk))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The sensors are kept already: all of an asset's, where that was chosen."""

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except TooManyUnfinishedError:
            words = f"{MOST_UNFINISHED} back-tests of the site wait or run; let them end first."
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(url_of_list(Backtest))

    def response_post_save_add(self, request: HttpRequest, obj: Backtest) -> HttpResponseRedirect:
        return HttpResponseRedirect(url_of(obj))
