"""Which sensor a field of a point belongs to: by rules of the site, else by a default."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property

from sensors.line_protocol.points import Series

LONGEST_CODE = 100
SENSOR_TAG, VALUE_FIELD = "sensor_id", "value"
# Beside the sensor's tag these mean what they mean in JSON.
READING_TAGS = ("quality", "unit", "sensor_type", "location")

_PLACEHOLDER = re.compile(r"\{(?:(measurement|field)|tag\[([^\[\]{}]+)\])\}")
_NOT_IN_CODES = re.compile(r"[^A-Za-z0-9_.:/-]")
# Parts that can be joined with `.`, `:` and `/` and still be told apart.
_PLAIN_PART = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_START = re.compile(r"[^A-Za-z0-9]*")
DIGEST_LENGTH = 10


class TemplateError(ValueError):
    """The template cannot name a sensor. The message is for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the values of one field go. Without a code they are left out."""

    code: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    reject_text: bool = False


@dataclass(frozen=True)
class Rule:
    """Fields that match both patterns belong to the sensor that the template names."""

    measurement: str = "*"
    field: str = "*"
    template: str = ""
    kind: str = ""
    unit: str = ""
    reject_text: bool = False

    def target(self, series: Series, name: str) -> Target | None:
        """None if the rule does not fit, as when the series lacks a tag of the template."""
        if not self._measurement.match(series.measurement) or not self._field.match(name):
            return None
        if not self.template:
            return Target(reject_text=self.reject_text)
        if any(tag not in series.tags for tag in self._tags):
            return None
        words = {"sensor_type": self.kind, "unit": self.unit}
        given = {word: text for word, text in words.items() if text}
        return Target(filled_in(self.template, series, name), given, self.reject_text)

    @cached_property
    def _measurement(self) -> re.Pattern[str]:
        return re.compile(translate(self.measurement))

    @cached_property
    def _field(self) -> re.Pattern[str]:
        return re.compile(translate(self.field))

    @cached_property
    def _tags(self) -> list[str]:
        return [tag for _, tag in _PLACEHOLDER.findall(self.template) if tag]


def target_of(series: Series, name: str, rules: Sequence[Rule]) -> Target:
    """Where a field goes: the first rule that fits says it, else the default does."""
    for rule in rules:
        if target := rule.target(series, name):
            return target
    if sensor := series.tags.get(SENSOR_TAG):
        words = {tag: series.tags[tag] for tag in READING_TAGS if tag in series.tags}
        return Target(sensor if name == VALUE_FIELD else f"{sensor}.{_allowed(name)}", words)
    return Target(default_code(series, name))


def check_template(template: str) -> None:
    """Raises TemplateError."""
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        raise TemplateError("Only {measurement}, {field} and {tag[name]} may stand in braces")
    if odd := _NOT_IN_CODES.search(rest):
        raise TemplateError(f"{odd[0]!r} cannot stand in the code of a sensor")
    if rest and template.startswith(rest[0]) and not rest[0].isalnum():
        raise TemplateError("The code of a sensor begins with a letter or a digit")


def filled_in(template: str, series: Series, name: str) -> str:
    """The template with its placeholders replaced; all tags it names have to be there.

    >>> filled_in("{tag[host]}.{field}", Series("cpu", {"host": "gw 1"}), "idle")
    'gw_1.idle'
    """

    def part(found: re.Match[str]) -> str:
        if found[2]:
            return _allowed(series.tags[found[2]])
        return _allowed(series.measurement if found[1] == "measurement" else name)

    return _PLACEHOLDER.sub(part, template)


def default_code(series: Series, name: str) -> str:
    """Measurement, tags and field, in a code that no other series gets.

    If the parts contain what separates them, or something that codes cannot contain, or
    are too long together, a digest of the series tells it from its likes.

    >>> default_code(Series("cpu", {"cpu": "cpu0", "host": "gw-1"}), "usage_idle")
    'cpu.cpu:cpu0.host:gw-1.usage_idle'
    >>> default_code(Series("net", {"ip": "10.0.0.1"}), "in")
    'net.ip:10.0.0.1.in/c84f0e1392'
    """
    parts = [series.measurement, *(p for pair in series.tags.items() for p in pair), name]
    tags = (f"{key}:{text}" for key, text in series.tags.items())
    code = ".".join((series.measurement, *tags, name))
    plain = all(_PLAIN_PART.fullmatch(part) for part in parts)
    if plain and len(code) <= LONGEST_CODE and code[0].isalnum():
        return code
    readable = _PLAIN_START.sub("", _allowed(code[: 2 * LONGEST_CODE]), count=1)
    # Lengths before the parts: no two lists of parts are written alike.
    written = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()[:DIGEST_LENGTH]
    room = LONGEST_CODE - len(digest) - 1
    return f"{readable[:room]}/{digest}" if readable else digest


def _allowed(text: str) -> str:
    return _NOT_IN_CODES.sub("_", text)
