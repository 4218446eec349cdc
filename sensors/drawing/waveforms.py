"""A waveform as pictures: how it ran, and what repeats in its envelope."""

from __future__ import annotations

from sensors.drawing.charts import Chart
from sensors.drawing.curves import draw_curve
from sensors.vibration.thinning import outline, strongest_lines
from sensors.waveforms.looking import Look

# More stretches than these no screen shows.
STEPS = 600
# Of the highest frequency of damage: its second and third multiples are seen too.
AS_FAR_AS = 3.5
# Without one: what turns and is struck lies below.
USUALLY = 1_000.0


def over_time(look: Look) -> Chart:
    places, samples = outline(look.waveform.samples, STEPS)
    seconds = places / look.waveform.rate
    return draw_curve(
        f"Samples over {look.waveform.seconds:.3g} s",
        seconds.tolist(),
        samples.tolist(),
        along="s",
        unit=look.waveform.unit,
    )


def of_envelope(look: Look) -> Chart | None:
    """The envelope's spectrum with the frequencies of the bearing; None if there is none."""
    if look.envelope is None:
        return None
    named = {name.upper(): hertz for name, hertz in look.around.frequencies.items()}
    far = AS_FAR_AS * max(named.values(), default=USUALLY / AS_FAR_AS)
    frequencies, amplitudes = look.envelope.frequencies, look.envelope.amplitudes
    inside = frequencies <= max(far, 10 * look.envelope.resolution)
    lines = strongest_lines(frequencies[inside], amplitudes[inside], STEPS)
    return draw_curve(
        "Spectrum of the envelope",
        lines[0].tolist(),
        lines[1].tolist(),
        along="Hz",
        unit=look.waveform.unit,
        marks=named,
    )
