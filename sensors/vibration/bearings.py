from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bearing:
    """The geometry of a rolling-element bearing; both diameters in the same unit.

    The frequencies at which damage shows, in Hz, for an inner ring that turns with the
    shaft and an outer ring that stands still. Elements slip: real ones lie up to two per
    cent off.

    >>> round(Bearing(rolling_elements=9, ball_diameter=7.94, pitch_diameter=39.04).bpfo(29.95), 1)
    107.4

    References: Randall and Antoni, Rolling element bearing diagnostics: a tutorial, MSSP
    25(2), 2011.
    """

    rolling_elements: int
    ball_diameter: float
    pitch_diameter: float
    contact_angle_degrees: float = 0.0

    def __post_init__(self) -> None:
        if self.rolling_elements < 2:
            raise ValueError("a bearing has at least two rolling elements")
        if not 0 < self.ball_diameter < self.pitch_diameter:
            raise ValueError("the balls are smaller than the circle on which they run")
        if not 0 <= self.contact_angle_degrees < 90:
            raise ValueError("the contact angle lies between 0 and 90 degrees")

    @property
    def ratio(self) -> float:
        """Ball diameter over pitch diameter, as seen along the shaft."""
        angle = math.radians(self.contact_angle_degrees)
        return self.ball_diameter / self.pitch_diameter * math.cos(angle)

    def bpfo(self, shaft_hz: float) -> float:
        """Balls passing a point of the outer ring: damage of the outer ring."""
        return self.rolling_elements / 2 * shaft_hz * (1 - self.ratio)

    def bpfi(self, shaft_hz: float) -> float:
        """Balls passing a point of the inner ring: damage of the inner ring."""
        return self.rolling_elements / 2 * shaft_hz * (1 + self.ratio)

    def bsf(self, shaft_hz: float) -> float:
        """A ball turning about itself. Its damage strikes both rings: twice in a turn."""
        return self.pitch_diameter / (2 * self.ball_diameter) * shaft_hz * (1 - self.ratio**2)

    def ftf(self, shaft_hz: float) -> float:
        """The cage going round: damage of the cage, and what modulates that of a ball."""
        return shaft_hz / 2 * (1 - self.ratio)

    def frequencies(self, shaft_hz: float) -> dict[str, float]:
        """All four by name, in Hz; for a ball its strikes, twice the turns, are what is heard."""
        return {
            "bpfo": self.bpfo(shaft_hz),
            "bpfi": self.bpfi(shaft_hz),
            "bsf": 2 * self.bsf(shaft_hz),
            "ftf": self.ftf(shaft_hz),
        }
