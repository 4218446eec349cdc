"""What lies ahead in a chart."""

from __future__ import annotations

import re
from datetime import timedelta

from sensors.drawing.charts import draw
from sensors.drawing.ribbons import Ahead
from tests.factories import NOON

HOUR = timedelta(hours=1)
LATER = [NOON + HOUR * n for n in (1, 2)]


def ahead(low: float = 0.0, high: float = 20.0) -> Ahead:
    line = [(moment, 10.0) for moment in LATER]
    edges = [(moment, low) for moment in LATER], [(moment, high) for moment in LATER]
    return Ahead(line, [edges])


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


def test_the_picture_has_room_for_what_is_expected() -> None:
    chart = draw("T1", [(NOON, 10.0)], ahead=ahead())

    # 5 % of the height is kept free above and below.
    assert numbers(chart.ahead) == [50, 50, 100, 50]
    assert [round(number, 1) for number in numbers(chart.ribbons[0])] == [
        *(50, 95.5, 100, 95.5),
        *(100, 4.5, 50, 4.5),
    ]
    assert chart.ribbons[0].endswith("Z")


def test_it_is_told_in_words() -> None:
    chart = draw("T1", [(NOON, 10.0)], unit="bar", ahead=ahead())

    assert chart.description.endswith("Then forecast from 10 to 10 bar, between 0 and 20 bar.")


def test_a_chart_without_it_has_none() -> None:
    chart = draw("T1", [(NOON, 10.0)])

    assert (chart.ahead, chart.ribbons) == ("", ())
    assert "forecast" not in chart.description


def test_it_is_shown_without_any_reading() -> None:
    chart = draw("T1", [], ahead=ahead())

    assert numbers(chart.ahead)[::2] == [0, 100]
    assert chart.path == ""
