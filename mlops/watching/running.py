"""Which readings are of a machine that does not run?

A sensor with a gate is watched while its machine runs: the gate's readings say when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from mlops.detectors.base import Block, NotEnoughHistoryError, Times, Values
from mlops.detectors.gating import ALWAYS, Gate
from mlops.detectors.operating_state import OperatingState
from mlops.models import GateLevels
from mlops.watching.stretches import Stretch
from sensors.history.windows import MICROSECOND, Past, micros_of, pasts, windows_around
from sensors.intake.spans import Span
from sensors.models import Sensor

Mask = NDArray[np.bool_]

# A reading between off and running says nothing, so the last one may not be enough.
LOOK_BACK = 10
LEARNT_FROM = 5_000
LEARNT_AGAIN = timedelta(days=1)


def idle(
    stretches: Iterable[Stretch], sensors: Mapping[int, Sensor], *, learn: bool = True
) -> dict[int, Mask]:
    """By sensor where its stretch is of a machine that did not run, or had not settled.

    Sensors that nothing is known of have no entry: what is not known switches nothing off.
    With `learn`, levels of gates that are old or missing are learnt and kept. The number
    of queries does not grow with the sensors, if those came with their gates.
    """
    gated = [(stretch, sensors[stretch.sensor_id]) for stretch in stretches if stretch.size]
    gated = [(stretch, sensor) for stretch, sensor in gated if _is_gated(sensor)]
    if not gated:
        return {}
    unset = {s.gate_id for _, s in gated if s.gate_id and s.runs_above is None}
    levels = _levels(unset, learn=learn)
    told = _told(
        Span(sensor.gate_id or 0, int(stretch.micros[0]) - _settling(sensor), stretch.until)
        for stretch, sensor in gated
    )
    found = {}
    for stretch, sensor in gated:
        gate = _gate(sensor, levels)
        if gate and sensor.gate_id in told:
            since = _since(gate, *told[sensor.gate_id], stretch.micros)
            found[stretch.sensor_id] = stretch.micros < since + _settling(sensor)
    return found


def idle_rows(sensor: Sensor, micros: Times, values: Values) -> Mask:
    """Which readings of one sensor are of a machine that did not run, of shape (n,).

    Nothing is learnt of its gate, and a sensor without one is never idle.
    """
    nobody = np.zeros(micros.size, dtype=np.int64)
    found = idle(
        [Stretch(sensor.pk, None, micros, values, nobody)], {sensor.pk: sensor}, learn=False
    )
    return found.get(sensor.pk, np.zeros(micros.size, dtype=bool))


def columns_of(group: Sequence[Stretch], still: Mapping[int, Mask]) -> Mask:
    """What `idle` found of stretches, beside each other as side_by_side() has them."""
    mask = np.zeros((max(stretch.size for stretch in group), len(group)), dtype=bool)
    for column, stretch in enumerate(group):
        mask[: stretch.size, column] = still.get(stretch.sensor_id, False)
    return mask


def _is_gated(sensor: Sensor) -> bool:
    return sensor.gate is not None and sensor.gate.retired_at is None


def _settling(sensor: Sensor) -> int:
    return sensor.settle_time // MICROSECOND if sensor.settle_time else 0


def _told(spans: Iterable[Span]) -> dict[int, tuple[Times, Values]]:
    """What each gate read over the spans, and just before: times and values in order."""
    parts: dict[int, list[tuple[Times, Values]]] = {}
    for window in windows_around(spans, before=LOOK_BACK):
        parts.setdefault(window.sensor_id, []).append((window.micros, window.values))
    told = {}
    for gate, windows in parts.items():
        micros, first = np.unique(np.concatenate([m for m, _ in windows]), return_index=True)
        told[gate] = micros, np.concatenate([values for _, values in windows])[first]
    return told


def _gate(sensor: Sensor, levels: Mapping[int, GateLevels]) -> Gate | None:
    """None where two states could not be told apart."""
    if sensor.runs_above is not None:
        return Gate(on=sensor.runs_above).fit()
    learnt = levels.get(sensor.gate_id or 0)
    if learnt is None or learnt.on is None:
        return None
    return Gate(on=learnt.on, off=learnt.off).fit()


def _since(gate: Gate, micros: Times, values: Values, moments: Times) -> Values:
    """Since when the machine runs, as known at each of the moments."""
    block = Block(micros[:, None], values[:, None])
    since, _ = gate.since(block, gate.begin(1))
    held = np.append(ALWAYS, since[:, 0])
    return held[np.searchsorted(micros, moments, side="right")]


def _levels(gates: Collection[int], *, learn: bool) -> dict[int, GateLevels]:
    """What is known of the gates."""
    if not gates:
        return {}
    known = {row.sensor_id: row for row in GateLevels.objects.filter(sensor__in=gates)}
    return known | _renewed(gates, known) if learn else known


def _renewed(gates: Collection[int], known: Mapping[int, GateLevels]) -> dict[int, GateLevels]:
    """What is old or missing, learnt and kept."""
    due = timezone.now() - LEARNT_AGAIN
    old = [pk for pk in sorted(gates) if pk not in known or known[pk].learnt_at < due]
    learnt = {row.sensor_id: row for row in _learn(old) if row}
    for pk, row in learnt.items():
        before = known.get(pk)
        if before and before.are_clear and not row.are_clear:
            # It has been off, or running, for all of the time that was looked at.
            row.off, row.on = before.off, before.on
    GateLevels.objects.bulk_create(
        learnt.values(),
        update_conflicts=True,
        unique_fields=["sensor"],
        update_fields=["off", "on", "learnt_at"],
    )
    return learnt


def _learn(gates: Sequence[int]) -> list[GateLevels | None]:
    """The levels in the last readings of gates, None where there are too few of those."""
    now = timezone.now()
    asked = [Past(pk, None, micros_of(now + LEARNT_AGAIN)) for pk in gates]
    found: list[GateLevels | None] = []
    for pk, (micros, values) in zip(gates, pasts(asked, most=LEARNT_FROM), strict=True):
        try:
            state = OperatingState().fit(Block(micros[:, None], values[:, None]))
        except NotEnoughHistoryError:
            found.append(None)
            continue
        off, on = (state.off_, state.on_) if state.clear_ else (None, None)
        found.append(GateLevels(sensor_id=pk, off=off, on=on, learnt_at=now))
    return found
