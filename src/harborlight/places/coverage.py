"""A version's areas as one coverage: what they leave out and hold twice, the simpler lines that are published, who touches whom.

All lines are first cut where they meet, so that two neighbours share every edge point by point; ground that two areas claim
goes to the lower number, as it does in `locate`. Only then are the lines simplified: a shared edge stays shared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from harborlight.places.locate import NOWHERE, Shapes, locate_exactly
from harborlight.places.projection import Plane, plane_around

GRID_DEGREES = 1e-6  # lines closer than a tenth of a metre are one line
TOLERANCE_M = 8.0
DECIMALS = 5
SLIVER_M = 2.0  # gaps thinner than this are closed in the published lines


@dataclass(frozen=True)
class Measures:
    """Square metres between the areas that no area holds, and that two or more hold."""

    gaps_m2: float
    overlaps_m2: float


def measure_coverage(shapes: Shapes) -> Measures:
    """Gaps are holes in the areas' union; overlaps are what the areas' sum exceeds it by."""
    plane = plane_around(shapely.total_bounds(shapes))
    union = shapely.union_all(shapes)
    holes = [hole for part in shapely.get_parts(union) for hole in part.interiors]
    gaps = plane.areas_m2(np.array([shapely.Polygon(hole) for hole in holes], dtype=object)).sum() if holes else 0.0
    excess = plane.areas_m2(shapes).sum() - plane.areas_m2(np.array([union], dtype=object)).sum()
    return Measures(round(float(gaps), 1), max(0.0, round(float(excess), 1)))


def share_edges(shapes: Shapes) -> Shapes:
    """The same areas with every shared edge in both, point by point, and no ground in two of them."""
    plane = plane_around(shapely.total_bounds(shapes))
    lines = shapely.union_all(shapely.boundary(shapes), grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    owner = locate_exactly(shapes, inside[:, 0], inside[:, 1])
    owner = _close_slivers(faces, owner, plane)
    shared = shapes.copy()
    for index in range(len(shapes)):
        own = faces[owner == index]
        if len(own):  # an area that a lower number covers whole keeps its own lines
            shared[index] = shapely.coverage_union_all(own)
    return shared


def _close_slivers(faces: Shapes, owner: NDArray[np.int32], plane: Plane) -> NDArray[np.int32]:
    """Give gaps that are thinner than SLIVER_M to the neighbour with the lowest number: lines that nearly meet were meant to."""
    open_faces = np.flatnonzero(owner == NOWHERE)
    if not len(open_faces):
        return owner
    flat = shapely.transform(faces[open_faces], plane.to_metres)
    thin = open_faces[2 * shapely.area(flat) / shapely.length(flat) < SLIVER_M]
    closed = owner.copy()
    tree = shapely.STRtree(faces)
    for face in thin:
        near = tree.query(faces[face], predicate="touches")
        lines = shapely.length(shapely.intersection(shapely.boundary(faces[face]), shapely.boundary(faces[near])))
        owners = owner[near[(lines > 0) & (owner[near] != NOWHERE)]]
        if len(owners):
            closed[face] = owners.min()
    return closed


def simplify(shapes: Shapes) -> Shapes:
    """Simpler lines for drawing, 5 decimals, from areas with shared edges. Never an empty or invalid shape."""
    plane = plane_around(shapely.total_bounds(shapes))
    flat = shapely.coverage_simplify(shapely.transform(shapes, plane.to_metres), TOLERANCE_M)
    simple = shapely.transform(flat, lambda metres: plane.to_degrees(metres).round(DECIMALS))
    simple = shapely.remove_repeated_points(simple)
    # Rounding may pinch a thin area: that one keeps its own lines, rounded less.
    for index in np.flatnonzero(~shapely.is_valid(simple) | shapely.is_empty(simple)):
        simple[index] = _repair(simple[index], shapes[index])
    return np.asarray(simple, dtype=object)


def _repair(pinched: shapely.Geometry, own: shapely.Geometry) -> shapely.Geometry:
    valid = shapely.make_valid(pinched, method="structure", keep_collapsed=False)
    is_whole = shapely.get_dimensions(valid) == 2 and shapely.area(valid) > 0.5 * shapely.area(own)
    return shapely.multipolygons(shapely.get_parts(valid)) if is_whole else own


def find_neighbours(shapes: Shapes) -> list[tuple[int, int]]:
    """Pairs of areas with a common edge, in both directions. A common corner makes no neighbours."""
    parts, area = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = points + 0.0  # no negative zero
    is_edge = ring[1:] == ring[:-1]
    one, other, owner = points[:-1][is_edge], points[1:][is_edge], area[part[ring[1:][is_edge]]]
    turned = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    edges = np.where(turned[:, None], np.hstack([other, one]), np.hstack([one, other]))
    order = np.lexsort((owner, *edges.T))
    edges, owner = edges[order], owner[order]
    same = (edges[1:] == edges[:-1]).all(axis=1) & (owner[1:] != owner[:-1])
    pairs = {(int(a), int(b)) for a, b in zip(owner[:-1][same], owner[1:][same], strict=True)}
    return sorted(pairs | {(b, a) for a, b in pairs})


def label_points(shapes: Shapes) -> NDArray[np.float64]:
    """A point well inside each area: the middle of the largest circle in its largest part; 5 decimals where these are inside."""
    points = np.empty((len(shapes), 2))
    for index, shape in enumerate(shapes):
        parts = shapely.get_parts(shape)
        largest = parts[np.argmax(shapely.area(parts))]
        west, south, east, north = shapely.bounds(largest)
        radius = shapely.maximum_inscribed_circle(largest, tolerance=max(east - west, north - south) / 200)
        candidates = [shapely.Point(radius.coords[0]), shapely.point_on_surface(shape)]
        rounded = [shapely.Point(round(p.x, DECIMALS), round(p.y, DECIMALS)) for p in candidates]
        inside = next(p for p in (*rounded, *candidates) if shapely.contains_properly(shape, p))
        points[index] = inside.x, inside.y
    return points
