"""Who is asking, and what may they do? The only place that answers the second question.

What a route asks for stands in config/access.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    READ = "read"
    INGEST = "ingest"
    REGISTER = "register"
    # Replay or discard what was put aside, settle conflicts, try detectors on history, and
    # put down when assets were installed and failed.
    CURATE = "curate"
    # Handle anomalies, ask for work, and carry out work orders.
    WORK = "work"
    # Decide about work, plan and schedule it, and say who is told of what.
    PLAN = "plan"


class Role(StrEnum):
    """What a person is at a site."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    PLANNER = "planner"
    ENGINEER = "engineer"


RIGHTS_OF_ROLE = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.TECHNICIAN: frozenset({Right.READ, Right.WORK}),
    Role.PLANNER: frozenset({Right.READ, Right.WORK, Right.PLAN}),
    Role.ENGINEER: frozenset({Right.READ, Right.INGEST, Right.REGISTER, Right.CURATE, Right.WORK}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A key or a person, reduced to what decides about access.

    `rights` maps a site's id to what may be done there. `everywhere` is what may be
    done at any site; only superusers have something in it. `user_id` is empty of a key.
    """

    name: str
    rights: dict[int, frozenset[Right]]
    everywhere: frozenset[Right] = frozenset()
    user_id: int | None = None

    def may(self, right: Right) -> bool:
        """Whether there is any site at which the principal has `right`."""
        return right in self.everywhere or any(right in held for held in self.rights.values())

    def may_at(self, right: Right, site_id: int) -> bool:
        """Whether the principal has `right` at the site."""
        return right in self.everywhere or right in self.rights.get(site_id, frozenset())

    def sites(self, right: Right) -> list[int] | None:
        """Ids of the sites at which the principal has `right`; None means all."""
        if right in self.everywhere:
            return None
        return [site for site, held in self.rights.items() if right in held]
