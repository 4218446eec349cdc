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


class Role(StrEnum):
    """What a person is at a site."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    PLANNER = "planner"
    ENGINEER = "engineer"


RIGHTS_OF_ROLE = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.TECHNICIAN: frozenset({Right.READ}),
    Role.PLANNER: frozenset({Right.READ}),
    Role.ENGINEER: frozenset({Right.READ, Right.INGEST, Right.REGISTER, Right.CURATE}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A key or a person, reduced to what decides about access.

    `rights` maps a site's id to what may be done there. `everywhere` is what may be
    done at any site; only superusers have something in it.
    """

    name: str
    rights: dict[int, frozenset[Right]]
    everywhere: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        """Whether there is any site at which the principal has `right`."""
        return right in self.everywhere or any(right in held for held in self.rights.values())

    def sites(self, right: Right) -> list[int] | None:
        """Ids of the sites at which the principal has `right`; None means all."""
        if right in self.everywhere:
            return None
        return [site for site, held in self.rights.items() if right in held]
