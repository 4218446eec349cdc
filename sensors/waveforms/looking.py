"""What there is to say of one stored waveform."""

from __future__ import annotations

from dataclasses import dataclass

from sensors.models import SeverityPreset, StoredWaveform
from sensors.vibration.derived import Derived
from sensors.vibration.envelope import FEWEST_SAMPLES, EnvelopeSpectrum, envelope_spectrum
from sensors.vibration.severity_zones import Zone
from sensors.vibration.waveform import Waveform
from sensors.waveforms.circumstances import Circumstances, circumstances_of
from sensors.waveforms.registering import VELOCITY


@dataclass(frozen=True, slots=True)
class Look:
    """A waveform and its features, by what is set now; the derived readings are as they
    were when it came. `envelope` is None where there are too few samples for one."""

    waveform: Waveform
    around: Circumstances
    features: Derived
    envelope: EnvelopeSpectrum | None

    @property
    def severity(self) -> tuple[SeverityPreset, Zone] | None:
        """The zone in which the velocity lies, and by which borders."""
        preset, velocity = self.around.severity, self.features.get(VELOCITY)
        if preset is None or velocity is None:
            return None
        return preset, preset.zones().zone(velocity[0])


def look_at(stored: StoredWaveform) -> Look:
    waveform = stored.waveform()
    [around] = circumstances_of([stored])
    long_enough = waveform.samples.size >= FEWEST_SAMPLES
    return Look(
        waveform,
        around,
        around.features(waveform),
        envelope_spectrum(waveform) if long_enough else None,
    )
