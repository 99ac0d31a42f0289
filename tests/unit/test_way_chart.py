"""The way of a cohort as bands: as thick as their counts, nobody lost between two stages, every band named, no text on another."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

from harborlight.charts import layout
from harborlight.charts.sankey import NODE, WHOLE, WIDTH, End, Stage, way_chart
from tests.unit.test_charts import SVG, texts

LABELS = (("Cleared", "No arrest and not cleared"), ("Sent to a program", "Arrested, not charged"),
          ("Pending", "Convicted", "Other outcome: probation before judgment, stet, not criminally responsible", "Dropped, dismissed or found not guilty"))  # fmt: skip
STAGES = ("All incidents", "Arrested or charged", "Charged")


def way(counts: tuple[tuple[int, ...], ...]) -> list[Stage]:
    return [
        Stage(stage, tuple(End(label, n, f"#00{i}0{k}0") for k, (label, n) in enumerate(zip(labels, own, strict=True))))
        for i, (stage, labels, own) in enumerate(zip(STAGES, LABELS, counts, strict=True))
    ]


def draw(counts: tuple[tuple[int, ...], ...]) -> ElementTree.Element:
    return ElementTree.fromstring(way_chart(way(counts), title="Way", takeaway="All of them."))


def bands(root: ElementTree.Element) -> list[tuple[float, float, float, float, float, float]]:
    """Left and right edge of each band, and where it begins and ends at both of them: x1, x2, top1, bottom1, top2, bottom2."""
    found = []
    for path in root.iter(f"{SVG}path"):
        n = [float(text) for text in re.findall(r"-?[\d.]+", path.attrib["d"])]
        found.append((n[0], n[6], n[1], n[-1], n[7], n[8]))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_bands_are_as_thick_as_their_counts_at_both_ends(seed: int) -> None:
    pick = random.Random(seed)
    counts = tuple(tuple(pick.choice((0, 1, 7, 90, 1500, 20_000)) for _ in labels) for labels in LABELS)
    if not sum(map(sum, counts)):
        return
    root = draw(counts)
    total, left = sum(map(sum, counts)), [sum(map(sum, counts[i:])) for i in range(3)]
    expected = [n for i, own in enumerate(counts) for n in (*([left[i + 1]] if i < 2 else []), *own) if n]
    found = bands(root)
    assert len(found) == len(expected)
    for (_, _, top1, bottom1, top2, bottom2), n in zip(found, expected, strict=True):
        assert bottom1 - top1 == pytest.approx(n / total * WHOLE, abs=0.03) == bottom2 - top2
    bars = [tuple(float(r.attrib[k]) for k in ("x", "y", "height")) for r in root.iter(f"{SVG}rect") if r.attrib["width"] == str(NODE)]
    assert sum(height for x, _, height in bars if x == bars[0][0]) == pytest.approx(WHOLE, abs=0.03)
    for x, y, height in bars:
        leaving = [b for b in found if b[0] == pytest.approx(x + NODE)]
        reaching = [b for b in found if b[1] == pytest.approx(x) and b[4] == pytest.approx(y)]
        assert not reaching or sum(b[5] - b[4] for b in reaching) == pytest.approx(height, abs=0.05)
        if leaving and y == bars[0][1]:
            edges = [y, *(b[3] for b in leaving)]
            assert [b[2] for b in leaving] == pytest.approx(edges[:-1], abs=0.05), "bands lie side by side, without gap or overlap"
            assert edges[-1] == pytest.approx(y + height, abs=0.1), "whoever reached a stage stopped or went on"


def test_the_picture_has_a_name_and_every_bar_its_count() -> None:
    svg = way_chart(way(((45, 1203), (12, 190), (130, 312, 33, 101))), title="Way", takeaway="2,026 incidents.")
    root, said = ElementTree.fromstring(svg), " ".join(texts(svg))
    assert root.attrib["role"] == "img" and root.findtext(f"{SVG}title") == "Way" and root.findtext(f"{SVG}desc") == "2,026 incidents."
    for words in ("All incidents: 2,026", "Arrested or charged: 778", "Charged: 576", "Convicted: 312", "not guilty: 101", "No arrest and not cleared: 1,203"):
        assert words in said
    assert "\u2026" not in said and float(root.attrib["width"]) == WIDTH


@pytest.mark.parametrize("counts", [((45, 1203), (12, 190), (130, 312, 33, 101)), ((1, 1), (1, 1), (1, 1, 1, 1)), ((1, 90_000), (1, 0), (1, 1, 1, 1))])
def test_no_text_leaves_the_picture_or_lies_on_another(counts: tuple[tuple[int, ...], ...]) -> None:
    root = draw(counts)
    boxes = []
    for text in root.iter(f"{SVG}text"):
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        wide = layout.text_width(text.text or "") * (1.12 if "font-weight" in text.attrib else 1)
        boxes.append((x, y - 11, x + wide, y + 3.5))
        assert x >= 0 and x + wide <= WIDTH and y - 11.5 >= 0 and y + 3 <= float(root.attrib["height"]), text.text
    for bar in (r for r in root.iter(f"{SVG}rect") if r.attrib["width"] == str(NODE)):
        x, y, height = (float(bar.attrib[k]) for k in ("x", "y", "height"))
        boxes.append((x, y, x + NODE, y + height))
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1], (one, other)


def test_what_nobody_reached_is_left_out_and_what_cannot_be_is_refused() -> None:
    said = " ".join(texts(way_chart(way(((0, 5), (0, 0), (0, 0, 0, 0))), title="Way", takeaway="None.")))
    assert said == "All incidents: 5 No arrest and not cleared: 5"
    for counts, words in (((0, 0), "nobody"), ((-1, 5), "negative")):
        with pytest.raises(ValueError, match=words):
            draw((counts, (0, 0), (0, 0, 0, 0)))
