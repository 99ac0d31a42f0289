"""Which area is a point in? Exact, and fast for many points.

A point belongs to the area with the lowest number among those that hold it or whose edge it lies on, so a point on a
shared edge or corner has exactly one area. A raster answers most points by look-up: its cells that no edge touches lie
wholly in one area (or in none). Only points in cells that an edge touches are tested against the polygons themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from harborlight.places.projection import Floats

NOWHERE = -1
MOST_CELLS = 2048
MARGIN = 0.01  # of a cell: far more than any rounding of a coordinate
Numbers = NDArray[np.int32]
Shapes = NDArray[np.object_]


def locate_exactly(shapes: Shapes, x: Floats, y: Floats) -> Numbers:
    """The lowest index of the shapes that hold each point or touch it, else NOWHERE."""
    found = np.full(len(x), NOWHERE, dtype=np.int32)
    bounds = shapely.bounds(shapes)
    # Sorted by x, the points within a shape's west and east are one slice.
    order = np.argsort(x, kind="stable")
    sorted_x, sorted_y = x[order], y[order]
    sorted_found = found[order]
    begin = np.searchsorted(sorted_x, bounds[:, 0], "left")
    end = np.searchsorted(sorted_x, bounds[:, 2], "right")
    shapely.prepare(shapes)
    for index in range(len(shapes)):
        part = slice(begin[index], end[index])
        near = sorted_y[part]
        open_here = (sorted_found[part] == NOWHERE) & (near >= bounds[index, 1]) & (near <= bounds[index, 3])
        candidates = np.flatnonzero(open_here) + begin[index]
        inside = shapely.intersects_xy(shapes[index], sorted_x[candidates], sorted_y[candidates])
        sorted_found[candidates[inside]] = index
    found[order] = sorted_found
    return found


@dataclass(frozen=True)
class Raster:
    """Square cells over the areas. `cells` holds for each (row, column) the area, NOWHERE, or BORDER where an edge passes."""

    west: float
    south: float
    step: float
    cells: NDArray[np.int16] | Numbers


BORDER = -2


class Locator:
    """Areas that points can be looked up in. `shapes` are valid polygons in the order of their numbers."""

    def __init__(self, shapes: Sequence[shapely.Geometry] | Shapes, *, most_cells: int = MOST_CELLS) -> None:
        self.shapes: Shapes = np.asarray(shapes, dtype=object)
        self.raster = make_raster(self.shapes, most_cells) if len(self.shapes) and most_cells else None

    def locate(self, x: Floats, y: Floats) -> Numbers:
        """The area of each point (degrees, in the polygons' own coordinates), or NOWHERE."""
        raster = self.raster
        if raster is None:
            return locate_exactly(self.shapes, x, y)
        rows, columns = raster.cells.shape
        with np.errstate(invalid="ignore"):
            column = (x - raster.west) / raster.step
            row = (y - raster.south) / raster.step
            is_over = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found = np.full(len(x), NOWHERE, dtype=np.int32)
        over = np.flatnonzero(is_over)
        cells = row[over].astype(np.int64) * columns + column[over].astype(np.int64)
        found[over] = raster.cells.ravel()[cells]
        border = np.flatnonzero(found == BORDER)
        found[border] = locate_exactly(self.shapes, x[border], y[border])
        return found


def make_raster(shapes: Shapes, most_cells: int) -> Raster:
    """Mark the cells that any edge touches, and ask for one point of each connected rest which area it is in."""
    west, south, east, north = shapely.total_bounds(shapes)
    step = max(east - west, north - south, 1e-9) / most_cells
    # One empty cell around everything keeps the outside connected and every edge inside the raster.
    west, south = west - step, south - step
    shape = (int((north - south) / step) + 2, int((east - west) / step) + 2)
    is_edge = _mark_edges(shapes, west, south, step, shape)
    labels, n = ndimage.label(~is_edge)
    kind = np.int16 if len(shapes) < 2**15 else np.int32
    cells = np.full(shape, BORDER, dtype=kind)
    if n:
        seeds = np.empty(n + 1, dtype=np.int64)
        seeds[labels.ravel()] = np.arange(labels.size)  # any cell of each connected rest will do
        row, column = np.divmod(seeds[1:], shape[1])
        area = locate_exactly(shapes, west + (column + 0.5) * step, south + (row + 0.5) * step)
        cells = np.concatenate([[BORDER], area]).astype(kind)[labels]
    return Raster(west, south, step, cells)


def _mark_edges(shapes: Shapes, west: float, south: float, step: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells that an edge touches, and a few more: every edge is cut into pieces of at most a cell, whose boxes are marked."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    units = (points - (west, south)) / step
    is_edge = ring[1:] == ring[:-1]
    begin, end = units[:-1][is_edge], units[1:][is_edge]
    pieces = np.maximum(np.ceil(np.abs(end - begin).max(axis=1)), 1).astype(np.int64)
    of = np.repeat(np.arange(len(begin)), pieces)
    at = np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    move = (end - begin)[of] / pieces[of, None]
    one = begin[of] + move * at[:, None]
    other = one + move
    low = np.floor(np.minimum(one, other) - MARGIN).astype(np.int64)
    high = np.floor(np.maximum(one, other) + MARGIN).astype(np.int64)
    marked = np.zeros(shape, dtype=bool)
    for add in np.ndindex(3, 3):  # a piece of at most one cell touches at most three in each direction
        here = np.minimum(low + add, high)
        column, row = np.clip(here, 0, (shape[1] - 1, shape[0] - 1)).T
        marked[row, column] = True
    return marked
