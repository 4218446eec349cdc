"""How far inside a limit is an alarm over? Pure: no database, no clock.

Without a deadband a value that sways about its limit alarms with each swing (chattering).

References: ISA-18.2-2016, 10.5 on deadbands, and EEMUA 191, 3rd ed., table 6, for the
shares by kind of signal.
"""

from __future__ import annotations

from dataclasses import dataclass

# Shares of the span of a signal: flow and level are restless, temperature is not.
USUAL = {"flow": 0.05, "level": 0.05, "pressure": 0.02, "temperature": 0.01}
OTHERWISE = 0.02


@dataclass(frozen=True, slots=True)
class Signal:
    """What is set for a sensor, None where nothing is; limits from the lowest upwards."""

    kind: str
    limits: tuple[float | None, float | None, float | None, float | None]
    plausible: tuple[float | None, float | None] = (None, None)
    deadband: float | None = None
    share: float | None = None

    def span(self) -> float:
        """How far its values range: what is plausible, else what lies between its limits,
        else how far from zero the only one is.

        >>> Signal("level", (None, None, 80.0, 90.0)).span()
        90.0
        >>> Signal("level", (10.0, 20.0, 80.0, 90.0)).span()
        80.0
        """
        low, high = self.plausible
        if low is not None and high is not None:
            return high - low
        lows = [limit for limit in self.limits[:2] if limit is not None]
        highs = [limit for limit in self.limits[2:] if limit is not None]
        if lows and highs:
            return max(highs) - min(lows)
        return max((abs(limit) for limit in [*lows, *highs]), default=0.0)

    def width(self) -> float:
        """Its deadband, in its unit: what was set, or the usual share of its span.

        >>> Signal("temperature", (None, None, 80.0, 90.0)).width()
        0.9
        >>> Signal("temperature", (None, None, 80.0, 90.0), deadband=2.0).width()
        2.0
        """
        if self.deadband is not None:
            return self.deadband
        share = USUAL.get(self.kind, OTHERWISE) if self.share is None else self.share
        return share * self.span()
