from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Expected:
    """What one anomaly has to look like."""

    sensor: int
    last_seen: datetime
    active: bool = True
    calm: int = 0
    acknowledged: bool = False
    again_at: datetime | None = None
    shelved_until: datetime | None = None
    merged: bool = False
    told: list[str] = field(default_factory=list)

    def end(self) -> None:
        self.active, self.again_at = False, None

    @property
    def status(self) -> str:
        return f"{'ACTIVE' if self.active else 'CLEARED'}_{'' if self.acknowledged else 'UN'}ACK"
