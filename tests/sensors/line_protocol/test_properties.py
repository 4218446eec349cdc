"""Properties of the line protocol reader over generated points and over noise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sensors.line_protocol.naming import default_code
from sensors.line_protocol.points import (
    LineError,
    Series,
    fields_of,
    lines_of,
    series_of,
    value_of,
    words_of,
)
from sensors.line_protocol.uploads import decode_lines

# A backslash may stand in a name, but clients write it as it is: before a separator or at
# the end it could not be told from an escape.
character = st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\\")
names = st.text(character, min_size=1, max_size=10)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
numbers = st.floats(allow_nan=False, allow_infinity=False)
fields = st.dictionaries(names, numbers | st.booleans() | texts, min_size=1, max_size=4)
series = st.builds(
    lambda measurement, tags: Series(measurement, dict(sorted(tags.items()))),
    names.filter(lambda name: not name.startswith("#")),
    st.dictionaries(names, names, max_size=3),
)


def escaped(name: str, separators: str) -> str:
    return "".join(f"\\{c}" if c in separators else c for c in name)


def written(of: Series, values: dict, time: int | None) -> str:
    tags = "".join(f",{escaped(k, ',= ')}={escaped(v, ',= ')}" for k, v in of.tags.items())
    pairs = ",".join(f"{escaped(k, ',= ')}={literal(v)}" for k, v in values.items())
    return f"{escaped(of.measurement, ', ')}{tags} {pairs}" + (f" {time}" if time else "")


def literal(value: float | bool | str) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


@given(series, fields, st.none() | st.integers(1, 2**62))
def test_what_is_written_is_read_back(of: Series, values: dict, time: int | None) -> None:
    body = written(of, values, time)

    [line] = lines_of(body.encode())
    first, second, third = words_of(line.text)

    assert series_of(first) == of
    assert {name: value_of(value) for name, value in fields_of(second)} == values
    assert third == (str(time) if time else "")


@given(st.lists(st.tuples(series, fields), max_size=5))
def test_points_do_not_run_into_each_other(points: list) -> None:
    body = "\n".join(written(of, values, 1) for of, values in points)

    upload = decode_lines(body.encode(), most_readings=100)

    values = [v for _, values in points for v in values.values() if not isinstance(v, str)]
    assert [reading.value for reading in upload.readings] == [float(v) for v in values]
    assert not upload.rejections


@given(st.text(st.sampled_from('m,=" \\\n\r1i-.e#tx\x00é')) | st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    upload = decode_lines(text.encode(errors="surrogatepass"), most_readings=1_000)

    assert all(rejection.detail.isprintable() for rejection in upload.rejections)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    decode_lines(body, most_readings=1_000)


@given(st.datetimes(datetime(1678, 1, 1), datetime(2262, 1, 1)))  # noqa: DTZ001
def test_microseconds_survive_as_nanoseconds(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    nanoseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000

    [reading] = decode_lines(f"m v=1 {nanoseconds}".encode(), most_readings=1).readings

    assert reading.timestamp == moment


few = st.text(st.sampled_from("ab.:/_- "), min_size=1, max_size=3)
few_series = st.builds(
    lambda measurement, tags: Series(measurement, dict(sorted(tags.items()))),
    few,
    st.dictionaries(few, few, max_size=2),
)


@given(few_series, few, few_series, few)
def test_two_series_never_share_a_code(one: Series, field: str, two: Series, other: str) -> None:
    same = (one, field) == (two, other)

    assert (default_code(one, field) == default_code(two, other)) == same


@given(series, names)
def test_the_default_is_always_a_code(of: Series, field: str) -> None:
    [reading] = decode_lines(written(of, {field: 1.5}, 1).encode(), most_readings=1).readings

    assert len(reading.sensor_id) <= 100


@given(st.text(st.sampled_from('m=" \\,1'), max_size=30))
def test_a_line_is_read_or_refused_with_a_code(text: str) -> None:
    try:
        words_of(text)
    except LineError as exc:
        assert exc.code == "unparseable"
