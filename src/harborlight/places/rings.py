"""Rings as ArcGIS and shapefiles state them: outer ones clockwise, holes the other way round, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import shapely


def shape_of_rings(rings: Sequence[Sequence[Any]]) -> shapely.Geometry:
    """The rings as polygons. A hole belongs to the smallest outer ring around it; one that lies in none is ground as well."""
    closed = [shapely.LinearRing([point[:2] for point in ring]) for ring in rings if len(ring) >= 4]
    outer = [shapely.Polygon(ring) for ring in closed if not ring.is_ccw]
    if not outer:  # some servers turn all rings the wrong way round
        return reduce(shapely.symmetric_difference, map(shapely.Polygon, closed), shapely.Polygon())
    holes: list[list[shapely.LinearRing]] = [[] for _ in outer]
    orphans = []
    for ring in (ring for ring in closed if ring.is_ccw):
        point = shapely.point_on_surface(shapely.Polygon(ring))
        around = [(shape.area, index) for index, shape in enumerate(outer) if shape.intersects(point)]
        if around:
            holes[min(around)[1]].append(ring)
        else:
            orphans.append(shapely.Polygon(ring))
    shapes = [shapely.Polygon(shape.exterior, inner) for shape, inner in zip(outer, holes, strict=True)] + orphans
    return shapes[0] if len(shapes) == 1 else shapely.multipolygons(shapes)
