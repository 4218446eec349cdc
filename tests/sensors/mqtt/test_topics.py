from __future__ import annotations

import pytest

from sensors.mqtt.topics import SensorTopic, TopicError, check_filter


def code_of(topic: str, pattern: str, template: str = "{sensor_id}") -> str | None:
    return SensorTopic.parse(pattern, template).code_of(topic)


def test_named_levels_make_up_the_code() -> None:
    assert code_of("plant/hall/T1", "plant/{area}/{sensor_id}", "{area}.{sensor_id}") == "hall.T1"


@pytest.mark.parametrize(
    ("topic", "pattern", "code"),
    [
        ("plant/T1", "plant/{sensor_id}", "T1"),
        ("plant/hall/T1", "plant/+/{sensor_id}", "T1"),
        ("plant/hall/3/T1", "plant/+/{sensor_id}", None),
        ("plant/hall", "plant/+/{sensor_id}", None),
        ("works/T1", "plant/{sensor_id}", None),
        ("plant/T1/value", "plant/{sensor_id}/value", "T1"),
        ("plant/T1", "plant/{sensor_id}/#", "T1"),
        ("plant/T1/a/b", "plant/{sensor_id}/#", "T1"),
        ("plantXT1", "plant/{sensor_id}", None),
        ("p.l/T1", "p.l/{sensor_id}", "T1"),
        ("pXl/T1", "p.l/{sensor_id}", None),
        ("/T1", "/{sensor_id}", "T1"),
        ("plant/", "plant/{sensor_id}", ""),
        ("plant/{x}\n", "plant/{sensor_id}", "{x}\n"),
    ],
)
def test_a_topic_is_matched_level_by_level(topic: str, pattern: str, code: str | None) -> None:
    assert code_of(topic, pattern) == code


def test_the_subscription_covers_the_pattern_and_no_more() -> None:
    topics = SensorTopic.parse("plant/{area}/+/{sensor_id}/#", "{area}/{sensor_id}")

    assert topics.filter == "plant/+/+/+/#"


@pytest.mark.parametrize(
    ("pattern", "template", "reason"),
    [
        ("plant/{area}", "{sensor_id}", "no level of the topic is called {sensor_id}"),
        ("plant/{area}", "T1", "the same code"),
        ("plant/{area}", "", "the same code"),
        ("plant/{area}/{area}", "{area}", "the same name"),
        ("plant/p-{area}", "{area}", "takes a whole level"),
        ("plant/{Area}", "{Area}", "takes a whole level"),
        ("plant/#/{area}", "{area}", "the whole rest at the end"),
        ("plant/{area}", "{area", "expected '}'"),
        ("plant/{area}", "{area.__class__}", "no level"),
        ("plant/{area}", "{area!r}", "only names"),
        ("plant/{area}", "{area:>9999999}", "only names"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str, template: str, reason: str) -> None:
    with pytest.raises(TopicError, match=reason):
        SensorTopic.parse(pattern, template)


@pytest.mark.parametrize("filter", ["#", "+", "a/#", "/a/+/b", "$share/two/plant/#", "a b/ü"])
def test_filters_that_brokers_take_are_taken(filter: str) -> None:
    check_filter(filter)


@pytest.mark.parametrize("filter", ["", "#/a", "a#", "a/b+/c", "$share/two", "a\0b", "ä" * 40_000])
def test_filters_that_brokers_refuse_are_refused(filter: str) -> None:
    with pytest.raises(TopicError):
        check_filter(filter)
