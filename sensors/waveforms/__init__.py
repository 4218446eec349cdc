"""Waveforms from when they are stored to what they are turned into."""

from __future__ import annotations
