"""Every point has exactly one area, the same one that testing it against every polygon gives."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.places import NOWHERE, Locator
from tests.places.conftest import at, square


def by_hand(shapes, points) -> list[int]:
    """The rule, word for word: the lowest number among the areas that hold the point or whose edge it lies on."""
    return [
        min((ix for ix, shape in enumerate(shapes) if shapely.intersects(shape, shapely.Point(point))), default=NOWHERE)
        for point in points
    ]


def locate(shapes, points, cells: int) -> list[int]:
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    return Locator(shapes, most_cells=cells).locate(x, y).tolist()


def corners(shapes) -> list[tuple[float, float]]:
    return [tuple(point) for point in shapely.get_coordinates(np.array(shapes, dtype=object)).tolist()]


@st.composite
def coverages(draw) -> tuple[list, list[tuple[float, float]]]:
    """Cells of a Voronoi diagram, so edges run in every direction, and points in them, on their edges and corners."""
    seeds = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=12, unique=True))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=shapely.box(0, 0, 40, 40)))
    shapes = [shapely.intersection(cell, shapely.box(0, 0, 40, 40)) for cell in cells]
    shapes = [s for s in shapes if s.area > 0][: draw(st.integers(1, 12))]
    ends = corners(shapes)
    free = draw(st.lists(st.tuples(st.floats(-5, 45), st.floats(-5, 45)), max_size=40))
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(ends, ends[1:], strict=False)]
    return shapes, [*free, *ends, *middles, (0.0, 0.0)]


@given(coverages(), st.sampled_from([0, 3, 16, 64, 301]))
@settings(max_examples=60, deadline=None)
def test_located_as_by_hand(drawn, cells) -> None:
    shapes, points = drawn
    assert locate(shapes, points, cells) == by_hand(shapes, points)


@given(st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=6), st.sampled_from([0, 5, 24, 100]))
@settings(max_examples=60, deadline=None)
def test_overlapping_areas_and_points_on_the_sheet(boxes, cells) -> None:
    shapes = [shapely.box(x, y, x + width + 1, y + height + 1) for x, y, width, height in boxes]
    points = [(x / 2, y / 2) for x in range(-1, 30) for y in range(-1, 30)]
    assert locate(shapes, points, cells) == by_hand(shapes, points)


def test_a_shared_edge_and_a_corner_belong_to_the_lowest_number() -> None:
    shapes = [square(0, 0), square(1, 0), square(0, 1), square(1, 1)]
    points = [at(1, 0.5), at(0.5, 1), at(1, 1.5), at(1.5, 1), at(1, 1)]
    assert locate(shapes, points, 64) == [0, 0, 2, 1, 0]


def test_holes_and_parts() -> None:
    ring = square(0, 0, 3, 3).difference(square(1, 1))
    far = shapely.MultiPolygon([square(5, 0), square(5, 2)])
    points = [at(1.5, 1.5), at(0.5, 0.5), at(5.5, 0.5), at(5.5, 1.5), at(5.5, 2.5), at(1, 1.5)]
    assert locate([ring, far], points, 128) == [NOWHERE, 0, 1, NOWHERE, 1, 0]


@pytest.mark.parametrize("cells", [0, 64])
def test_what_is_no_place_is_nowhere(cells) -> None:
    points = [(float("nan"), 39.5), (float("inf"), 39.5), (-76.495, float("nan")), (0, 0), (-76.495, 39.505)]
    assert locate([square(0, 0)], points, cells) == [NOWHERE] * 4 + [0]


def test_no_areas_and_no_points() -> None:
    assert locate([], [(0, 0)], 64) == [NOWHERE]
    assert locate([square(0, 0)], [], 64) == []
