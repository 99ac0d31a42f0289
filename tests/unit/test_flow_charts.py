"""How cases end over time: a line for each end, named where it ends, with the number still waiting."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from harborlight.charts import layout
from harborlight.charts.flows import incidence_chart
from tests.unit.test_charts import SVG, texts

CURVES = [(name, [i / part for i in range(25)]) for name, part in (("Convicted", 40), ("Other outcome", 44), ("Dropped, dismissed or acquitted", 80))]
NAMES = {"title": "How cases ended", "unit": "percent of cases", "waiting": "Still waiting:", "months": "months after filing", "takeaway": "Half ended."}


@pytest.mark.parametrize("narrow", [False, True])
def test_lines_are_named_and_texts_stay_in_the_picture(narrow: bool) -> None:
    svg = incidence_chart(CURVES, [1200 - 40 * i for i in range(25)], **NAMES, narrow=narrow)
    root, said = ElementTree.fromstring(svg), texts(svg)
    assert root.attrib["role"] == "img" and root.findtext(f"{SVG}title") == "How cases ended"
    assert {"percent of cases", "Still waiting:", "months after filing", "1,200", "240", "0", "24", "100"} <= set(said)
    assert "60%" in " ".join(said) and "55%" in " ".join(said) and "30%" in " ".join(said) and "\u2026" not in " ".join(said)
    total, room = (328, 112) if narrow else (680, 160)
    names = [text for text in said if any(word in text for word in ("Convicted", "Other", "Dropped", "acquitted"))]
    assert len(names) >= 3 and max(layout.text_width(text) * 1.12 for text in names) <= room - 8 < total
    assert svg.count("stroke-dasharray") == 2, "lines can be told apart without color"


def test_curves_must_fit_the_months() -> None:
    for curves in ([], CURVES * 2, [("A", [0.1])]):
        with pytest.raises(ValueError, match="one share for each month"):
            incidence_chart(curves, [3, 2], **NAMES)
