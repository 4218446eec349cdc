from __future__ import annotations

from typing import Any

from mlops.prognosis.remaining_life import LifeAhead, NotKnown


def life_left(life: LifeAhead | NotKnown) -> dict[str, Any]:
    """The life left of an asset as clients see it; an upper end of null is no end."""
    if isinstance(life, NotKnown):
        return dict.fromkeys(OF_LIFE) | {
            "state": "unknown",
            "code": life.code,
            "reason": life.reason,
        }
    return {
        "state": "known",
        "code": None,
        "reason": str(life),
        "hours": round(life.hours, 1),
        "is_more_than": life.is_more,
        "intervals": {
            f"{cover:.0%}".removesuffix("%"): [
                round(within.low, 1),
                None if within.high is None else round(within.high, 1),
            ]
            for cover, within in life.intervals.items()
        },
        "most_hours": round(life.cap, 1),
        "model": life.version,
        "started_at": life.started_at,
        "operated_hours": round(life.operated, 1),
        "as_of": life.as_of,
    }


# What a known life has and one that is not known leaves null.
OF_LIFE = (
    "hours",
    "is_more_than",
    "intervals",
    "most_hours",
    "model",
    "started_at",
    "operated_hours",
    "as_of",
)
