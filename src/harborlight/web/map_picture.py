"""The map as a still picture: what a reader without scripts, a printer or a search engine sees. Plain SVG paths by class.

The interactive map colors by the same classes, which the page hands to it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harborlight.metrics.shapes import Lines, Query
from harborlight.web.context_map import Mark, Picture
from harborlight.web.map_classes import AreaValue, Scale, make_limits
from harborlight.web.map_reader import WORLD_M, find_unusual, read_basemap, read_cells, read_points, to_degrees
from harborlight.web.outline import Frame, draw, join_boxes, make_frame, place_names
from harborlight.web.reader import Reader

WIDTH = 640
MOST_ACROSS = 56
MOST_NAMED = 30


@dataclass(frozen=True)
class Drawn:
    """What stands on the areas: marks by class, and the scale of the classes."""

    marks: tuple[Mark, ...]
    scale: Scale


def make_picture(
    reader: Reader,
    lines: Lines,
    query: Query,
    values: Sequence[AreaValue],
    drawn: Drawn | None,
    picked: str | None,
    alt: str,
) -> Picture:
    """The city's areas, colored where nothing else is drawn on them, over water and under streets."""
    box = join_boxes(area.bbox for area in lines.areas)
    frame = make_frame(box, WIDTH)
    geometries = reader.geometries(lines.ix)
    kinds = {value.id: value.kind for value in values}
    marks = [Mark(path, "water") for name, _, path in _base(reader, frame) if name == "water"]
    shapes = {area.id: draw(geometries[area.ix], frame) for area in lines.areas if area.ix in geometries}
    for kind in dict.fromkeys(kinds.values()) if drawn is None else ():
        path = "".join(shape for area_id, shape in shapes.items() if kinds.get(area_id) == kind)
        marks += [Mark(path, kind)] if path else []
    if drawn:
        marks += [Mark("".join(shapes.values()), "land"), *drawn.marks]
    marks += [
        Mark(path, "street") for name, kind, path in _base(reader, frame) if name == "streets" and kind == "major"
    ]
    marks.append(Mark("".join(shapes.values()), "line"))
    if picked in shapes:
        marks.append(Mark(shapes[picked], "picked"))
    if query.shape:
        marks.append(Mark(_shape_path(query, frame), "shape"))
    named = place_names(lines.areas, {}, frame) if len(lines.areas) <= MOST_NAMED else ()
    return Picture(frame.width, frame.height, tuple(mark for mark in marks if mark.path), named, alt)


def frame_of(lines: Lines) -> Frame:
    return make_frame(join_boxes(area.bbox for area in lines.areas), WIDTH)


def draw_cells(reader: Reader, query: Query, frame: Frame, box: tuple[float, float, float, float]) -> Drawn:
    """Cells of one size, colored by how many lie in a square kilometre."""
    across = (box[2] - box[0]) / 360 * 2**32
    bits = max(12, math.ceil(math.log2(across / MOST_ACROSS)))
    cells = read_cells(reader, query, bits)
    km2 = cell_km2(bits, (box[1] + box[3]) / 2)
    density = [n / km2 for n in cells.n.tolist()]
    scale = Scale(make_limits(density), is_rate=False)
    side = 1 << bits
    rings = (
        (str(scale.class_of(value)), _square(column * side, row * side, side, frame))
        for value, column, row in zip(density, cells.column.tolist(), cells.row.tolist(), strict=True)
    )
    return Drawn(_by_kind(rings, "cell-"), scale)


def draw_points(reader: Reader, query: Query, frame: Frame) -> Drawn:
    """Public points, larger and darker where more is shown at them."""
    points = read_points(reader, query)
    counts = points.n.tolist()
    scale = Scale(make_limits(counts), is_rate=False)
    dots = (
        (str(scale.class_of(n)), "M{:g} {:g}h0".format(*(round(v, 1) for v in frame.at(*to_degrees(x, y)))))
        for n, x, y in zip(counts, points.x.tolist(), points.y.tolist(), strict=True)
    )
    return Drawn(_by_kind(dots, "dot-"), scale)


def draw_unusual(reader: Reader, query: Query, frame: Frame) -> Drawn:
    """Outlined cells in which unusually many were recorded."""
    path = "".join(
        _rectangle(frame.at(cell.west, cell.north), frame.at(cell.east, cell.south))
        for cell, _ in find_unusual(reader, query)
    )
    return Drawn((Mark(path, "unusual"),), Scale((), is_rate=False))


def cell_km2(bits: int, latitude: float) -> float:
    """Size on the ground of a cell 2^bits wide."""
    side = WORLD_M / 1000 * 2.0 ** (bits - 32) * math.cos(math.radians(latitude))
    return side * side


def _by_kind(parts: Iterable[tuple[str, str]], prefix: str) -> tuple[Mark, ...]:
    found: dict[str, list[str]] = {}
    for kind, path in parts:
        found.setdefault(kind, []).append(path)
    return tuple(Mark("".join(found[kind]), prefix + kind) for kind in sorted(found))


def _square(x: int, y: int, side: int, frame: Frame) -> str:
    return _rectangle(frame.at(*to_degrees(x, y)), frame.at(*to_degrees(x + side, y + side)))


def _rectangle(one: tuple[float, float], other: tuple[float, float]) -> str:
    left, top, right, bottom = (round(10 * v) for v in (*one, *other))
    return f"M{left / 10:g} {top / 10:g}h{(right - left) / 10:g}v{(bottom - top) / 10:g}h{(left - right) / 10:g}z"


def _base(reader: Reader, frame: Frame) -> list[tuple[str, str, str]]:
    """Water as closed paths and streets as open ones, in pixels."""
    return [
        (name, kind, draw(geometry, frame) if name == "water" else _open_path(geometry, frame))
        for name, kind, geometry in read_basemap(reader)
    ]


def _open_path(geometry: str, frame: Frame) -> str:
    content: dict[str, Any] = json.loads(geometry)
    lines = [content["coordinates"]] if content["type"] == "LineString" else content["coordinates"]
    return "".join(_polyline([frame.at(*corner[:2]) for corner in line]) for line in lines)


def _polyline(corners: Sequence[tuple[float, float]]) -> str:
    first, *rest = [f"{round(x, 1):g} {round(y, 1):g}" for x, y in corners]
    return f"M{first}" + "".join(f"L{corner}" for corner in rest)


def _shape_path(query: Query, frame: Frame) -> str:
    return _polyline([frame.at(*corner) for corner in shape_ring(query)]) + "z"


def shape_ring(query: Query) -> list[tuple[float, float]]:
    """The drawn shape as corners in degrees; a circle as 48 of them."""
    if query.polygon:
        return list(query.polygon)
    if query.bbox:
        west, south, east, north = query.bbox
        return [(west, south), (east, south), (east, north), (west, north)]
    if query.near:
        x, y, metres = query.near
        rise = metres / (WORLD_M / 360)
        reach = rise / math.cos(math.radians(y))
        turns = [2 * math.pi * i / 48 for i in range(48)]
        return [(round(x + reach * math.cos(t), 5), round(y + rise * math.sin(t), 5)) for t in turns]
    return []
