"""Assets and what they are parts of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Place:
    """What figures need to know of an asset."""

    pk: int
    site: int
    tag: str
    type: int | None
    parent: int | None
    has_sensors: bool
    is_placed: bool = True


class Tree:
    """The assets of some sites, by what they are parts of.

    A machine is an asset that has sensors or no parts: what is only there to hold others
    together, such as a line, does not add hours of its own. Rings, which nobody should
    make, are gone through once.
    """

    def __init__(self, places: Iterable[Place], top: int | None = None) -> None:
        self._places: Mapping[int, Place] = {place.pk: place for place in places}
        self._parts: dict[int | None, list[int]] = {}
        for place in self._places.values():
            self._parts.setdefault(place.parent, []).append(place.pk)
        self._top = top

    def __getitem__(self, pk: int) -> Place:
        return self._places[pk]

    def below(self, pk: int) -> set[int]:
        """The asset and all that is a part of it."""
        found: set[int] = set()
        waiting = [pk]
        while waiting:
            asset = waiting.pop()
            if asset not in found:
                found.add(asset)
                waiting += self._parts.get(asset, [])
        return found

    def above(self, pk: int) -> set[int]:
        """The asset and all that it is a part of."""
        found: set[int] = set()
        asset: int | None = pk
        while asset is not None and asset not in found and asset in self._places:
            found.add(asset)
            asset = self._places[asset].parent
        return found

    @cached_property
    def asked(self) -> set[int]:
        """Ids of the assets that were asked about: a subtree, or all."""
        return set(self._places) if self._top is None else self.below(self._top)

    @cached_property
    def standing(self) -> set[int]:
        """Assets whose standstill counts: those asked about and what they are parts of."""
        return self.asked | (set() if self._top is None else self.above(self._top))

    @cached_property
    def machines(self) -> set[int]:
        """Ids of the machines among the assets that were asked about."""
        return {
            pk
            for pk in self.asked
            if self._places[pk].is_placed
            and (self._places[pk].has_sensors or not self._parts.get(pk))
        }

    @cached_property
    def sites(self) -> set[int]:
        return {self._places[pk].site for pk in self.asked}
