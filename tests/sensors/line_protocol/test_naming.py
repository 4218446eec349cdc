"""Which sensor a field of a point belongs to."""

from __future__ import annotations

import pytest

from sensors.line_protocol.naming import (
    Rule,
    Target,
    TemplateError,
    check_template,
    default_code,
    target_of,
)
from sensors.line_protocol.points import Series
from sensors.line_protocol.uploads import decode_lines

PUMP = Series("pump", {"host": "gw 1", "line": "A"})


def test_the_first_rule_that_fits_decides() -> None:
    rules = [
        Rule(measurement="fan*", template="{field}"),
        Rule(field="temp?", template="{tag[line]}/{measurement}.{field}", kind="temperature"),
        Rule(template="rest"),
    ]

    assert target_of(PUMP, "temp1", rules) == Target(
        "A/pump.temp1", {"sensor_type": "temperature"}
    )
    assert target_of(PUMP, "rpm", rules).code == "rest"


def test_patterns_tell_capitals_from_small_letters() -> None:
    assert target_of(PUMP, "rpm", [Rule(measurement="PUMP", template="x")]).code != "x"


def test_a_rule_does_not_fit_a_series_without_its_tag() -> None:
    rules = [Rule(template="{tag[room]}.{field}"), Rule(template="{tag[host]}.{field}")]

    assert target_of(PUMP, "rpm", rules).code == "gw_1.rpm"


def test_a_rule_without_a_template_leaves_fields_out() -> None:
    assert target_of(PUMP, "rpm", [Rule(field="rpm")]) == Target()


def test_without_rules_a_sensor_tag_decides() -> None:
    series = Series("m", {"host": "gw", "sensor_id": "T-1", "unit": "bar"})

    assert target_of(series, "value", []) == Target("T-1", {"unit": "bar"})
    assert target_of(series, "mean value", []).code == "T-1.mean_value"


@pytest.mark.parametrize(
    ("series", "code"),
    [
        (Series("cpu", {}), "cpu.v"),
        (Series("cpu", {"cpu": "cpu0", "host": "gw-1"}), "cpu.cpu:cpu0.host:gw-1.v"),
    ],
)
def test_else_measurement_tags_and_field_make_the_code(series: Series, code: str) -> None:
    assert default_code(series, "v") == code


def test_series_that_would_look_alike_are_told_apart() -> None:
    alike = [
        Series("a", {"b": "c d"}),
        Series("a", {"b": "c_d"}),
        Series("a", {"b": "c.d"}),
        Series("a.b:c_d", {}),
        Series("a", {"c": "c_d"}),
        Series("_a", {"b": "c_d"}),
        Series("a" * 200, {}),
        Series("a" * 201, {}),
        Series("é", {}),
        Series("è", {}),
    ]

    assert len({default_code(series, "v") for series in alike}) == len(alike)


@pytest.mark.parametrize(
    "template",
    [
        "{measurement.__class__}",
        "{0}",
        "{}",
        "{tag[]}",
        "{tag[a}",
        "{tags[a]}",
        "{",
        "a}",
        "{{a}}",
        "a b",
        "é",
        "-{field}",
        "\x00",
    ],
)
def test_a_template_that_names_no_sensor_is_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        check_template(template)


@pytest.mark.parametrize("template", ["", "P-1", "{field}", "{measurement}.{tag[a b]}:{field}/x"])
def test_a_template_that_names_a_sensor_is_taken(template: str) -> None:
    check_template(template)


def test_a_code_that_comes_out_wrong_is_a_rejection() -> None:
    rules = [Rule(template="{tag[a]}{tag[a]}")]

    upload = decode_lines(b"m,a=%s v=1\nm,a=_ v=1" % (b"x" * 99), most_readings=9, rules=rules)

    assert [r.code for r in upload.rejections] == ["invalid_sensor_id"] * 2


def test_texts_are_errors_where_a_rule_says_so() -> None:
    rules = [Rule(field="state", template="{field}", reject_text=True)]

    upload = decode_lines(b'm state="on",other="x"\nm state=1', most_readings=9, rules=rules)

    assert [(r.code, r.index) for r in upload.rejections] == [("not_a_number", 0)]
    assert [r.sensor_id for r in upload.readings] == ["state"]
