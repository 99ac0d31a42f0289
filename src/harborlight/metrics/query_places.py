"""The parts of a question that say where: areas, the lines that bound them, and shapes drawn on the map.

Read for `query.parse_query` and by nobody else. Degrees are kept to five decimals, so that a question read from its own
address is the same question; a polygon begins at its westernmost corner and runs counterclockwise, however it was drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from harborlight.errors import QueryError
from harborlight.metrics.facts import areas_in, default_layer, has_stated_areas, lines_of, versions_of
from harborlight.metrics.shapes import RECORDED, Facts, Lines

SHAPES = ("bbox", "polygon", "near")
PLACE_PARAMETERS = ("layer", "area", "lines", *SHAPES)
MOST_CORNERS = 50
# 50 corners at most, each as long as a degree of longitude and one of latitude can be written.
LONGEST_POLYGON = 1500
LARGEST_LATITUDE = 85.0
NEAREST, FARTHEST = 10, 20_000
EARLIEST, LATEST = date(1900, 1, 1), date(2075, 12, 31)

Corner = tuple[float, float]


def read_places(given: Mapping[str, str], by: Sequence[str], facts: Facts) -> dict[str, Any]:
    """The fields of `Query` that say where. Raises QueryError (status 400)."""
    layer = given.get("layer")
    offered = [name for name in facts.layers if versions_of(facts, name) or has_stated_areas(facts, name)]
    if layer is not None and layer not in offered:
        raise QueryError("This value is not offered here.", parameter="layer", allowed=offered)
    if layer is None and "area" in by:
        layer = default_layer(facts)
    for name in ("area", "lines"):
        if name in given and layer is None:
            raise QueryError(f"`{name}` needs `layer`.", parameter="layer", allowed=offered)
    fields: dict[str, Any] = {"layer": layer, "area": None, **_read_shape(given)}
    if layer is None:
        return fields
    lines = _read_lines(given.get("lines"), layer, facts)
    fields |= {"lines": lines, "lines_text": lines_text(facts, layer, lines)}
    if "area" in given:
        names = [area_id for _, area_id, _ in areas_in(facts, layer, lines)]
        if given["area"] not in names:
            raise QueryError("This value is not offered here.", parameter="area", allowed=names)
        fields["area"] = given["area"]
    return fields


def default_lines(facts: Facts, layer: str) -> str:
    """The id of the lines in force, or `recorded` for a layer without boundaries."""
    current = lines_of(facts, layer)
    return current.id if current else RECORDED


def lines_text(facts: Facts, layer: str, lines_id: str | None) -> str:
    """What `lines=` says for a version in an address: `recorded` or a day of it; empty for the default."""
    if lines_id is None or lines_id == default_lines(facts, layer):
        return ""
    if lines_id == RECORDED:
        return RECORDED
    lines = next(v for v in versions_of(facts, layer) if v.id == lines_id)
    days = [max(day, EARLIEST) for day in (lines.valid_from, lines.valid_to, EARLIEST) if day]
    return next((day.isoformat() for day in days if lines_of(facts, layer, day) == lines), days[0].isoformat())


def _read_lines(text: str | None, layer: str, facts: Facts) -> str:
    if text is None:
        return default_lines(facts, layer)
    versions = versions_of(facts, layer)
    allowed = [_days(version) for version in versions]
    if has_stated_areas(facts, layer):
        allowed.append(f"{RECORDED} (the area that the source states)")
        if text == RECORDED:
            return RECORDED
    if not versions:
        raise QueryError("This layer has no boundaries of its own.", parameter="lines", allowed=allowed)
    lines = lines_of(facts, layer, _read_day(text, allowed))
    if lines is None:
        raise QueryError("No lines of this layer are held for this day.", parameter="lines", allowed=allowed)
    return lines.id


def _days(lines: Lines) -> str:
    first = lines.valid_from.isoformat() if lines.valid_from else EARLIEST.isoformat()
    return f"a date from {first}" + (f" to {lines.valid_to.isoformat()}" if lines.valid_to else " on")


def _read_day(text: str, allowed: list[str]) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise QueryError("This is neither a date nor `recorded`.", parameter="lines", allowed=allowed)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise QueryError("There is no such day.", parameter="lines", allowed=allowed) from None
    if not EARLIEST <= day <= LATEST:
        raise QueryError("This date is out of range.", parameter="lines", allowed=allowed)
    return day


# ------------------------------------------------------------------------------------------------ shapes


def _read_shape(given: Mapping[str, str]) -> dict[str, Any]:
    names = [name for name in SHAPES if name in given]
    if len(names) > 1:
        allowed = [f"one of {', '.join(SHAPES)}"]
        raise QueryError("Only one shape can be drawn at a time.", parameter=names[1], allowed=allowed)
    match names:
        case ["bbox"]:
            return {"bbox": _read_bbox(given["bbox"])}
        case ["polygon"]:
            return {"polygon": _read_polygon(given["polygon"])}
        case ["near"]:
            return {"near": _read_near(given["near"])}
        case _:
            return {}


def _read_bbox(text: str) -> tuple[float, float, float, float]:
    allowed = ["west,south,east,north in degrees, west before east and south before north"]
    parts = text.split(",")
    if len(parts) != 4:
        raise QueryError("A box has four sides.", parameter="bbox", allowed=allowed)
    west, south, east, north = (*_read_corner("bbox", parts[:2], allowed), *_read_corner("bbox", parts[2:], allowed))
    if west >= east or south >= north:
        raise QueryError("This box holds nothing.", parameter="bbox", allowed=allowed)
    return west, south, east, north


def _read_near(text: str) -> tuple[float, float, float]:
    allowed = [f"longitude,latitude,metres, with {NEAREST} to {FARTHEST} whole metres"]
    *point, metres = text.split(",")
    if len(point) != 2 or not re.fullmatch(r"\d{1,6}", metres, re.ASCII):
        raise QueryError("This is not a point with a distance.", parameter="near", allowed=allowed)
    if not NEAREST <= int(metres) <= FARTHEST:
        raise QueryError("This distance is out of range.", parameter="near", allowed=allowed)
    return (*_read_corner("near", point, allowed), float(metres))


def _read_polygon(text: str) -> tuple[Corner, ...]:
    allowed = [f"longitude,latitude;longitude,latitude;… with 3 to {MOST_CORNERS} corners, no side crossing another"]
    parts = [part.split(",") for part in text.split(";")]
    if len(parts) > MOST_CORNERS + 1:
        raise QueryError("This polygon has too many corners.", parameter="polygon", allowed=allowed)
    if any(len(part) != 2 for part in parts):
        raise QueryError("A corner is a longitude and a latitude.", parameter="polygon", allowed=allowed)
    corners = [_read_corner("polygon", part, allowed) for part in parts]
    if len(corners) > 1 and corners[0] == corners[-1]:
        del corners[-1]
    corners = [corner for i, corner in enumerate(corners) if i == 0 or corner != corners[i - 1]]
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise QueryError("This polygon has too few or too many corners.", parameter="polygon", allowed=allowed)
    whole = [(round(x * 100_000), round(y * 100_000)) for x, y in corners]
    if not _is_simple(whole):
        raise QueryError("The sides of this polygon cross or touch.", parameter="polygon", allowed=allowed)
    if _doubled_area(whole) < 0:
        corners.reverse()
    first = corners.index(min(corners))
    return (*corners[first:], *corners[:first])


def _read_corner(name: str, parts: Sequence[str], allowed: list[str]) -> Corner:
    if any(not re.fullmatch(r"-?\d{1,3}(\.\d{1,15})?", part, re.ASCII) for part in parts):
        raise QueryError("A coordinate is a decimal number of degrees.", parameter=name, allowed=allowed)
    # Adding 0 makes of -0 a 0, which is written in one way.
    x, y = (round(float(part), 5) + 0.0 for part in parts)
    if abs(x) > 180 or abs(y) > LARGEST_LATITUDE:
        raise QueryError("This coordinate lies off the map.", parameter=name, allowed=allowed)
    return x, y


Whole = tuple[int, int]


def _doubled_area(corners: Sequence[Whole]) -> int:
    """Twice the area; above 0 for a ring that runs counterclockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*corners, corners[0]]))


def _is_simple(corners: Sequence[Whole]) -> bool:
    """Whether no two sides of a ring meet except neighbours at their corner; exact, on whole numbers."""
    sides = list(pairwise([*corners, corners[0]]))
    for i, (a, b) in enumerate(sides):
        c = sides[(i + 1) % len(sides)][1]
        if _turn(a, b, c) == 0 and (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0:
            return False
        for j in range(i + 2, len(sides) - (i == 0)):
            if _meet(a, b, *sides[j]):
                return False
    return _doubled_area(corners) != 0


def _turn(a: Whole, b: Whole, c: Whole) -> int:
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (cross > 0) - (cross < 0)


def _meet(a: Whole, b: Whole, c: Whole, d: Whole) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] != turns[1] and turns[2] != turns[3]:
        return True
    return any(
        turn == 0 and min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])
        for turn, p, q, r in zip(turns, (a, a, c, c), (b, b, d, d), (c, d, a, b), strict=True)
    )
