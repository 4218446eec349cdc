"""Waveforms as clients send them. Checks form only: no database, no clock."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from sensors.vibration.features import rms
from sensors.vibration.waveform import FEWEST_SAMPLES, Unit, Waveform

# As they are kept. Converters give 24 bits at most, which is what a float32 holds: half the
# space of float64, and what rounding adds lies 144 dB below the largest sample.
Samples = NDArray[np.float32]
MOST_SAMPLES = 65_536
TOO_LONG = f"More than {MOST_SAMPLES} samples"
# So far from what a float32 ends at that nothing computed with it overflows.
LARGEST_SAMPLE = 1e12

UNITS: dict[str, Unit] = {
    "m/s²": "m/s²",
    "m/s2": "m/s²",
    "m/s^2": "m/s²",
    "g": "g",
    "mm/s": "mm/s",
}

_samples = msgspec.json.Decoder(
    list[Annotated[float, msgspec.Meta(ge=-LARGEST_SAMPLE, le=LARGEST_SAMPLE)]]
)


class WaveformIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Evenly spaced samples of one vibration sensor, the first at the reading's time.

    The samples stay the text they came as: as objects they take ten times its memory, and
    an upload may be full of them. They are known to be good all the same.
    """

    samples: msgspec.Raw
    # What is slower is no vibration, and no converter is faster.
    sampling_rate: Annotated[float, msgspec.Meta(ge=0.001, le=10_000_000)]
    unit: Literal["m/s²", "m/s2", "m/s^2", "g", "mm/s"] = "m/s²"

    def __post_init__(self) -> None:
        # Commas, for a list of a bounded length is looked at when it has been made.
        if bytes(self.samples).count(b",") >= MOST_SAMPLES:
            raise ValueError(TOO_LONG)
        try:
            count = len(_samples.decode(self.samples))
        except msgspec.DecodeError as exc:
            # In words of this reading: the path in the message begins at the samples.
            raise ValueError(f"Not samples: {exc}") from exc
        if count < FEWEST_SAMPLES:
            raise ValueError(f"Fewer than {FEWEST_SAMPLES} samples")

    def as_kept(self) -> Samples:
        return np.array(_samples.decode(self.samples), dtype=np.float32)

    def waveform(self) -> Waveform:
        return Waveform(self.as_kept().astype(np.float64), self.sampling_rate, UNITS[self.unit])


NOT_SAID = msgspec.Raw(b"null")


class _Bearer(msgspec.Struct):
    """As much of a reading as its value can be found from."""

    waveform: WaveformIn | None = None
    unit: msgspec.Raw = NOT_SAID


def as_sent(samples: Samples, rate: float, unit: Unit) -> WaveformIn:
    """A waveform that was kept, as it would be sent again; no digit of it changes."""
    return WaveformIn(msgspec.Raw(msgspec.json.encode(samples.tolist())), rate, unit)


def with_value(item: bytes) -> bytes | None:
    """A reading without a value, given the RMS of its waveform; None if it has none.

    The value has the unit of the samples; a reading that says another is put aside for it.
    Raises ValidationError for a waveform that is none.
    """
    bearer = msgspec.json.decode(item, type=_Bearer)
    if bearer.waveform is None:
        return None
    waveform = bearer.waveform.waveform()
    members = [b'"value":%s' % repr(rms(waveform)).encode()]
    if bearer.unit == NOT_SAID:
        members.append(b'"unit":%s' % msgspec.json.encode(waveform.unit))
    # At the end: of two members of one name the last counts.
    return b",".join([item.rstrip()[:-1], *members]) + b"}"
