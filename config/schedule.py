"""When Celery beat starts what. The only file with schedules in it."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

HOUR = 3_600


def every(seconds: int, task: str) -> dict[str, Any]:
    """Start `task` every so many seconds; a message not taken by then is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def nightly(hour: int, minute: int, task: str) -> dict[str, Any]:
    """Start `task` once a night, by UTC; a message not taken within hours is dropped."""
    schedule = crontab(hour=hour, minute=minute)
    return {"task": task, "schedule": schedule, "options": {"expires": 6 * HOUR}}


BEAT_SCHEDULE = {
    "resume-stalled-runs": every(15, "agents.resume_stalled_runs"),
    "resume-stalled-curations": every(30, "agents.resume_stalled_curations"),
    "resume-stalled-plans": every(60, "agents.resume_stalled_plans"),
    "send-due-notifications": every(10, "agents.send_due_notifications"),
    "take-escalation-steps": every(15, "agents.take_escalation_steps"),
    "repeat-notifications": every(60, "agents.repeat_notifications"),
    "resume-stalled-backtests": every(60, "mlops.resume_stalled_backtests"),
    "generate-planned-orders": every(60, "agents.generate_planned_orders"),
    "look-for-silence": every(60, "agents.look_for_silence"),
    "tend-anomalies": every(60, "agents.tend_anomalies"),
    "resume-stalled-reports": every(60, "agents.resume_stalled_reports"),
    "refresh-hours": every(60, "agents.refresh_hours"),
    # A hundred sensors each time: some ten thousand a day.
    "keep-forecasts": every(HOUR // 4, "mlops.keep_forecasts"),
    "check-forecasts": every(HOUR // 4, "mlops.check_forecasts"),
    "bring-back-deferred": every(60, "agents.bring_back_deferred"),
    "verify-orders": every(HOUR // 4, "agents.verify_orders"),
    "prune-readings": every(6 * HOUR, "agents.prune_readings"),
    "give-up-unseen": every(HOUR, "mlops.give_up_unseen"),
    "refit-assets": nightly(1, 40, "mlops.refit_assets"),
    "look-for-odd-shapes": nightly(2, 20, "agents.look_for_odd_shapes"),
    # By then the month is over in every time zone. Any other day there is nothing to do.
    "make-monthly-reports": nightly(14, 10, "agents.make_monthly_reports"),
    "prune-models": nightly(3, 10, "mlops.prune_models"),
    "refit-asset-types": nightly(2, 10, "mlops.refit_asset_types"),
}
