"""What a plan does to each order, and why. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maintenance.scheduling.greedy import Placed
from maintenance.scheduling.scoring import Place, Worker
from maintenance.scheduling.wording import hours


@dataclass(frozen=True, slots=True)
class Move:
    """`action` is placed, moved, kept or left."""

    placed: Placed
    action: str
    why: str


def moves(plan: Sequence[Placed], workers: Mapping[int, Worker], now: datetime) -> list[Move]:
    """What the plan does to each order, in the plan's order.

    The diaries of the workers hold the plan: what is not free there any more was taken.
    """
    return [_move(one, plan, workers, now) for one in plan]


def _move(
    one: Placed, plan: Sequence[Placed], workers: Mapping[int, Worker], now: datetime
) -> Move:
    stands = one.job.stands
    if one.offer is None:
        return Move(one, "left", _why_left(one))
    if stands is None:
        return Move(one, "placed", "It had no time yet.")
    if stands == one.offer.place:
        return Move(one, "kept", "Its time is still the best.")
    return Move(one, "moved", _why_moved(one, stands, plan, workers, now))


def _why_left(one: Placed) -> str:
    if one.market.without_time:
        return f"Nobody who can do it has time: {', '.join(one.market.without_time)}."
    asked = ", ".join(f"{code} from level {level}" for code, level in one.job.skills.items())
    return f"Nobody has what it asks for: {asked}." if asked else "There are no technicians."


def _why_moved(
    one: Placed,
    stands: Place,
    plan: Iterable[Placed],
    workers: Mapping[int, Worker],
    now: datetime,
) -> str:
    if stands.start < now:
        return "Its time has passed and it was not started."
    if stands.work != one.job.work:
        return f"It takes {hours(one.job.work)} now, and not {hours(stands.work)}."
    takers = [other for other in plan if other.job.id != one.job.id and _takes(other, stands)]
    if takers:
        first = min(takers, key=lambda other: (other.job.priority, other.job.due))
        in_all = "" if first.job.weight > one.job.weight else ", which costs less in all"
        return f"{first.job.name} ({first.job.priority}) takes its time{in_all}."
    worker = workers.get(stands.worker_id)
    if worker is None:
        return "Its technician is not there any more."
    if worker.lacks(one.job):
        return f"{worker.name} has not what it asks for now."
    assert one.offer is not None
    if worker.diary.holds(stands.parts) or one.offer.worker is worker:
        return _what_is_better(one, stands)
    return f"{worker.name} is not at work then any more."


def _what_is_better(one: Placed, stands: Place) -> str:
    assert one.offer is not None
    sooner = stands.end - one.offer.place.end
    if sooner > timedelta():
        return f"It is done {hours(sooner)} sooner."
    return f"{one.offer.worker.name} suits it better."


def _takes(other: Placed, stands: Place) -> bool:
    if other.offer is None or other.offer.place.worker_id != stands.worker_id:
        return False
    taken = [part.span for part in other.offer.place.parts]
    return any(span.overlaps(part.span) for span in taken for part in stands.parts)
