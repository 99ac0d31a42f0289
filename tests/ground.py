"""Small PMTiles files of a made-up ground: a sea in the west, land, a park and two roads, drawn at every zoom.

Files are written with the Writer of the package `pmtiles`, tiles with the few lines below; nothing here is read from our code.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

Box = tuple[float, float, float, float]
Corners = list[tuple[int, int]]
CREDIT = 'Fictional ground of <a href="https://example.org/ground">Example</a>, &copy; nobody'
PROTOMAPS = {"earth": "earth", "landuse": "landuse", "water": "water", "roads": "roads"}
OPENMAPTILES = {"landuse": "landcover", "water": "water", "roads": "transportation"}
WHOLE: Corners = [(0, 0), (4096, 0), (4096, 4096), (0, 4096)]
SHAPES: dict[str, tuple[int, Corners, str]] = {
    "earth": (3, WHOLE, "earth"),
    "landuse": (3, [(2500, 2500), (3500, 2500), (3500, 3500), (2500, 3500)], "park"),
    "water": (3, [(0, 0), (1500, 0), (1500, 4096), (0, 4096)], "ocean"),
    "roads": (2, [(0, 2048), (4096, 2048)], "major_road"),
}


def write_ground(path: Path, box: Box, *, zooms: Iterable[int] = (8, 9, 10), names: Mapping[str, str] = PROTOMAPS, zipped: bool = True,
                 bare: Iterable[tuple[int, int, int]] = (), bounds: Box | None = None, metadata: Mapping[str, Any] | None = None,
                 kind: TileType = TileType.MVT, packed: Compression | None = None) -> Path:  # fmt: skip
    """A file whose tiles cover a box; `bare` tiles are left out, `bounds` and `packed` are what its header claims."""
    path.parent.mkdir(parents=True, exist_ok=True)
    west, south, east, north = bounds or box
    with path.open("wb") as file:
        writer = Writer(file)
        for z in sorted(zooms):
            for number in sorted(zxy_to_tileid(z, x, y) for x, y in tiles_of(box, z) if (z, x, y) not in set(bare)):
                body = ground_tile(names)
                writer.write_tile(number, gzip.compress(body, mtime=0) if zipped else body)
        header = {
            "tile_type": kind, "tile_compression": packed or (Compression.GZIP if zipped else Compression.NONE),
            "min_lon_e7": round(west * 1e7), "min_lat_e7": round(south * 1e7), "max_lon_e7": round(east * 1e7), "max_lat_e7": round(north * 1e7),
            "center_zoom": 9, "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        named = {"attribution": CREDIT, "vector_layers": [{"id": name, "fields": {}} for name in names.values()]}
        writer.finalize(header, named if metadata is None else dict(metadata))
    return path


def tiles_of(box: Box, z: int) -> list[tuple[int, int]]:
    """Columns and rows of the tiles that a box lies in, by the usual formula."""

    def at(longitude: float, latitude: float) -> tuple[int, int]:
        y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
        return int((longitude + 180) / 360 * 2**z), int(y * 2**z)

    (left, top), (right, bottom) = at(box[0], box[3]), at(box[2], box[1])
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def ground_tile(names: Mapping[str, str]) -> bytes:
    """One tile with a feature in each named layer."""
    return b"".join(_field(3, _layer(name, *SHAPES[kind])) for kind, name in names.items())


def _layer(name: str, kind: int, corners: Corners, word: str) -> bytes:
    commands, (x, y) = [9, *map(_zigzag, corners[0]), (len(corners) - 1) << 3 | 2], corners[0]
    for column, row in corners[1:]:
        commands += [_zigzag(column - x), _zigzag(row - y)]
        x, y = column, row
    commands += [15] if kind == 3 else []
    feature = _field(2, b"\0\0") + b"\x18" + _varint(kind) + _field(4, b"".join(map(_varint, commands)))
    key = "class" if name in ("transportation", "landcover") else "kind"
    return (b"\x78\2" + _field(1, name.encode()) + _field(2, feature) + _field(3, key.encode())
            + _field(4, _field(1, word.encode())) + b"\x28" + _varint(4096))  # fmt: skip


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _zigzag(number: int) -> int:
    return (number << 1) ^ (number >> 31)
