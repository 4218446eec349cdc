"""The outcome of a back-test as tables on its page."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html_join

from mlops.backtesting.results import by_setting, setting_in_words
from mlops.models import Backtest
from sensors.admin_parts.pages import facts, rendered
from sensors.admin_parts.times import NOTHING

MOST_ALARMS = 100


def rates_table(asked: Backtest) -> str:
    """By sensor, or where settings are compared, by setting."""
    result = asked.result
    if not result:
        return NOTHING
    if "compared" in result:
        return rendered("mlops/compared.html", rows=_settings(by_setting(result)))
    rates = [rate | {"stood": _hours(rate.get("stood_seconds"))} for rate in result["rates"]]
    stood = result.get("total", {}).get("stood_seconds")
    words = _hours(stood) if stood else ""
    return rendered("mlops/rates.html", result=result, rates=rates, stood=words)


def _settings(outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each setting; bars are per cent of the most alarms a day."""
    most = max(outcome["total"]["alarms_a_day"] or 0.0 for outcome in outcomes)
    rows = []
    for outcome in outcomes:
        daily, share = (outcome["total"][name] for name in ("alarms_a_day", "share_in_alarm"))
        more = {
            "setting": setting_in_words(outcome),
            "bar": round(100 * (daily or 0.0) / most) if most else 0,
            "in_alarm": None if share is None else 100 * share,
        }
        rows.append(outcome | more)
    return rows


def alarms_tables(asked: Backtest) -> str:
    """The first alarms, of each setting in a table of its own."""
    if not asked.result:
        return NOTHING
    outcomes = by_setting(asked.result)
    tables = [
        rendered(
            "mlops/alarms.html",
            alarms=outcome["alarms"][: MOST_ALARMS // len(outcomes)],
            count=outcome["alarm_count"],
            heading=setting_in_words(outcome) if len(outcomes) > 1 else "",
        )
        for outcome in outcomes
    ]
    return format_html_join("", "{}", ((table,) for table in tables))


def parameters_of(asked: Backtest) -> str:
    """What was changed of the detector, setting by setting."""
    stored: Any = asked.parameters
    settings = stored if isinstance(stored, list) else [stored]
    return format_html_join("", "{}", ((facts(setting),) for setting in settings))


def labels_of(asked: Backtest) -> str:
    """What people said of the time."""
    said = (
        (label["from"], label["to"], label["verdict"], label.get("sensor", ""))
        for label in asked.labels
    )
    return format_html_join("", "<div>{} to {}: {} {}</div>", said) or NOTHING


def _hours(seconds: float | None) -> str:
    return f"{(seconds or 0.0) / 3600:.1f} h"
