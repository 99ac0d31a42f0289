"""Where unusually many events were recorded: local statistics on cells of a grid.

In go points in metres (or any flat units), out come the cells in which, with their neighbours, far more lie than in the city
as a whole. Cells are an arbitrary cut of the ground and another cut can give another map, so a cell is only shown when it
stands out on other grids too, and the share of false flags among all cells looked at is controlled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from harborlight.statistics.multiple import adjust_for_many

Floats = NDArray[np.float64]
Window = tuple[float, float, float, float]

FALSE_SHARE = 0.05
FEWEST_IN_CELL = 10
# The other grids as (size, shift), both in sides of a cell: the same cells moved by half a side, smaller ones, larger ones.
OTHER_GRIDS = ((1.0, 0.5), (0.75, 0.0), (1.5, 0.0))
OTHERS_NEEDED = 2
MOST_CELLS = 250_000


def local_g(values: ArrayLike, weights: ArrayLike, *, with_self: bool = True) -> Floats:
    """Return the z-score of Getis and Ord's local statistic for each place: Gi* with the place itself, Gi without.

    `weights` is a square matrix, 1 for neighbours; its diagonal is set here. Ord and Getis 1995, Geographical Analysis
    27:286-306. 0 where a place has no neighbours, where all are its neighbours, or where all values are alike.
    """
    x, w = np.asarray(values, dtype=np.float64), np.array(weights, dtype=np.float64)
    n = len(x)
    if w.shape != (n, n):
        raise ValueError(f"weights must be a matrix of {n} by {n}, not {w.shape}")
    np.fill_diagonal(w, 1.0 if with_self else 0.0)
    total, squares = w.sum(axis=1), (w**2).sum(axis=1)
    if with_self:
        return _z_scores(w @ x, total, squares, x.mean(), x.var(), n)
    mean = (x.sum() - x) / (n - 1)
    variance = ((x**2).sum() - x**2) / (n - 1) - mean**2
    return _z_scores(w @ x, total, squares, mean, variance, n - 1)


def _z_scores(
    sums: Floats, total: Floats, squares: Floats, mean: Floats | float, variance: Floats | float, n: int
) -> Floats:
    scale = np.sqrt(np.maximum(variance * (n * squares - total**2) / max(1, n - 1), 0))
    flat = scale < 1e-12 * max(1.0, float(np.max(np.abs(sums), initial=0)))
    return np.asarray(np.where(flat, 0.0, (sums - mean * total) / np.where(flat, 1.0, scale)), dtype=np.float64)


# ------------------------------------------------------------------------------------------------- cells


@dataclass(frozen=True)
class UnusualCell:
    """A square cell with unusually many events, in the units of the points. `n` events lie in it.

    `z` is Gi* with the eight cells around, `p_value` its upper tail adjusted for all cells looked at (`n_cells`), `n_grids`
    on how many of the four grids the place stood out.
    """

    west: float
    south: float
    east: float
    north: float
    n: int
    z: float
    p_value: float
    n_grids: int
    n_cells: int


@dataclass(frozen=True)
class _Grid:
    """Counts of square cells; row 0 is the southernmost. `is_ground` marks the cells that belong to the city."""

    west: float
    south: float
    side: float
    counts: Floats
    is_ground: NDArray[np.bool_]
    z: Floats
    p: Floats

    def flagged_at(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Whether each point lies in a cell that stands out on this grid."""
        column = np.floor((x - self.west) / self.side).astype(int)
        row = np.floor((y - self.south) / self.side).astype(int)
        rows, columns = self.counts.shape
        on = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        flags = self.is_ground & (self.p <= FALSE_SHARE) & (self.z > 0)
        return np.asarray(on & flags[np.where(on, row, 0), np.where(on, column, 0)], dtype=bool)


def unusual_cells(
    x: ArrayLike, y: ArrayLike, window: Window, side: float, ground: tuple[ArrayLike, ArrayLike] | None = None
) -> list[UnusualCell]:
    """Return the cells of `side` by `side` in which unusually many of the events at (x, y) lie, most unusual first.

    `window` (west, south, east, north) bounds the grid, `side` is in the same units. `ground` are points that say where
    events can lie at all (for instance all public points): a cell with none of them, such as open water, is no part of the
    city; without `ground` the whole window is. A cell is returned when it holds ten events or more, its Gi* stands out among
    all cells (false flags at most 5 %), and at least half of it does so on two of the three other grids.
    """
    events = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    places = (
        None if ground is None else (np.asarray(ground[0], dtype=np.float64), np.asarray(ground[1], dtype=np.float64))
    )
    base = _make_grid(events, places, window, side, 0.0)
    others = [_make_grid(events, places, window, side * size, side * size * shift) for size, shift in OTHER_GRIDS]
    rows, columns = np.nonzero(
        base.is_ground & (base.p <= FALSE_SHARE) & (base.z > 0) & (base.counts >= FEWEST_IN_CELL)
    )
    west, south = (
        np.asarray(edge, dtype=np.float64) for edge in (base.west + columns * side, base.south + rows * side)
    )
    agreeing = sum((_covered(other, west, south, side) for other in others), np.zeros(len(west), dtype=int))
    found = [
        UnusualCell(
            float(west[i]), float(south[i]), float(west[i] + side), float(south[i] + side), int(base.counts[rows[i], columns[i]]),
            float(base.z[rows[i], columns[i]]), float(base.p[rows[i], columns[i]]), 1 + int(agreeing[i]), int(base.is_ground.sum()),
        )
        for i in np.nonzero(agreeing >= OTHERS_NEEDED)[0]
    ]  # fmt: skip
    return sorted(found, key=lambda cell: (-cell.z, cell.south, cell.west))


def _make_grid(
    events: tuple[Floats, Floats], ground: tuple[Floats, Floats] | None, window: Window, side: float, shift: float
) -> _Grid:
    west, south, east, north = window
    if not (side > 0 and east > west and north > south):
        raise ValueError("a grid needs a window with west before east, south before north, and a side above 0")
    west, south = west - shift, south - shift
    shape = int(np.ceil((north - south) / side)), int(np.ceil((east - west) / side))
    if shape[0] * shape[1] > MOST_CELLS:
        raise ValueError(f"this grid has {shape[0] * shape[1]} cells; at most {MOST_CELLS} can be tested")
    counts = _count(events, west, south, side, shape)
    is_ground = np.ones(shape, dtype=bool) if ground is None else _count(ground, west, south, side, shape) > 0
    is_ground |= counts > 0
    z = _local_g_of_cells(counts, is_ground)
    p = np.ones(shape)
    p[is_ground] = adjust_for_many(special.ndtr(-z[is_ground]))
    return _Grid(west, south, side, counts, is_ground, z, p)


def _count(points: tuple[Floats, Floats], west: float, south: float, side: float, shape: tuple[int, int]) -> Floats:
    column = np.floor((points[0] - west) / side)
    row = np.floor((points[1] - south) / side)
    on = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
    index = row[on].astype(int) * shape[1] + column[on].astype(int)
    return np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _local_g_of_cells(counts: Floats, is_ground: NDArray[np.bool_]) -> Floats:
    """Gi* of each ground cell with the ground cells among the eight around it."""
    inside = np.where(is_ground, counts, 0.0)
    sums, neighbours = _sum_around(inside), _sum_around(is_ground.astype(np.float64))
    values = counts[is_ground]
    if not len(values):
        return np.zeros_like(counts)
    return _z_scores(sums, neighbours, neighbours, float(values.mean()), float(values.var()), len(values))


def _sum_around(cells: Floats) -> Floats:
    """Each cell with its eight neighbours, added up."""
    padded = np.pad(cells, 1)
    rows, columns = cells.shape
    parts: Sequence[Floats] = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def _covered(grid: _Grid, west: Floats, south: Floats, side: float) -> NDArray[np.int_]:
    """1 for each square of which at least half stands out on a grid, looked at in 16 places of it, else 0."""
    steps = (np.arange(4) + 0.5) / 4 * side
    share = (
        sum((grid.flagged_at(west + i, south + j).astype(float) for i in steps for j in steps), np.zeros(len(west)))
        / 16
    )
    return (share >= 0.5).astype(int)
