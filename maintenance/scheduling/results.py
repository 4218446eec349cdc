"""A plan as people and programs are shown it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maintenance.models import WorkOrder
from maintenance.scheduling.moves import Move
from maintenance.scheduling.scoring import HOUR, Place


def result_of(
    found: Sequence[Move],
    orders: Mapping[int, WorkOrder],
    fixed: Mapping[int, str],
    left_out: int,
) -> dict[str, Any]:
    """Figures, what happens to each order and why, what is kept last, and what is fixed."""
    by_action = dict.fromkeys(("placed", "moved", "kept", "left"), 0)
    for move in found:
        by_action[move.action] += 1
    offers = [move.placed.offer for move in found if move.placed.offer]
    return {
        "figures": by_action
        | {
            "fixed": len(fixed),
            "not_looked_at": left_out,
            "late": sum(1 for offer in offers if offer.late),
            "late_hours": round(sum(offer.late / HOUR for offer in offers), 2),
            "weighted_late_hours": round(sum(offer.costs.lateness for offer in offers), 2),
        },
        "orders": [
            _told(move, orders[move.placed.job.id])
            for move in sorted(found, key=lambda move: move.action == "kept")
        ],
        "fixed": [
            {"order": pk, "number": orders[pk].number, "why": why} for pk, why in fixed.items()
        ],
    }


def _told(move: Move, order: WorkOrder) -> dict[str, Any]:
    offer, stands = move.placed.offer, move.placed.job.stands
    return {
        "order": order.pk,
        "number": order.number,
        "title": order.title,
        "priority": order.priority,
        "due_at": order.due_at.isoformat(),
        "action": move.action,
        "why": move.why,
        "was": _place(stands) if stands else None,
        "is": _place(offer.place) | {"name": offer.worker.name} if offer else None,
        "late_hours": round(offer.late / HOUR, 2) if offer else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "technician": place.worker_id,
        "start": place.start.isoformat(),
        "end": place.end.isoformat(),
    }
