"""Gaps and overlaps in square metres, shared edges that stay shared, neighbours, labels."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.places.coverage import find_neighbours, label_points, measure_coverage, share_edges, simplify
from harborlight.places.projection import Plane, mercator
from tests.places.conftest import square


def shapes_of(*shapes) -> np.ndarray:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def edges_of(shape) -> set[frozenset]:
    found = set()
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            found |= {frozenset(pair) for pair in zip(ring.coords, ring.coords[1:], strict=False)}
    return found


def wavy(column: float, row: float, to_row: float) -> list[tuple[float, float]]:
    """A line upwards with many small bends."""
    steps = np.linspace(row, to_row, 60)
    return [(-76.5 + 0.01 * (column + 0.02 * np.sin(9 * step)), 39.5 + 0.01 * step) for step in steps]


# A square of a hundredth of a degree at this latitude, from the lengths of a degree there (85,931 m and 111,026 m).
SQUARE_M2 = 859.31 * 1110.26


def test_gaps_and_overlaps_are_measured_in_square_metres() -> None:
    frame = square(0, 0, 3, 3).difference(square(1, 1))
    over = square(2.5, 0, 1, 3)
    measures = measure_coverage(shapes_of(frame, over))
    assert measures.gaps_m2 == pytest.approx(SQUARE_M2, rel=0.001)
    assert measures.overlaps_m2 == pytest.approx(1.5 * SQUARE_M2, rel=0.001)
    clean = measure_coverage(shapes_of(square(0, 0), square(1, 0)))
    assert clean.gaps_m2 == clean.overlaps_m2 == 0


def test_the_plane_gives_the_published_lengths_of_a_degree() -> None:
    """WGS84 at 39° 30': 86,008 m a degree of longitude, 111,025 m a degree of latitude (the ellipsoid's own radii)."""
    a, e2, sine = 6378137.0, 0.00669437999014, np.sin(np.radians(39.5))
    east = np.radians(1) * a * np.cos(np.radians(39.5)) / np.sqrt(1 - e2 * sine**2)
    north = np.radians(1) * a * (1 - e2) / (1 - e2 * sine**2) ** 1.5
    x, y = Plane(-76.5, 39.5).to_metres(np.array([[-76.49, 39.5], [-76.5, 39.501]])).T
    assert x[0] == pytest.approx(east / 100, rel=1e-9) and y[1] == pytest.approx(north / 1000, rel=1e-4)


@given(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_the_plane_leads_back(dx, dy) -> None:
    plane = Plane(-76.6, 39.3)
    there = plane.to_metres(np.array([[-76.6 + dx, 39.3 + dy]]))
    assert plane.to_degrees(there) == pytest.approx(np.array([[-76.6 + dx, 39.3 + dy]]), abs=1e-9)


def test_the_surface_of_the_earth() -> None:
    """The northern hemisphere in slices: 255,032,811 km² (half of WGS84's 510,065,622)."""
    slices = [shapely.segmentize(shapely.box(-180, south, 180, south + 10), 1) for south in range(0, 90, 10)]
    km2 = Plane(0, 0).areas_m2(shapes_of(*slices)).sum() / 1e6
    assert km2 == pytest.approx(255_032_811, rel=1e-6)


def test_mercator_is_that_of_map_tiles() -> None:
    """The worked example of the OpenStreetMap wiki on tile names: Shibuya at zoom 18 is tile 232798/103246."""
    x, y = mercator(np.array([139.7006793, 0.0, -180.0]), np.array([35.6590699, 0.0, 85.05112878]))
    assert (x[0] >> 14, y[0] >> 14) == (232798, 103246)
    assert (x[1], y[1]) == (2**31, 2**31) and x[2] == 0 and y[2] < 10


def test_simplified_neighbours_keep_their_edge() -> None:
    line = wavy(1, 0, 1)
    west = shapely.Polygon([(-76.5, 39.5), *line, (-76.5, 39.51)])
    east = shapely.Polygon([*line, (-76.48, 39.51), (-76.48, 39.5)])
    simple = simplify(share_edges(shapes_of(west, east)))
    assert shapely.get_num_coordinates(simple).sum() < shapely.get_num_coordinates(shapes_of(west, east)).sum() / 2
    shared = edges_of(simple[0]) & edges_of(simple[1])
    assert shared and simple[0].intersection(simple[1]).area == 0
    assert shapely.area(shapely.union_all(simple)) == pytest.approx(shapely.area(simple).sum(), rel=1e-12)
    assert all(round(x, 5) == x and round(y, 5) == y for x, y in shapely.get_coordinates(simple).tolist())


def test_a_corner_on_a_neighbours_edge_is_put_into_that_edge() -> None:
    big, low, high = square(0, 0, 1, 2), square(1, 0), square(1, 1)
    shared = share_edges(shapes_of(big, low, high))
    assert len(edges_of(shared[0]) & edges_of(shared[1])) == 1
    assert find_neighbours(shared) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]


def test_disputed_ground_is_drawn_with_the_lower_number() -> None:
    first, second = share_edges(shapes_of(square(0, 0, 2, 1), square(1, 0, 2, 1)))
    assert first.area == pytest.approx(square(0, 0, 2, 1).area) and second.area == pytest.approx(square(2, 0).area)
    assert first.intersection(second).area == 0


def test_lines_that_nearly_meet_are_drawn_as_one() -> None:
    gap = 1e-5  # a degree: less than a metre
    west, east = square(0, 0), square(1 + gap / 0.01, 0)
    frame = [square(-1, -1, 4, 1), square(-1, 1, 4, 1), square(-1, 0), square(2 + gap / 0.01, 0, 1 - gap / 0.01, 1)]
    shared = share_edges(shapes_of(west, east, *frame))
    assert (0, 1) in find_neighbours(shared)
    assert measure_coverage(shared).gaps_m2 == 0 and measure_coverage(shapes_of(west, east, *frame)).gaps_m2 > 500


def test_a_common_corner_makes_no_neighbours() -> None:
    assert find_neighbours(share_edges(shapes_of(square(0, 0), square(1, 1)))) == []


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=4, max_size=15, unique=True))
@settings(max_examples=40, deadline=None)
def test_labels_lie_inside_and_simple_shapes_are_valid(seeds) -> None:
    box = shapely.box(0, 0, 30, 30)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=box))
    to_degrees = lambda p: p * 0.001 + (-76.5, 39.5)  # noqa: E731
    shapes = shapes_of(
        *[shapely.transform(c.intersection(box), to_degrees) for c in cells if c.intersection(box).area > 0]
    )
    for shape, (x, y) in zip(shapes, label_points(shapes), strict=True):
        assert shapely.contains_properly(shape, shapely.Point(x, y))
    simple = simplify(share_edges(shapes))
    assert shapely.is_valid(simple).all() and not shapely.is_empty(simple).any()
