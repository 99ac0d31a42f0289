"""Mapbox vector tiles (version 2.1), written by hand: one layer of squares or of points, with whole numbers as values.

The tiles here hold two kinds of shape and one or two values, so that a page of code writes them; the engine's spatial
extension takes seconds to load for every connection and tens of megabytes, and is left out of the serving process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from harborlight.metrics.tiles import CELL_BITS, Cells, Points

EXTENT_BITS = 12
CELL = 1 << (EXTENT_BITS - CELL_BITS)
POINT, POLYGON = 1, 3
MOVE_TO, LINE_TO_3, CLOSE = 9, 26, 15


def varint(number: int) -> bytes:
    """A whole number, 0 or more, in groups of seven bits."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


# How a feature of fewer than 128 bytes begins: nearly all of them, thousands in a tile.
SHORT = tuple(varint(2 << 3 | 2) + varint(length) for length in range(128))


def zigzag(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


@cache
def square(column: int, row: int) -> bytes:
    """The outline of a cell of the tile, clockwise on the screen as an outer ring has to run."""
    corner = varint(MOVE_TO) + zigzag(column * CELL) + zigzag(row * CELL)
    sides = zigzag(CELL) + zigzag(0) + zigzag(0) + zigzag(CELL) + zigzag(-CELL) + zigzag(0)
    return field(4, corner + varint(LINE_TO_3) + sides + varint(CLOSE))


def cells_tile(cells: Cells, x: int, y: int) -> bytes:
    """Layer `cells`: squares with n. `x` and `y` are those of the tile; without cells nothing is written."""
    first_column, first_row = x << CELL_BITS, y << CELL_BITS
    shapes = (
        square(column - first_column, row - first_row)
        for column, row in zip(cells.column.tolist(), cells.row.tolist(), strict=True)
    )
    return _layer("cells", POLYGON, [b""] * len(cells.n), shapes, cells.n.tolist())


def points_tile(points: Points, z: int, x: int, y: int) -> bytes:
    """Layer `points`: public points with n; the number of the point is the feature's id."""
    bits = 32 - z - EXTENT_BITS
    west, north = x << EXTENT_BITS, y << EXTENT_BITS
    shapes = (
        field(4, varint(MOVE_TO) + zigzag((px >> bits) - west) + zigzag((py >> bits) - north))
        for px, py in zip(points.x.tolist(), points.y.tolist(), strict=True)
    )
    ids = [varint(1 << 3) + varint(snap) for snap in points.snap.tolist()]
    return _layer("points", POINT, ids, shapes, points.n.tolist())


def _layer(name: str, kind: int, ids: Sequence[bytes], shapes: Iterable[bytes], counts: Sequence[int]) -> bytes:
    if not counts:
        return b""
    numbers = {n: i for i, n in enumerate(sorted(set(counts)))}
    heads = {n: field(2, varint(0) + varint(i)) + varint(3 << 3) + varint(kind) for n, i in numbers.items()}
    bodies = (id_ + heads[n] + shape for id_, shape, n in zip(ids, shapes, counts, strict=True))
    features = b"".join(SHORT[len(body)] + body if len(body) < len(SHORT) else field(2, body) for body in bodies)
    values = b"".join(field(4, varint(5 << 3) + varint(n)) for n in numbers)
    body = varint(15 << 3) + varint(2) + field(1, name.encode()) + features + field(3, b"n") + values
    return field(3, body + varint(5 << 3) + varint(1 << EXTENT_BITS))
