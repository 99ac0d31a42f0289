"""One small chart for each group: one scale, gaps that are no zeros, all bytes the same for the same numbers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from harborlight.charts.panels import panel_chart
from tests.unit.test_charts import SVG, draw_panels, texts


@pytest.mark.parametrize("narrow", [False, True])
def test_panels_share_one_scale_and_show_a_gap_as_no_zero(narrow: bool) -> None:
    svg = draw_panels(narrow)
    assert {"victims a year", "Black", "White", "2021", "2024", "1,204", "310", "214", "0", "5"} <= set(texts(svg))
    fills = [element.attrib.get("fill") for element in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    assert fills.count("#eceeef") == 1, "one year is missing"
    heights = [float(n) for n in re.findall(r'<path d="M[\d.]+,[\d.]+h[\d.]+v([\d.]+)h-[\d.]+Z" fill="#0072b2"', svg)]
    assert max(heights) == pytest.approx(64) and any(h == pytest.approx(310 / 1204 * 64, abs=0.01) for h in heights)


def test_panels_refuse_groups_of_different_length() -> None:
    with pytest.raises(ValueError, match="one count for each period"):
        panel_chart([("A", (1, 2))], ["2024"], title="t", unit="u", takeaway="w")
    assert "No data for this chart" in panel_chart([], [], title="t", unit="u", takeaway="w")
