"""What a waveform of vibration says of a machine. Numbers only: nothing here may import Django."""

from __future__ import annotations
