"""When Celery beat starts what. The only file with schedules in it."""

from __future__ import annotations

from typing import Any

HOUR = 3_600


def every(seconds: int, task: str) -> dict[str, Any]:
    """Start `task` every so many seconds; a message not taken by then is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


BEAT_SCHEDULE = {
    "resume-stalled-runs": every(15, "agents.resume_stalled_runs"),
    "resume-stalled-curations": every(30, "agents.resume_stalled_curations"),
    "resume-stalled-notifications": every(30, "agents.resume_stalled_notifications"),
    "look-for-silence": every(60, "agents.look_for_silence"),
    "refresh-hours": every(60, "agents.refresh_hours"),
    "prune-readings": every(6 * HOUR, "agents.prune_readings"),
}
