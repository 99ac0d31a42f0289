"""What a map shows of a question: counts in cells of a grid, counts at public points, and the records at one of them.

Everything is read from table `tiles`, which holds nothing but listed records with a public point. Positions are web
mercator in whole steps of a world 2^32 wide, y down, so that a tile or a cell is a range of whole numbers and every
record lies in one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harborlight.metrics.compile import EPOCH, WEAPONS, Scan, compile_scan
from harborlight.metrics.facts import areas_in
from harborlight.metrics.shapes import Facts, Query
from harborlight.metrics.shapes_on_map import snaps_inside
from harborlight.store import Connection

Numbers = NDArray[np.int64]
WORLD_BITS = 32
# A tile is cut into 64 by 64 cells.
CELL_BITS = 6


@dataclass(frozen=True)
class Cells:
    """Cells that hold something, southward from the north-west: column and row among all cells of their size, and n."""

    column: Numbers
    row: Numbers
    n: Numbers


@dataclass(frozen=True)
class Points:
    """Public points that hold something, by number: mercator position and n."""

    snap: Numbers
    x: Numbers
    y: Numbers
    n: Numbers


Box = tuple[int, int, int, int]


def tile_box(z: int, x: int, y: int) -> Box:
    """First and last x and first and last y of a tile."""
    side = 1 << (WORLD_BITS - z)
    return x * side, (x + 1) * side - 1, y * side, (y + 1) * side - 1


def count_on_map(con: Connection, facts: Facts, query: Query) -> int:
    """How many of the question's records the map shows, its drawn shape included."""
    source = _rows(con, facts, query)
    row = con.execute(f"select {source.value} from {source.tables} where {source.where}", source.params).fetchone()
    return int(row[0]) if row else 0


def read_cells(con: Connection, facts: Facts, query: Query, bits: int, box: Box | None = None) -> Cells:
    """Counts in cells 2^bits wide, of one tile or of the whole city."""
    points = read_points(con, facts, query, box)
    # Points are few: they are counted first, then put into cells here, which takes a third of the engine's time for a join.
    side = WORLD_BITS - bits
    cells, at = np.unique((points.y >> bits << side) | (points.x >> bits), return_inverse=True)
    n = np.bincount(at, weights=points.n, minlength=len(cells)).astype(np.int64)
    return Cells(cells & ((1 << side) - 1), cells >> side, n)


def read_points(con: Connection, facts: Facts, query: Query, box: Box | None = None) -> Points:
    """Counts at public points, of one tile or of the whole city."""
    source = _rows(con, facts, query, box)
    counted = con.execute(f"select snap, {source.value} as n from {source.tables} where {source.where} group by 1", source.params).fetchnumpy()
    published = con.execute("select snap, x, y from snap_points order by snap").fetchnumpy()
    snaps, numbers = _whole(counted["snap"]), _whole(counted["n"])
    order = np.argsort(snaps)
    snaps, numbers = snaps[order], numbers[order]
    at = np.searchsorted(_whole(published["snap"]), snaps)
    return Points(snaps, _whole(published["x"])[at], _whole(published["y"])[at], numbers)


def read_records_at(con: Connection, facts: Facts, query: Query, snap: int, most: int) -> list[dict[str, Any]]:
    """Records that the question counts at one public point, newest first: day, hour, offense and weapon as published."""
    source = compile_scan(facts, replace(query, by=(), bbox=None, polygon=None, near=None), on_map=True)
    found = con.execute(
        f'select "day", "hour", offense, weapon from {source.tables} where {source.where} and snap = $snap '
        f'order by "day" desc, "hour" desc nulls last, offense limit $most',
        source.params | {"snap": snap, "most": most},
    ).fetchall()
    names = {offense.ix: offense.name for offense in facts.offenses}
    return [
        {
            "day": EPOCH + timedelta(days=day),
            "hour": hour,
            "offense": names[offense],
            "weapon": None if weapon is None else WEAPONS[weapon],
        }
        for day, hour, offense, weapon in found
    ]


def find_point(con: Connection, snap: int) -> tuple[float, float, int] | None:
    """Longitude, latitude and the homes that a public point stands for; None where there is no such point."""
    row = con.execute("select longitude, latitude, n_addresses from snap_points where snap = ?", [snap]).fetchone()
    return (float(row[0]), float(row[1]), int(row[2])) if row else None


def areas_of_points(con: Connection, facts: Facts, layer: str, lines_id: str) -> dict[int, str]:
    """Number of each public point → name of the area that it lies in, for one set of lines."""
    names = {ix: name for ix, _, name in areas_in(facts, layer, lines_id)}
    found = con.execute(
        "select s.snap, l.area from snap_points as s join piece_areas as l on s.piece = l.piece "
        "join area_versions as v on v.lines_ix = l.lines_ix where v.layer = ? and v.version_id = ?",
        [layer, lines_id],
    ).fetchall()
    return {int(snap): names[int(area)] for snap, area in found}


def _rows(con: Connection, facts: Facts, query: Query, box: Box | None = None) -> Scan:
    """The rows to count. Where incidents are counted apart, one row stands for each, at the first of its points.

    So every incident lies in one cell, and cells add up to the question's count.
    """
    scan = compile_scan(facts, replace(query, by=()), snaps_inside(con, query), on_map=True)
    if "distinct" in scan.value:
        once = (
            f"select min(snap) as snap, arg_min(x, snap) as x, arg_min(y, snap) as y from {scan.tables} "
            f"where {scan.where} and incident is not null group by incident union all "
            f"select snap, x, y from {scan.tables} where {scan.where} and incident is null"
        )
        scan = Scan(f"({once}) as t", "true", "count(*)", scan.params, scan.table)
    if box is None or _holds_all(con, box):
        return scan
    inside = f"{scan.where} and x between $west and $east and y between $top and $bottom"
    params = scan.params | dict(zip(("west", "east", "top", "bottom"), box, strict=True))
    return replace(scan, where=inside, params=params)


def _holds_all(con: Connection, box: Box) -> bool:
    """Whether every public point lies in the box, so that records need not be asked where they are."""
    west, east, top, bottom = box
    row = con.execute("select min(x), max(x), min(y), max(y) from snap_points").fetchone()
    return bool(row and row[0] is not None and west <= row[0] and row[1] <= east and top <= row[2] and row[3] <= bottom)


def _whole(values: Any) -> Numbers:
    return np.asarray(values, dtype=np.int64)
