from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Zone(StrEnum):
    """What a severity means for a machine, in the words of the standard."""

    A = "newly commissioned machines"
    B = "acceptable for unrestricted long-term operation"
    C = "not satisfactory for long-term operation"
    D = "severe enough to damage the machine"


@dataclass(frozen=True, slots=True)
class SeverityZones:
    """Where zones of vibration severity meet, in mm/s RMS from 10 to 1000 Hz.

    On parts that do not rotate, such as housings of bearings. They are a plain dataclass, for
    a machine's own boundaries may be agreed upon; `dataclasses.replace` makes some. B/C does
    as a warning and C/D as an alarm of Limits on the velocity.

    >>> PRESETS["group 2, rigid"].zone(3.0).name
    'C'

    References: ISO 20816-3:2022, Measurement and evaluation of machine vibration, part 3,
    machines above 15 kW at 120 to 30 000 r/min; annex A.
    """

    a_to_b: float
    b_to_c: float
    c_to_d: float

    def __post_init__(self) -> None:
        if not 0 < self.a_to_b < self.b_to_c < self.c_to_d:
            raise ValueError("the boundaries of zones rise from above zero")

    def zone(self, velocity_rms: float) -> Zone:
        """The zone of a velocity in mm/s RMS; on a boundary it is the better one."""
        boundaries = ((self.a_to_b, Zone.A), (self.b_to_c, Zone.B), (self.c_to_d, Zone.C))
        return next((zone for limit, zone in boundaries if velocity_rms <= limit), Zone.D)


# Group 1: large machines above 300 kW, or with a shaft height from 315 mm. Group 2: medium
# ones from 15 to 300 kW, or with a shaft height from 160 to 315 mm. A support is flexible
# where its own lowest frequency is less than a quarter above that of the shaft.
PRESETS = {
    "group 1, rigid": SeverityZones(2.3, 4.5, 7.1),
    "group 1, flexible": SeverityZones(3.5, 7.1, 11.0),
    "group 2, rigid": SeverityZones(1.4, 2.8, 4.5),
    "group 2, flexible": SeverityZones(2.3, 4.5, 7.1),
}
