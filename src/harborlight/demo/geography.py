"""The ground plan of Port Calvert: coast, neighbourhoods, two versions of police districts, street blocks.

A warped lattice of 8 by 6 cells goes in (40 land, 8 water), each cut into quarters; out come lon/lat rings
whose shared borders are the very same points, so that areas neither overlap nor leave gaps. The place is open
Atlantic, 500 km from any shore: no real address can be taken for one of the demo's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from harborlight.demo.names import ACCENTED_STREETS, DISTRICTS, NEIGHBORHOODS, STREETS

Point = tuple[float, float]
Ring = tuple[Point, ...]
Node = tuple[int, int]

PLAN_SEED = 1729
COLUMNS, ROWS = 8, 6
CELL_KM = 1.6
ORIGIN = (-68.075, 36.955)
KM_LON = 1 / (111.32 * math.cos(math.radians(37.0)))
KM_LAT = 1 / 110.97
BBOX = (-68.12, 36.92, -67.89, 37.08)
WATER: frozenset[Node] = frozenset({(7, 3), (5, 2), (6, 2), (7, 2), (4, 1), (5, 1), (4, 0), (5, 0)})
BLOCKS_EACH = 60
REDRAW = date(2025, 7, 1)

# District number per cell, north row first; "." is water.
LINES_BEFORE = ("00001111", "00001111", "3332222.", "33322...", "4445..55", "4445..55")
LINES_SINCE = ("00011111", "00002211", "3332222.", "33222...", "3444..55", "4445..55")


@dataclass(frozen=True)
class Neighborhood:
    """One neighbourhood: a cell of the lattice. Districts are indexes into `names.DISTRICTS`."""

    index: int
    id: str
    name: str
    cell: Node
    ring: Ring
    district_before: int
    district_since: int

    def district_on(self, day: date) -> int:
        return self.district_since if day >= REDRAW else self.district_before


@dataclass(frozen=True)
class Blocks:
    """All street blocks, in parallel arrays; neighbourhood k owns rows k * BLOCKS_EACH onwards."""

    neighborhood: NDArray[np.int64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    text: tuple[str, ...]


def land_cells() -> tuple[Node, ...]:
    """Cells (column, row from the south) that are land, north-west first: the order of the names."""
    return tuple((c, r) for r in reversed(range(ROWS)) for c in range(COLUMNS) if (c, r) not in WATER)


@cache
def corner(c: int, r: int) -> Point:
    """A lattice node in kilometres from the south-west corner, moved a little."""
    dx, dy = np.random.default_rng([PLAN_SEED, c, r]).uniform(-0.2, 0.2, 2)
    return (c + float(dx)) * CELL_KM, (r + float(dy)) * CELL_KM


def lonlat(x: float, y: float) -> Point:
    return round(ORIGIN[0] + x * KM_LON, 6), round(ORIGIN[1] + y * KM_LAT, 6)


def is_land(cell: Node) -> bool:
    return 0 <= cell[0] < COLUMNS and 0 <= cell[1] < ROWS and cell not in WATER


@cache
def _border(a: Node, b: Node) -> Ring:
    """The winding line between two neighbouring nodes, both ends included; shores wind more than borders."""
    if a > b:
        return tuple(reversed(_border(b, a)))
    (c, r), upright = a, a[0] == b[0]
    sides = ((c - 1, r), (c, r)) if upright else ((c, r - 1), (c, r))
    is_shore = is_land(sides[0]) != is_land(sides[1])
    rng = np.random.default_rng([PLAN_SEED, c, r, int(upright), 7])
    line, swing = [corner(*a), corner(*b)], 0.11 if is_shore else 0.035
    for _ in range(4 if is_shore else 2):
        bent = [line[0]]
        for (x0, y0), (x1, y1) in pairwise(line):
            push = float(rng.uniform(-swing, swing))
            bent += [((x0 + x1) / 2 - (y1 - y0) * push, (y0 + y1) / 2 + (x1 - x0) * push), (x1, y1)]
        line = bent
    return tuple(lonlat(x, y) for x, y in line)


# Every cell is cut into four quarters. Nodes of the quarters have twice the lattice's numbers: both even is a
# corner of cells, one odd the middle of a border, both odd the middle of a cell.


@cache
def _middle(c: int, r: int) -> Point:
    """A point near the middle of a cell, where its quarters meet."""
    corners = [corner(c + dc, r + dr) for dc in (0, 1) for dr in (0, 1)]
    dx, dy = np.random.default_rng([PLAN_SEED, c, r, 11]).uniform(-0.06, 0.06, 2) * CELL_KM
    return lonlat(sum(x for x, _ in corners) / 4 + float(dx), sum(y for _, y in corners) / 4 + float(dy))


@cache
def _step(a: Node, b: Node) -> Ring:
    """The line between two neighbouring nodes of the quarters, both ends included."""
    if a > b:
        return tuple(reversed(_step(b, a)))
    upright = a[0] == b[0]
    if a[0 if upright else 1] % 2 == 0:
        start = (a[0] // 2, a[1] // 2)
        whole = _border(start, (start[0], start[1] + 1) if upright else (start[0] + 1, start[1]))
        half = len(whole) // 2
        return whole[: half + 1] if a[1 if upright else 0] % 2 == 0 else whole[half:]
    (x0, y0), (x1, y1) = quarter_node(a), quarter_node(b)
    rng = np.random.default_rng([PLAN_SEED, *a, int(upright), 13])
    push, slant = float(rng.uniform(-0.06, 0.06)), KM_LON / KM_LAT
    bend = (x0 + x1) / 2 - (y1 - y0) * slant * push, (y0 + y1) / 2 + (x1 - x0) / slant * push
    return (x0, y0), (round(bend[0], 6), round(bend[1], 6)), (x1, y1)


def quarter_node(node: Node) -> Point:
    """Longitude and latitude of a node of the quarters."""
    c, r = node[0] // 2, node[1] // 2
    if node[0] % 2 and node[1] % 2:
        return _middle(c, r)
    if node[0] % 2 or node[1] % 2:
        whole = _border((c, r), (c + 1, r) if node[0] % 2 else (c, r + 1))
        return whole[len(whole) // 2]
    return lonlat(*corner(c, r))


def quarters_of(cell: Node) -> tuple[Node, Node, Node, Node]:
    """South-west, south-east, north-west and north-east quarter of a cell."""
    c, r = cell
    return (2 * c, 2 * r), (2 * c + 1, 2 * r), (2 * c, 2 * r + 1), (2 * c + 1, 2 * r + 1)


def _edges(cell: Node) -> tuple[tuple[Node, Node], ...]:
    """The four sides of a quarter, counter-clockwise."""
    c, r = cell
    corners = ((c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1))
    return tuple((corners[k], corners[(k + 1) % 4]) for k in range(4))


def outline_quarters(quarters: frozenset[Node]) -> tuple[Ring, ...]:
    """Closed rings around a set of quarters, counter-clockwise outside; holes run clockwise."""
    open_edges = {edge for quarter in quarters for edge in _edges(quarter)}
    open_edges = {(a, b) for a, b in open_edges if (b, a) not in open_edges}
    rings = []
    while open_edges:
        start, here = min(open_edges)
        open_edges.discard((start, here))
        ring = list(_step(start, here))
        while here != start:
            there = min(b for a, b in open_edges if a == here)
            open_edges.discard((here, there))
            ring += _step(here, there)[1:]
            here = there
        rings.append(tuple(ring))
    return tuple(rings)


def outline(cells: frozenset[Node]) -> tuple[Ring, ...]:
    """Closed rings around a set of cells."""
    return outline_quarters(frozenset(quarter for cell in cells for quarter in quarters_of(cell)))


def area_id(name: str) -> str:
    return name.lower().replace(" ", "-")


@lru_cache
def neighborhoods() -> tuple[Neighborhood, ...]:
    """All neighbourhoods, in the order of their names."""
    made = []
    for index, (name, (c, r)) in enumerate(zip(NEIGHBORHOODS, land_cells(), strict=True)):
        before, since = LINES_BEFORE[ROWS - 1 - r][c], LINES_SINCE[ROWS - 1 - r][c]
        ring = outline(frozenset({(c, r)}))[0]
        made.append(Neighborhood(index, area_id(name), name, (c, r), ring, int(before), int(since)))
    return tuple(made)


def district_changes(one: Node, other: Node) -> bool:
    """Whether two land cells lie in different districts under the lines before or since the redraw."""
    return any(
        rows[ROWS - 1 - one[1]][one[0]] != rows[ROWS - 1 - other[1]][other[0]] for rows in (LINES_BEFORE, LINES_SINCE)
    )


def neighborhood_index(name: str) -> int:
    return NEIGHBORHOODS.index(name)


def district_rings(on: date) -> dict[str, tuple[Ring, ...]]:
    """District id → its rings under the lines in force on a day."""
    found: dict[str, tuple[Ring, ...]] = {}
    for number, (district_id, *_) in enumerate(DISTRICTS):
        cells = frozenset(n.cell for n in neighborhoods() if n.district_on(on) == number)
        found[district_id] = outline(cells)
    return found


def harbor_rings() -> tuple[Ring, ...]:
    """The water inside the city's frame."""
    return outline(WATER)


def city_rings() -> tuple[Ring, ...]:
    """The city's land: the mainland and Gannet Island."""
    return outline(frozenset(land_cells()))


def within(cell: Node, u: float, v: float) -> Point:
    """The point of a cell at shares `u` of its width and `v` of its height."""
    c, r = cell
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (
        corner(c + dc, r + dr) for dc, dr in ((0, 0), (1, 0), (1, 1), (0, 1))
    )
    x = (1 - u) * (1 - v) * ax + u * (1 - v) * bx + u * v * cx + (1 - u) * v * dx
    y = (1 - u) * (1 - v) * ay + u * (1 - v) * by + u * v * cy + (1 - u) * v * dy
    return lonlat(x, y)


@lru_cache
def blocks() -> Blocks:
    """Street blocks with a location text such as `1200 BLK KESTREL ST`; always inside their neighbourhood."""
    rng = np.random.default_rng([PLAN_SEED, 99])
    owner, lon, lat, text = [], [], [], []
    for place in neighborhoods():
        names = [STREETS[i] for i in rng.permutation(len(STREETS))[:8]]
        if place.index in (20, 21):
            names[0] = ACCENTED_STREETS[place.index - 20]
        taken: set[str] = set()
        while len(taken) < BLOCKS_EACH:
            where = f"{int(rng.integers(1, 49)) * 100} BLK {names[int(rng.integers(0, 8))].upper()}"
            u, v = rng.uniform(0.15, 0.85, 2)
            if where in taken:
                continue
            taken.add(where)
            here = within(place.cell, float(u), float(v))
            owner.append(place.index)
            lon.append(here[0])
            lat.append(here[1])
            text.append(where)
    return Blocks(np.array(owner), np.array(lon), np.array(lat), tuple(text))
