"""Outlines of areas as small drawings: published GeoJSON geometries in, SVG paths and the names that have room out.

Degrees become pixels on a plane that is true at the middle of what is drawn; a point that falls on the pixel before it is
left out. Nothing here is measured from: numbers come from tables, these are pictures of the lines.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harborlight.charts.layout import text_width
from harborlight.metrics.shapes import AreaFacts
from harborlight.web.context_drawings import Label, Outline, Shape

Box = tuple[float, float, float, float]
WIDTH, TALLEST = 328, 460
# Names are 13 pixels high on a small drawing and 15 on a wide one, which a phone shows without names.
FONT, WIDE_FONT, WIDE_FROM = 13, 15, 400
MARGIN = 6


@dataclass(frozen=True)
class Frame:
    """From degrees to pixels: `west` and `north` stand at the margin."""

    west: float
    north: float
    x_scale: float
    y_scale: float
    width: int
    height: int

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        return MARGIN + (longitude - self.west) * self.x_scale, MARGIN + (self.north - latitude) * self.y_scale


def make_outline(
    areas: Sequence[AreaFacts],
    geometries: Mapping[int, str],
    kinds: Mapping[int, str],
    *,
    alt: str,
    box: Box | None = None,
    named: Sequence[int] = (),
    key: tuple[tuple[str, str], ...] = (),
    width: int = WIDTH,
) -> Outline:
    """The areas inside `box` (all of them without one). `kinds` says how each is filled, `named` which to name first."""
    box = box or join_boxes(area.bbox for area in areas)
    frame = make_frame(box, width)
    seen = [area for area in areas if _meets(area.bbox, box) and area.ix in geometries]
    seen.sort(key=lambda area: kinds.get(area.ix) == "here")
    shapes = tuple(Shape(draw(geometries[area.ix], frame), kinds.get(area.ix, "other")) for area in seen)
    wanted = [area for ix in named for area in seen if area.ix == ix]
    names = place_names(wanted, kinds, frame, WIDE_FONT if width > WIDE_FROM else FONT)
    return Outline(frame.width, frame.height, shapes, names, alt, key)


def join_boxes(boxes: Iterable[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def widen(box: Box, share: float) -> Box:
    """A box larger by `share` of its longer side on every side."""
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    more = max((east - west) * shrink, north - south) * share
    return west - more / shrink, south - more, east + more / shrink, north + more


def make_frame(box: Box, width: int) -> Frame:
    """As wide as asked, unless that makes it too tall."""
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    scale = min(
        (width - 2 * MARGIN) / max((east - west) * shrink, 1e-9),
        (TALLEST * width / WIDTH - 2 * MARGIN) / max(north - south, 1e-9),
    )
    wide, tall = (east - west) * shrink * scale, (north - south) * scale
    return Frame(west, north, scale * shrink, scale, round(wide + 2 * MARGIN), round(tall + 2 * MARGIN))


def read_rings(geometry: str) -> Iterator[list[list[float]]]:
    """Every ring of a GeoJSON polygon or multipolygon, holes too."""
    content: dict[str, Any] = json.loads(geometry)
    polygons = [content["coordinates"]] if content["type"] == "Polygon" else content["coordinates"]
    for rings in polygons:
        yield from rings


def draw(geometry: str, frame: Frame) -> str:
    """An SVG path in tenths of a pixel, relative after each first point."""
    parts = []
    for ring in read_rings(geometry):
        points = [(round(10 * x), round(10 * y)) for x, y in (frame.at(*corner[:2]) for corner in ring[:-1])]
        steps = [points[0]]
        for point in points[1:]:
            if abs(point[0] - steps[-1][0]) + abs(point[1] - steps[-1][1]) >= 4:
                steps.append(point)
        if len(steps) >= 3:
            moves = "".join(
                f"l{(b[0] - a[0]) / 10:g} {(b[1] - a[1]) / 10:g}" for a, b in zip(steps, steps[1:], strict=False)
            )
            parts.append(f"M{steps[0][0] / 10:g} {steps[0][1] / 10:g}{moves}z")
    return "".join(parts)


def _meets(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def place_names(
    areas: Sequence[AreaFacts], kinds: Mapping[int, str], frame: Frame, font: int = FONT
) -> tuple[Label, ...]:
    """Names at the points inside their areas, in the order given; one that would run into another is left out."""
    taken: list[Box] = []
    labels = []
    for area in areas:
        x, y = frame.at(area.longitude, area.latitude)
        half = text_width(area.name, font) * 1.08 / 2 + 2
        x = min(max(x, half), frame.width - half)
        room = (x - half, y - font, x + half, y + 4)
        if room[0] < 0 or room[1] < 0 or room[3] > frame.height or any(_meets(room, other) for other in taken):
            continue
        taken.append(room)
        kind = "here" if kinds.get(area.ix) == "here" else "near"
        labels.append(Label(round(x, 1), round(y, 1), area.name, kind))
    return tuple(labels)
