"""Which public points lie inside a shape drawn on the map.

A shape is never laid over records: only over the published list of snap points, so that no question, however small its
shape, can learn more of a place than the map shows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harborlight.metrics.shapes import Query
from harborlight.store import Connection

Floats = NDArray[np.float64]
EARTH_METRES = 6_371_008.8
METRES_PER_DEGREE = EARTH_METRES * math.pi / 180


def snaps_inside(con: Connection, query: Query) -> list[int]:
    """Numbers of the snap points inside the query's shape, ascending; empty without a shape."""
    if not query.shape:
        return []
    west, south, east, north = box_of(query)
    found: dict[str, Any] = con.execute(
        "select snap, longitude, latitude from snap_points where longitude between $west and $east "
        "and latitude between $south and $north order by snap",
        {"west": west, "south": south, "east": east, "north": north},
    ).fetchnumpy()
    x, y = (np.asarray(found[name], dtype=np.float64) for name in ("longitude", "latitude"))
    inside = np.ones(len(x), dtype=bool)
    if query.polygon:
        inside = in_polygon(x, y, query.polygon)
    elif query.near:
        inside = metres_from(x, y, query.near[0], query.near[1]) <= query.near[2]
    return [int(snap) for snap in np.asarray(found["snap"])[inside]]


def box_of(query: Query) -> tuple[float, float, float, float]:
    """West, south, east and north of the query's shape, in degrees; the whole map without one."""
    if query.bbox:
        return query.bbox
    if query.polygon:
        xs, ys = zip(*query.polygon, strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    if query.near:
        x, y, metres = query.near
        # A tenth more than the radius: a degree of longitude shrinks towards the pole inside the circle.
        rise = metres / METRES_PER_DEGREE * 1.1
        reach = rise / math.cos(math.radians(min(abs(y) + rise, 89.0)))
        return x - reach, y - rise, x + reach, y + rise
    return -180.0, -90.0, 180.0, 90.0


def in_polygon(x: Floats, y: Floats, corners: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    """Whether each point lies inside, by the even-odd rule; of two polygons that share a side, one has a point on it."""
    inside = np.zeros(len(x), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y1 == y2:
            continue
        # From the lower end to the upper one, so that the side gives the same number to both its neighbours.
        (xl, yl), (xu, yu) = ((x1, y1), (x2, y2)) if y1 < y2 else ((x2, y2), (x1, y1))
        inside ^= (yl <= y) & (y < yu) & (x < xl + (y - yl) * (xu - xl) / (yu - yl))
    return inside


def metres_from(x: Floats, y: Floats, longitude: float, latitude: float) -> Floats:
    """Great-circle distance of each point (degrees) from one point, in metres (haversine)."""
    x, y = np.radians(x), np.radians(y)
    middle_x, middle_y = math.radians(longitude), math.radians(latitude)
    half = np.sin((y - middle_y) / 2) ** 2 + math.cos(middle_y) * np.cos(y) * np.sin((x - middle_x) / 2) ** 2
    return np.asarray(2 * EARTH_METRES * np.arcsin(np.sqrt(half)), dtype=np.float64)
