"""Which sensor of one asset is which of another? Codes differ, what they measure does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sensors.models import Sensor

# A role is one of the type if so many of its assets have it.
MOST = 0.8
# Beyond these the words of a role say nothing to people any more.
LONGEST = 60


def roles_of(tag: str, sensors: Iterable[Sensor]) -> dict[str, Sensor]:
    """The sensors of one asset by what they are for.

    That is what comes after the asset's tag in the code: `P-101_TEMP` of P-101 and
    `north/P-102/temp` of P-102 are both `temp`. Where the code does not have the tag in it,
    it is kind and unit, if no other sensor of the asset is of the same. A sensor that
    cannot be told from another has no role.
    """
    named = [(_after_tag(tag, sensor.code) or _measured(sensor), sensor) for sensor in sensors]
    times = Counter(role for role, _ in named)
    return {role: sensor for role, sensor in named if times[role] == 1}


def _after_tag(tag: str, code: str) -> str:
    """What follows the tag, where that stands as a word of its own."""
    found = re.search(rf"(?:^|[\W_]){re.escape(tag)}[\W_]+(\w.*)$", code, re.IGNORECASE)
    return found[1].strip().casefold()[:LONGEST] if found else ""


def _measured(sensor: Sensor) -> str:
    return f"{sensor.kind} in {sensor.unit}" if sensor.unit else sensor.kind


def roles_in_common(assets: Sequence[Mapping[str, Sensor]]) -> list[str]:
    """The roles that nearly all of the assets have, in order."""
    times = Counter(role for roles in assets for role in roles)
    return sorted(role for role, count in times.items() if count >= MOST * len(assets))
