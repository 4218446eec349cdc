"""What is asked of the fleet that stands in the database here."""

from __future__ import annotations

from datetime import timedelta

from mlops.prognosis.remaining_life import LifeAhead, NotKnown, life_ahead_of
from sensors.models import Asset

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What the running units have left, in hours of operation. Wear shows in the last 60 or so.
LEFT = [3, 8, 15, 25, 35, 80]
FAILURES = 24
OTHER = {"library": "scikit-learn 99"}


def told(asset: Asset) -> LifeAhead:
    found = life_ahead_of(asset)
    assert isinstance(found, LifeAhead)
    return found


def why_not(asset: Asset) -> tuple[str, str]:
    found = life_ahead_of(asset)
    assert isinstance(found, NotKnown)
    return found.code, found.reason
