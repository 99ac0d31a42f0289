"""The coordinates that the feeds write for a place, dirt included, and the quarters in which they really lie.

Dirt is a fixed share of the incidents: no coordinates, 0/0, latitude and longitude exchanged, points in the
harbour, in the sea beside the city, on another continent, and points exactly on a border of two areas, which
must still belong to one. Whoever counts by area can check against `Points.area_numbers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from harborlight.demo.geography import (
    BBOX,
    COLUMNS,
    ROWS,
    WATER,
    Node,
    Point,
    Ring,
    district_changes,
    is_land,
    neighborhoods,
    outline_quarters,
    quarter_node,
    quarters_of,
)
from harborlight.demo.layers import Lines

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EXACT, EMPTY, NULL_ISLAND, SWAPPED, HARBOR, ABROAD, OFFSHORE, EDGE = range(8)
HARBOR_POINTS = ((-67.993234, 36.977321), (-67.961765, 36.991567), (-67.996411, 36.963644))
ABROAD_POINT = (-3.703791, 40.416775)
OFFSHORE_POINT = (-68.113579, 36.931357)
NOWHERE = -1


@dataclass(frozen=True)
class Points:
    """Texts as a feed writes them, and the numbers of the quarters that hold each point, up to four on a border."""

    longitude: list[str]
    latitude: list[str]
    quarters: Ints

    def area_numbers(self, lines: Lines) -> Ints:
        """The area of each point: on a border the one whose name comes first; NOWHERE outside."""
        area_of = np.append(lines.area_of().ravel(), NOWHERE)
        numbers = area_of[self.quarters]
        first = np.where(numbers == NOWHERE, len(lines.areas), numbers).min(axis=1)
        found: Ints = np.where(first == len(lines.areas), NOWHERE, first)
        return found


def write_points(longitude: Floats, latitude: Floats, neighborhood: Ints, dirt: Ints) -> Points:
    """Texts and quarters of places; `dirt` says for each what the feed makes of it."""
    lon = [f"{x:.6f}" for x in longitude.tolist()]
    lat = [f"{y:.6f}" for y in latitude.tolist()]
    quarters = np.full((len(lon), 4), NOWHERE, dtype=np.int64)
    exact = dirt == EXACT
    quarters[exact, 0] = _quarters_within(
        np.round(longitude[exact], 6), np.round(latitude[exact], 6), neighborhood[exact]
    )
    # What is not in its cell: dirt, and a few points on the winding lines between cells and along the shore.
    for i in np.flatnonzero(quarters[:, 0] == NOWHERE).tolist():
        lon[i], lat[i] = _dirty(int(dirt[i]), int(neighborhood[i]), lon[i], lat[i])
        quarters[i] = quarters_at(lon[i], lat[i])
    return Points(lon, lat, quarters)


def _dirty(dirt: int, neighborhood: int, lon: str, lat: str) -> tuple[str, str]:
    match dirt:
        case 0:
            return lon, lat
        case 1:
            return "", ""
        case 2:
            return "0", "0"
        case 3:
            return lat, lon
        case 4:
            return text_of(HARBOR_POINTS[neighborhood % len(HARBOR_POINTS)])
        case 5:
            return text_of(ABROAD_POINT)
        case 6:
            return text_of(OFFSHORE_POINT)
        case _:
            return text_of(border_point(neighborhood))


def text_of(point: Point) -> tuple[str, str]:
    return f"{point[0]:.6f}", f"{point[1]:.6f}"


@cache
def border_point(neighborhood: int) -> Point:
    """The middle of a side that a neighbourhood shares with another, of another district if there is one."""
    c, r = neighborhoods()[neighborhood].cell
    sides = (((c + 1, r), (2 * c + 2, 2 * r + 1)), ((c, r + 1), (2 * c + 1, 2 * r + 2)),
             ((c - 1, r), (2 * c, 2 * r + 1)), ((c, r - 1), (2 * c + 1, 2 * r)))  # fmt: skip
    shared = [(beside, node) for beside, node in sides if is_land(beside)]
    crossing = [node for beside, node in shared if district_changes((c, r), beside)]
    return quarter_node(crossing[0] if crossing else shared[0][1])


# ---------------------------------------------------------------------------------------------- locating


@cache
def _ring(quarter: Node) -> Ring:
    return outline_quarters(frozenset({quarter}))[0]


def _number(quarter: Node) -> int:
    return quarter[0] * 2 * ROWS + quarter[1]


def _holds(ring: Ring, x: Floats, y: Floats) -> Bools:
    """Whether each point lies inside a ring: an edge to the east is crossed an odd number of times."""
    inside = np.zeros(len(x), dtype=bool)
    for (x0, y0), (x1, y1) in pairwise(ring):
        crosses = (y0 > y) != (y1 > y)
        if y0 != y1:
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def _quarters_within(x: Floats, y: Floats, neighborhood: Ints) -> Ints:
    """The quarter of points that lie in the cell of their neighbourhood."""
    found: Ints = np.full(len(x), NOWHERE, dtype=np.int64)
    for place in neighborhoods():
        mine = np.flatnonzero(neighborhood == place.index)
        for quarter in quarters_of(place.cell):
            found[mine[_holds(_ring(quarter), x[mine], y[mine])]] = _number(quarter)
    return found


@cache
def _nodes() -> dict[tuple[str, str], tuple[int, ...]]:
    """Coordinates of the quarters' corners as text → the quarters that meet there."""
    found = {}
    for i in range(2 * COLUMNS + 1):
        for j in range(2 * ROWS + 1):
            around = ((i - 1, j - 1), (i, j - 1), (i - 1, j), (i, j))
            inside = tuple(_number(q) for q in around if 0 <= q[0] < 2 * COLUMNS and 0 <= q[1] < 2 * ROWS)
            found[text_of(quarter_node((i, j)))] = inside
    return found


def _is_over(longitude: float, latitude: float) -> bool:
    west, south, east, north = BBOX
    return west <= longitude <= east and south <= latitude <= north


@cache
def quarters_at(longitude: str, latitude: str) -> tuple[int, int, int, int]:
    """Numbers of the quarters that hold a written point, padded with NOWHERE. Water has quarters too."""
    found: Sequence[int] = _nodes().get((longitude, latitude), ())
    if not found and longitude and latitude and _is_over(float(longitude), float(latitude)):
        x, y = np.array([float(longitude)]), np.array([float(latitude)])
        cells = (*WATER, *(place.cell for place in neighborhoods()))
        found = [_number(q) for cell in cells for q in quarters_of(cell) if _holds(_ring(q), x, y)[0]]
    one, two, three, four = (*found, NOWHERE, NOWHERE, NOWHERE, NOWHERE)[:4]
    return one, two, three, four
