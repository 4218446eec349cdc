from __future__ import annotations

import pytest

from mlops.learning.roles import roles_in_common, roles_of
from sensors.models import Sensor


def sensor(code: str, kind: str = "temperature", unit: str = "°C") -> Sensor:
    return Sensor(code=code, kind=kind, unit=unit)


def codes(tag: str, *sensors: Sensor) -> dict[str, str]:
    return {role: found.code for role, found in roles_of(tag, sensors).items()}


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("P-101", "P-101_TEMP"),
        ("P-102", "north/p-102.temp"),
        ("P-1", "P-1 Temp"),
        ("A.B", "A.B/temp"),
    ],
)
def test_what_comes_after_the_tag_is_the_role(tag: str, code: str) -> None:
    assert codes(tag, sensor(code)) == {"temp": code}


@pytest.mark.parametrize("code", ["P-101_TEMP", "XP-10_TEMP", "P-10", "P-10_"])
def test_a_tag_has_to_stand_as_a_word(code: str) -> None:
    """P-101 is another machine than P-10."""
    assert codes("P-10", sensor(code)) == {"temperature in °C": code}


def test_without_the_tag_it_is_kind_and_unit_where_these_are_unique() -> None:
    found = codes("P-1", sensor("A"), sensor("B"), sensor("C", unit="K"), sensor("D", "flow", ""))

    assert found == {"temperature in K": "C", "flow": "D"}


def test_what_cannot_be_told_apart_has_no_role() -> None:
    assert codes("P-1", sensor("P-1_T"), sensor("P-1-t"), sensor("P-1_U")) == {"u": "P-1_U"}


def test_a_role_of_the_type_is_one_that_nearly_all_assets_have() -> None:
    many = [roles_of("P-1", [sensor("P-1_A"), sensor("P-1_B")]) for _ in range(4)]
    few = roles_of("P-1", [sensor("P-1_A"), sensor("P-1_C")])

    assert roles_in_common([*many, few]) == ["a", "b"]
    assert roles_in_common([*many[:2], few, few]) == ["a"]
    assert roles_in_common([few, roles_of("P-1", [sensor("P-1_D")])]) == []
