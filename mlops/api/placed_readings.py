"""Which of the given readings can be scored, and what is answered about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from mlops.watching.scoring import Answer, Given
from sensors.history.windows import micros_of
from sensors.intake.decoding import ReadingIn
from sensors.intake.placing import EARLIEST, FURTHEST_AHEAD
from sensors.models import Sensor


class Placed:
    """The readings of a request by sensor and in order of time, and why others are not."""

    def __init__(
        self, readings: Sequence[ReadingIn], found: Mapping[str, list[Sensor]], now: datetime
    ) -> None:
        self.readings = readings
        self.known = {code: sensors for code, sensors in found.items() if len(sensors) == 1}
        self._found = found
        self._latest = now + FURTHEST_AHEAD
        self.moments = [_moment(reading, now, n) for n, reading in enumerate(readings)]
        self.codes: list[str | None] = [self._doubt(n) for n in range(len(readings))]

    def _doubt(self, place: int) -> str | None:
        """Why a reading cannot be scored, by what ingest would say of it."""
        reading = self.readings[place]
        if why := self.code_of_sensor(reading.sensor_id):
            return why
        if not EARLIEST <= self.moments[place] < self._latest:
            return "impossible_time"
        return "not_believed" if reading.quality == "bad" else None

    def code_of_sensor(self, code: str) -> str | None:
        if code in self.known:
            return None
        return "ambiguous_sensor" if code in self._found else "unknown_sensor"

    def given(self) -> dict[int, Given]:
        """What can be scored, by sensor. Of readings of one moment the first counts."""
        by_sensor: dict[int, dict[int, int]] = {}
        for place, reading in enumerate(self.readings):
            if self.codes[place] is None:
                (sensor,) = self.known[reading.sensor_id]
                places = by_sensor.setdefault(sensor.pk, {})
                if places.setdefault(micros_of(self.moments[place]), place) != place:
                    self.codes[place] = "same_moment"
        return {pk: self._given(places) for pk, places in by_sensor.items()}

    def _given(self, places: Mapping[int, int]) -> Given:
        micros = sorted(places)
        ordered = [places[moment] for moment in micros]
        values = [self.readings[place].value for place in ordered]
        return Given(np.array(micros), np.array(values, dtype=float), np.array(ordered))

    def in_words(self, answers: Mapping[int, Answer]) -> dict[str, Any]:
        codes = dict.fromkeys(reading.sensor_id for reading in self.readings)
        return {
            "sensors": [self._about(code, answers) for code in codes],
            "results": [self._about_reading(place, answers) for place in range(len(self.codes))],
        }

    def _about(self, code: str, answers: Mapping[int, Answer]) -> dict[str, Any]:
        answer = answers.get(self.known[code][0].pk) if code in self.known else None
        learning = None
        if answer and answer.needed is not None:
            learning = {"learnt": answer.learnt, "of": answer.needed}
        return {
            "sensor_id": code,
            "code": self.code_of_sensor(code),
            "known_until": answer and answer.known_until,
            "learning": learning,
        }

    def _about_reading(self, place: int, answers: Mapping[int, Answer]) -> dict[str, Any]:
        reading, code = self.readings[place], self.codes[place]
        about = {
            "index": place,
            "sensor_id": reading.sensor_id,
            "timestamp": self.moments[place],
            "value": reading.value,
            "code": code,
        }
        if code is None:
            (sensor,) = self.known[reading.sensor_id]
            said = answers[sensor.pk].said.get(place)
            return about | (asdict(said) if said else {"code": "already_gone_past"})
        return about


def _moment(reading: ReadingIn, now: datetime, place: int) -> datetime:
    at = reading.timestamp
    if at is None:
        # As in ingest: a list of values without times keeps its order.
        return now + timedelta(microseconds=place)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
