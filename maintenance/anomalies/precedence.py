"""Why does an anomaly keep quiet? Pure rules: no database, no clock.

Where several reasons hold at once, the first of PRECEDENCE is given: what a person said of
this very alarm comes before what was planned for the asset, that before what another alarm
says of the machine, and last comes what somebody happens to be working on. As soon as one
no longer holds, the next one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

SHELVED, WINDOW, PARENT, ORDER = "shelved", "window", "parent", "order"
PRECEDENCE = (SHELVED, WINDOW, PARENT, ORDER)
NONE = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An episode as far as it may keep quiet, or make others keep quiet.

    `lineage` has the asset, then all that it is a part of. `moment` is when it is asked
    about: now, or its end. `raises` tells whether it says something of the machine, for a
    fault of a sensor says nothing of the parts below.
    """

    site: int
    lineage: Sequence[int]
    started_at: datetime
    moment: datetime
    severity: int
    shelved_until: datetime | None = None
    raises: bool = True

    @property
    def asset(self) -> int:
        return self.lineage[0]


@dataclass(frozen=True, slots=True)
class Window:
    """A time of maintenance of an asset and its parts; without an asset, of all of a site."""

    site: int
    asset: int | None
    start: datetime
    end: datetime

    def covers(self, alarm: Alarm) -> bool:
        if not self.start <= alarm.moment < self.end:
            return False
        return self.site == alarm.site if self.asset is None else self.asset in alarm.lineage


@dataclass(frozen=True, slots=True)
class Work:
    """An order that is being carried out, since when."""

    asset: int
    started_at: datetime

    def explains(self, alarm: Alarm) -> bool:
        """Only what begins while somebody is at work: the order may be about the rest."""
        return self.asset == alarm.asset and self.started_at <= alarm.started_at


def reasons(
    alarms: Sequence[Alarm],
    windows: Sequence[Window],
    works: Sequence[Work],
    others: Iterable[Alarm],
) -> list[str]:
    """For each alarm why it keeps quiet, or nothing.

    `others` are alarms that go on and do not keep quiet themselves. An alarm that nobody
    hears cannot stand for the parts below it.
    """
    held = [_of_itself(alarm, windows, works) for alarm in alarms]
    loud = [*others, *(alarm for alarm, found in zip(alarms, held, strict=True) if not found)]
    for alarm, found in zip(alarms, held, strict=True):
        if any(_stands_for(parent, alarm) for parent in loud):
            found.add(PARENT)
    return [next((name for name in PRECEDENCE if name in found), NONE) for found in held]


def _of_itself(alarm: Alarm, windows: Sequence[Window], works: Sequence[Work]) -> set[str]:
    found = set()
    if alarm.shelved_until is not None and alarm.moment < alarm.shelved_until:
        found.add(SHELVED)
    if any(window.covers(alarm) for window in windows):
        found.add(WINDOW)
    if any(work.explains(alarm) for work in works):
        found.add(ORDER)
    return found


def _stands_for(parent: Alarm, alarm: Alarm) -> bool:
    """An alarm on what the asset is a part of, that was there first and is as bad."""
    return (
        parent.raises
        and parent.asset in alarm.lineage[1:]
        and parent.started_at <= alarm.started_at
        and parent.severity >= alarm.severity
    )
