"""Turn a body of line protocol into an upload. A line that is wrong is a rejection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from sensors.intake.decoding import (
    LineRejection,
    ReadingIn,
    UnreadableUploadError,
    Upload,
    explained,
    plain,
)
from sensors.line_protocol.naming import Rule, target_of
from sensors.line_protocol.points import (
    Line,
    LineError,
    Series,
    fields_of,
    lines_of,
    series_of,
    shortened,
    value_of,
    words_of,
)
from sensors.line_protocol.times import Clock

# Series and names of fields, in characters; each counts as EACH more. A line may name
# thousands and be one rejection, so the limit of readings does not bound them.
MOST_REMEMBERED, EACH = 1_000_000, 100


def decode_lines(
    body: bytes,
    *,
    most_readings: int,
    precision: str = "ns",
    rules: Sequence[Rule] = (),
    mode: Literal["live", "backfill"] = "live",
) -> Upload:
    """Read an upload. Raises UnreadableUploadError if there is too much in it.

    What one point says is taken whole or not at all.
    """
    points = _Points(most_readings, Clock(precision), rules, Upload(mode=mode))
    for index, line in enumerate(lines_of(body)):
        points.take(index, line)
    return points.upload


@dataclass(frozen=True, slots=True)
class _Kept:
    """A field that somebody wants or not: `of` is its reading without time and value."""

    of: ReadingIn | None
    reject_text: bool


class _Points:
    """Collects the readings of a request. Series and names are looked at once for all."""

    def __init__(
        self, most_readings: int, clock: Clock, rules: Sequence[Rule], upload: Upload
    ) -> None:
        self.upload = upload
        self._most, self._clock, self._rules = most_readings, clock, rules
        self._series: dict[str, tuple[Series, dict[str, _Kept]]] = {}
        self._remembered = 0

    def take(self, index: int, line: Line) -> None:
        upload = self.upload
        try:
            upload.readings += self._readings(line.text)
        except LineError as exc:
            upload.reject(LineRejection(index, exc.code, plain(str(exc)), line.number))
        except msgspec.ValidationError as exc:
            upload.reject(LineRejection(index, *explained(exc), line.number))
        if upload.size + upload.ignored > self._most:
            raise UnreadableUploadError(
                "too_many_readings", f"More than {self._most} readings in one upload"
            )

    def _readings(self, text: str) -> list[ReadingIn]:
        if not text.isascii():
            _check_utf8(text)
        word, fields, time = words_of(text)
        moment = self._clock.read(time) if time else None
        if word not in self._series:
            self._remember(word)
            self._series[word] = (series_of(word), {})
        series, known = self._series[word]
        readings, ignored = [], 0
        for name, written in fields_of(fields):
            kept = known.get(name)
            if kept is None:
                self._remember(name)
                kept = known[name] = _kept(series, name, self._rules)
            value, of = value_of(written), kept.of
            if isinstance(value, str):
                if kept.reject_text:
                    raise LineError("not_a_number", f"{shortened(name)} is a text")
                ignored += 1
            elif of is None:
                ignored += 1
            else:
                readings.append(
                    ReadingIn(
                        of.sensor_id,
                        float(value),
                        moment,
                        of.quality,
                        of.sensor_type,
                        of.unit,
                        of.location,
                    )
                )
        self.upload.ignored += ignored
        return readings

    def _remember(self, text: str) -> None:
        """Forget what was looked at so far before it takes too much memory."""
        self._remembered += EACH + len(text)
        if self._remembered > MOST_REMEMBERED:
            self._series.clear()
            self._remembered = 0


def _kept(series: Series, name: str, rules: Sequence[Rule]) -> _Kept:
    """What becomes of a field. Its words are held to the rules of uploads once for all."""
    target = target_of(series, name, rules)
    if not target.code:
        return _Kept(None, target.reject_text)
    words = {**target.words, "sensor_id": target.code, "value": 0.0}
    return _Kept(msgspec.convert(words, ReadingIn), target.reject_text)


def _check_utf8(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise LineError("not_utf8", "The line is not UTF-8") from exc
