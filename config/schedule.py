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
    "resume-stalled-notifications": every(30, "agents.resume_stalled_notifications"),
    "resume-stalled-backtests": every(60, "mlops.resume_stalled_backtests"),
    "look-for-silence": every(60, "agents.look_for_silence"),
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
    "prune-models": nightly(3, 10, "mlops.prune_models"),
    "refit-asset-types": nightly(2, 10, "mlops.refit_asset_types"),
}
