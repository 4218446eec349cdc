"""Why a job was given to somebody at a time, in words and figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from maintenance.scheduling.offers import Market
from maintenance.scheduling.scoring import HOUR, Job, Offer

MOST_ALTERNATIVES = 5
# Less than that is no reason.
NOTABLE = 0.05


def explained(job: Job, chosen: Offer, market: Market, zone: tzinfo) -> dict[str, Any]:
    """The choice, the alternatives and what was traded off, ready for JSON."""
    others = alternatives(chosen, market)
    return {
        "summary": summary(job, chosen, zone),
        "meets_due": not chosen.late,
        "chosen": told(job, chosen, zone),
        "alternatives": [told(job, offer, zone) for offer in others],
        "traded_off": [words for offer in best_of_each(others) for words in trades(chosen, offer)],
        "unskilled": market.unskilled,
        "without_time": market.without_time,
        "offers_considered": len(market.offers),
    }


def alternatives(chosen: Offer, market: Market) -> list[Offer]:
    """Other offers: first the best of each other technician, then more by the same ones."""
    others = [offer for offer in market.offers if offer.place != chosen.place]
    seen = {chosen.worker.id}
    firsts: list[Offer] = []
    more: list[Offer] = []
    for offer in others:
        (more if offer.worker.id in seen else firsts).append(offer)
        seen.add(offer.worker.id)
    return (firsts + more)[:MOST_ALTERNATIVES]


def best_of_each(offers: Iterable[Offer]) -> list[Offer]:
    """The first offer of each technician."""
    firsts: dict[int, Offer] = {}
    for offer in offers:
        firsts.setdefault(offer.worker.id, offer)
    return list(firsts.values())


def summary(job: Job, chosen: Offer, zone: tzinfo) -> str:
    when = f"{chosen.place.start.astimezone(zone):%a %d %b %H:%M}"
    first = f"{chosen.worker.name} from {when}"
    if chosen.late:
        late = hours(chosen.late)
        return f"{first}: no slot meets the due date, this one is the least bad, {late} late."
    return f"{first}, done {hours(job.due - chosen.place.end)} before it is due."


def told(job: Job, offer: Offer, zone: tzinfo) -> dict[str, Any]:
    """One offer, as the API and the admin show it."""
    place = offer.place
    return {
        "technician": {"id": offer.worker.id, "name": offer.worker.name},
        "start": place.start.isoformat(),
        "end": place.end.isoformat(),
        "parts": [
            {
                "start": part.span.start.isoformat(),
                "end": part.span.end.isoformat(),
                "work_hours": round(part.work / HOUR, 2),
            }
            for part in place.parts
        ],
        "late_hours": round(offer.late / HOUR, 2),
        "cost": round(offer.costs.total, 2),
        "costs": {name: round(cost, 2) for name, cost in asdict(offer.costs).items()},
        "reasons": list(reasons(job, offer, zone)),
    }


def reasons(job: Job, offer: Offer, zone: tzinfo) -> Iterator[str]:
    """What speaks for and against an offer, one sentence each."""
    due = _moment(job.due, zone)
    if offer.late:
        yield f"{hours(offer.late)} after it is due ({due})"
    else:
        yield f"{hours(job.due - offer.place.end)} before it is due ({due})"
    if len(offer.place.parts) > 1:
        yield f"in {len(offer.place.parts)} parts, for it is longer than a shift"
    if job.skills:
        asked = ", ".join(f"{code} {level}" for code, level in job.skills.items())
        over = f", {levels(offer.surplus)} more than needed" if offer.surplus else ""
        yield f"has what is asked for ({asked}){over}"
    yield f"{offer.load:.0%} of the next fourteen days are booked"
    if offer.costs.change:
        yield "moves what people have been told"


def trades(chosen: Offer, other: Offer) -> Iterator[str]:
    """In what the other offer would have been better, and what it would have cost."""
    sooner = chosen.place.end - other.place.end
    better = []
    if sooner >= timedelta(minutes=5):
        better.append(f"done {hours(sooner)} sooner")
    if other.costs.load < chosen.costs.load - NOTABLE:
        better.append(f"less booked ({other.load:.0%} against {chosen.load:.0%})")
    if other.surplus < chosen.surplus:
        better.append("fitting the asked skills more closely")
    if better:
        worse = list(_worse(chosen, other)) or ["all in all more"]
        yield f"{other.worker.name} would be {' and '.join(better)}, but {' and '.join(worse)}."


def _worse(chosen: Offer, other: Offer) -> Iterator[str]:
    if other.late > chosen.late:
        yield f"{hours(other.late)} late"
    elif other.place.end > chosen.place.end:
        yield f"done {hours(other.place.end - chosen.place.end)} later"
    if other.costs.load > chosen.costs.load + NOTABLE:
        yield f"{other.load:.0%} booked"
    if other.surplus > chosen.surplus:
        yield f"{levels(other.surplus - chosen.surplus)} more than needed"
    if other.costs.change > chosen.costs.change:
        yield "what people have been told would move"


def levels(count: int) -> str:
    return "1 level" if count == 1 else f"{count} levels"


def hours(span: timedelta) -> str:
    """A length in the words of planners."""
    count = span / HOUR
    if count >= 48:
        return f"{count / 24:.1f} days"
    return f"{count:.1f} h" if count >= 1 else f"{count * 60:.0f} min"


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %H:%M}"
