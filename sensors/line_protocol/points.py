"""Read points of line protocol: `measurement,tag=text field=1.5 1700000000`.

Every pattern is possessive, so that reading takes time in proportion to the text however
odd the text is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isinf

LONGEST_LINE = 64 * 1024

Value = float | bool | str


class LineError(ValueError):
    """The line is no point. `code` is stable, the message is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """A line that should be a point. `number` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """What the first word of a line names. The tags are in the order of their keys."""

    measurement: str
    tags: dict[str, str]


_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A line ends at a newline that is not inside of a quoted text. In bytes, so that a body need
# not be decoded as a whole: all that matters here is ASCII.
_EXTENT = re.compile(
    rf"(?:[^ \n\\]++|\\[^\n]?)*+(?:[^\n=\\]++|\\[^\n]?|={_STRING}|=)*+".encode(), re.DOTALL
)
# The first word, the second, and what is left. Quotes count only after a field's `=`.
_WORDS = re.compile(
    rf" *+((?:[^ \\]++|\\.?)++) ++((?:[^ \\=]++|\\.?|={_STRING}|=)++) *+(.*)", re.DOTALL
)
_PLAIN_WORDS = re.compile(r'([^ \\"]++) ([^ \\"]++)(?: (-?[0-9]++))?')
_PAIR = re.compile(r"((?:[^,=\\]++|\\.?)++)=((?:[^,=\\]++|\\.?)++)(?:,|\Z)", re.DOTALL)
_FIELD = re.compile(
    rf"((?:[^,=\\]++|\\.?)++)=({_STRING}|[^,\"]++)(?:,|\Z)",
    re.DOTALL,
)
_HEAD = re.compile(r"((?:[^,\\]++|\\.?)++)(?:,|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_IN_STRING = re.compile(r'\\(["\\])')
_FLOAT = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_INTEGER = re.compile(r"([+-]?[0-9]{1,20})([iu])")
_RANGES = {"i": range(-(2**63), 2**63), "u": range(2**64)}
BOOLEANS = dict.fromkeys(("t", "T", "true", "True", "TRUE"), True) | dict.fromkeys(
    ("f", "F", "false", "False", "FALSE"), False
)


def lines_of(body: bytes) -> Iterator[Line]:
    """The lines that are meant to be points: without comments and blank ones."""
    if b'"' in body:
        yield from _lines_with_strings(body)
        return
    for number, line in enumerate(io.BytesIO(body), 1):
        if line.strip(b"\r\n ") and line.lstrip(b" ")[:1] != b"#":
            yield Line(number, _text_of(line))


def _lines_with_strings(body: bytes) -> Iterator[Line]:
    number, start, end = 1, 0, len(body)
    while start < end:
        first = _first_of(body, start)
        if first == b"#":
            # What a comment quotes does not open a text.
            stop = body.find(b"\n", start) % (end + 1)
        else:
            found = _EXTENT.match(body, start)
            stop = found.end() if found else end
            line = body[start:stop]
            if line.strip(b"\r "):
                yield Line(number, _text_of(line))
        number += body.count(b"\n", start, stop + 1)
        start = stop + 1


def _text_of(line: bytes) -> str:
    # A line that is no UTF-8 is found out by what it then contains: see uploads.py.
    return line.removesuffix(b"\n").rstrip(b"\r ").decode(errors="surrogateescape")


_BLANKS = re.compile(rb" *+")


def _first_of(body: bytes, start: int) -> bytes:
    """The first character from `start` on that is no blank."""
    blanks = _BLANKS.match(body, start)
    place = blanks.end() if blanks else start
    return body[place : place + 1]


def words_of(line: str) -> tuple[str, str, str]:
    """Series, fields and time of a line, still as they are written. The time may be empty."""
    if len(line) > LONGEST_LINE:
        raise LineError("line_too_long", f"{len(line)} characters; at most {LONGEST_LINE}")
    words = _PLAIN_WORDS.fullmatch(line) or _WORDS.fullmatch(line)
    if words is None:
        raise LineError("unparseable", f"{shortened(line)}: missing fields")
    series, fields, time = words.groups()
    return series, fields, time or ""


def series_of(word: str) -> Series:
    """
    >>> series_of(r"pump\\ 7,host=a\\,b")
    Series(measurement='pump 7', tags={'host': 'a,b'})
    """
    head = _HEAD.match(word)
    if head is None:
        raise LineError("unparseable", f"{shortened(word)}: missing measurement")
    tags: dict[str, str] = {}
    place = head.end()
    while place < len(word):
        pair = _PAIR.match(word, place)
        if pair is None:
            raise LineError("unparseable", f"{shortened(word)}: missing tag value")
        key = _unescaped(pair[1])
        if key in tags:
            raise LineError("unparseable", f"{shortened(word)}: duplicate tags")
        tags[key] = _unescaped(pair[2])
        place = pair.end()
    if word.endswith(",") and not word.endswith("\\,"):
        raise LineError("unparseable", f"{shortened(word)}: missing tag key")
    return Series(_unescaped(head[1]), dict(sorted(tags.items())))


def fields_of(word: str) -> list[tuple[str, str]]:
    """Names and values of the fields, the values still as they are written."""
    if '"' in word or "\\" in word:
        return list(_fields_with_escapes(word))
    pairs = [pair.partition("=") for pair in word.split(",")]
    if not all(name and text for name, _, text in pairs):
        raise LineError("unparseable", f"{shortened(word)}: invalid field")
    return [(name, text) for name, _, text in pairs]


def _fields_with_escapes(word: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(word):
        field = _FIELD.match(word, place)
        if field is None:
            raise LineError("unparseable", f"{shortened(word)}: invalid field")
        yield _unescaped(field[1]), field[2]
        place = field.end()
    if word.endswith(",") and not word.endswith("\\,"):
        raise LineError("unparseable", f"{shortened(word)}: missing field key")


def value_of(text: str) -> Value:
    """
    >>> value_of("1.5"), value_of("7i"), value_of("T"), value_of('"say \\\\"hi\\\\""')
    (1.5, 7.0, True, 'say "hi"')
    """
    if _FLOAT.fullmatch(text):
        value = float(text)
        if isinf(value):
            raise LineError("invalid_value", f"{shortened(text)} is too large")
        return value
    if text in BOOLEANS:
        return BOOLEANS[text]
    if text.startswith('"'):
        return _ESCAPED_IN_STRING.sub(r"\1", text[1:-1])
    integer = _INTEGER.fullmatch(text)
    if integer is None:
        raise LineError("invalid_value", f"{shortened(text)} is no value")
    if int(integer[1]) not in _RANGES[integer[2]]:
        raise LineError("invalid_value", f"{shortened(text)} is out of range")
    return float(integer[1])


def shortened(text: str) -> str:
    """What was sent, to be quoted in an answer."""
    return repr(text[:40] + "…") if len(text) > 40 else repr(text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
