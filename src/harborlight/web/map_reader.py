"""What the map asks of an open release, each answer worked out once: a release does not change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from harborlight.metrics import answer as answers
from harborlight.metrics import tiles
from harborlight.metrics.shapes import Query
from harborlight.statistics.hotspots import UnusualCell, unusual_cells
from harborlight.web.reader import Reader

MOST_KEPT = 500
WORLD_M = 40_075_016.686
CELL_SIDE_M = 500.0
T = TypeVar("T")
_KEPT: WeakKeyDictionary[Reader, OrderedDict[tuple[Any, ...], Any]] = WeakKeyDictionary()
_LOCK = Lock()


def _once(reader: Reader, key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """The answer of `make`, kept for the next time that the same is asked of the same release."""
    with _LOCK:
        kept = _KEPT.setdefault(reader, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            found: T = kept[key]
            return found
    made = make()
    with _LOCK:
        kept[key] = made
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return made


def count_on_map(reader: Reader, query: Query) -> int:
    """How many records of a question the map shows; tiles of one question agree by it on what they hold."""
    asked = replace(query, by=())
    return _once(reader, ("count", asked), lambda: reader.using(
        lambda con: tiles.count_on_map(con, reader.facts, asked), is_scan=True))  # fmt: skip


def count_mapped(reader: Reader, query: Query) -> tuple[int, int]:
    """Records of a question, its shape left out, that a point shows, and those that none does."""
    asked = replace(query, by=(), bbox=None, polygon=None, near=None)
    return _once(reader, ("mapped", asked), lambda: reader.using(
        lambda con: answers.count_mapped(con, reader.facts, asked), is_scan=True))  # fmt: skip


def read_cells(reader: Reader, query: Query, bits: int, box: tiles.Box | None = None) -> tiles.Cells:
    return reader.using(lambda con: tiles.read_cells(con, reader.facts, query, bits, box), is_scan=True)


def read_points(reader: Reader, query: Query, box: tiles.Box | None = None) -> tiles.Points:
    return reader.using(lambda con: tiles.read_points(con, reader.facts, query, box), is_scan=True)


def read_basemap(reader: Reader) -> list[tuple[str, str, str]]:
    """Water first, then streets: name, kind and GeoJSON geometry. Empty where the release draws none."""

    def make() -> list[tuple[str, str, str]]:
        rows = reader.using(lambda con: con.execute(
            "select name, kind, geometry from basemap order by name desc, kind desc").fetchall())  # fmt: skip
        return [(str(name), str(kind), str(geometry)) for name, kind, geometry in rows]

    return _once(reader, ("basemap",), make)


def areas_of_points(reader: Reader, query: Query) -> dict[int, str]:
    """Number of each public point → name of its area by the question's lines."""
    layer, lines = query.layer or "", query.lines or ""
    return _once(reader, ("areas", layer, lines), lambda: reader.using(
        lambda con: tiles.areas_of_points(con, reader.facts, layer, lines)))  # fmt: skip


def find_unusual(reader: Reader, query: Query) -> list[tuple[UnusualCell, int]]:
    """Cells with unusually many records, in degrees, each with the public point that shows most of them."""
    return _once(reader, ("unusual", replace(query, by=())), lambda: _find_unusual(reader, query))


def _find_unusual(reader: Reader, query: Query) -> list[tuple[UnusualCell, int]]:
    points = read_points(reader, query)
    ground = reader.using(lambda con: con.execute("select x, y from snap_points").fetchnumpy())
    if not len(points.n):
        return []
    west, south, east, north = reader.facts.city.bbox
    # Metres on the ground at the middle of the city, counted from its north-west corner.
    metre = WORLD_M / 2.0**32 * np.cos(np.radians((south + north) / 2))
    left, top = float(np.min(ground["x"])), float(np.max(ground["y"]))
    x, y = ((points.x - left) * metre, (top - points.y) * metre)
    all_x, all_y = (ground["x"] - left) * metre, (top - ground["y"]) * metre
    window = (0.0, 0.0, float(all_x.max()) + CELL_SIDE_M, float(all_y.max()) + CELL_SIDE_M)
    cells = unusual_cells(np.repeat(x, points.n), np.repeat(y, points.n), window, CELL_SIDE_M, (all_x, all_y))
    found = []
    for cell in cells:
        inside = (x >= cell.west) & (x < cell.east) & (y >= cell.south) & (y < cell.north)
        most = int(points.snap[inside][np.argmax(points.n[inside])])
        (w, n), (e, s) = (
            to_degrees(left + a / metre, top - b / metre) for a, b in ((cell.west, cell.north), (cell.east, cell.south))
        )
        found.append((replace(cell, west=w, south=s, east=e, north=n), most))
    return found


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a web-mercator position in a world 2^32 wide, to five decimals."""
    longitude = x / 2.0**32 * 360 - 180
    latitude = float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2.0**32)))))
    return round(longitude, 5), round(latitude, 5)
