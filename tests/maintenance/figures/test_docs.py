from __future__ import annotations

from pathlib import Path

import pytest

from maintenance.figures.catalogue import CATALOGUE, WHY

TEXT = (Path(__file__).parents[3] / "docs" / "kpis.md").read_text()


@pytest.mark.parametrize("name", [*CATALOGUE, *WHY])
def test_every_figure_and_every_reason_is_defined(name) -> None:
    assert f"`{name}`" in TEXT
