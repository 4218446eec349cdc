"""Which topics to ask for, and which sensor a topic speaks of. Text only: no broker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter

NAMED_LEVEL = re.compile(r"\{([a-z_]+)\}")
LONGEST_FILTER = 65_535


class TopicError(ValueError):
    """A topic, a pattern or a template that cannot work; the message says why."""


@dataclass(frozen=True, slots=True)
class SensorTopic:
    """A pattern of topics with named levels, and how a sensor's code is made of them.

    >>> topics = SensorTopic.parse("plant/{area}/{sensor_id}", "{area}.{sensor_id}")
    >>> topics.filter, topics.code_of("plant/hall-2/TEMP_001")
    ('plant/+/+', 'hall-2.TEMP_001')
    """

    filter: str
    template: str
    levels: re.Pattern[str]

    @classmethod
    def parse(cls, pattern: str, template: str) -> SensorTopic:
        """Raises TopicError if the pattern is no topic or the template has no such level."""
        levels = pattern.split("/")
        names = [named[1] for level in levels if (named := NAMED_LEVEL.fullmatch(level))]
        plain = NAMED_LEVEL.sub("+", pattern)
        if "{" in plain or "}" in plain:
            raise TopicError(f"{pattern}: a name such as {{area}} takes a whole level")
        check_filter(plain)
        if len(names) != len(set(names)):
            raise TopicError(f"{pattern}: two levels have the same name")
        _check_template(template, names)
        return cls(plain, template, re.compile(_as_regex(levels), re.DOTALL))

    def code_of(self, topic: str) -> str | None:
        """The code of the sensor that the topic speaks of; None if it is another topic."""
        found = self.levels.fullmatch(topic)
        return self.template.format(**found.groupdict()) if found else None


def check_filter(filter: str) -> None:
    """Raises TopicError if a broker would not take the filter."""
    topic = filter
    if filter.startswith("$share/"):
        _, _, topic = filter.removeprefix("$share/").partition("/")
    levels = topic.split("/")
    if not topic or "\0" in filter or len(filter.encode()) > LONGEST_FILTER:
        raise TopicError(f"{filter!r} is not a topic")
    if "#" in levels[:-1] or any(len(level) > 1 and set("#+") & set(level) for level in levels):
        raise TopicError(f"{filter}: + takes a whole level, # the whole rest at the end")


def _as_regex(levels: list[str]) -> str:
    """A level matches anything but a slash, a # at the end anything at all, or nothing."""
    parts = []
    for level in levels:
        if named := NAMED_LEVEL.fullmatch(level):
            parts.append(f"/(?P<{named[1]}>[^/]*)")
        else:
            parts.append({"+": "/[^/]*", "#": "(?:/.*)?"}.get(level, "/" + re.escape(level)))
    return "".join(parts).removeprefix("/")


def _check_template(template: str, names: list[str]) -> None:
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as exc:
        raise TopicError(f"{template}: {exc}") from exc
    used = [name for _, name, _, _ in pieces if name is not None]
    if any(form or conversion for _, _, form, conversion in pieces):
        raise TopicError(f"{template}: only names stand between braces")
    if not used:
        raise TopicError(f"{template!r} would give all sensors the same code")
    for name in used:
        if name not in names:
            raise TopicError(f"{template}: no level of the topic is called {{{name}}}")
