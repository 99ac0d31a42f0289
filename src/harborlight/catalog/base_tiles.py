"""A PMTiles file that a city lays down for its map: what it says of itself, and its vector tiles.

In goes a path, out comes `BaseTiles`. Tiles are handed out as they lie in the file; directories are decoded once and kept.
Layout: PMTiles specification, version 3.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from harborlight.errors import ConfigError

NAME = "basemap.pmtiles"  # in a release
HEADER_BYTES = 127
MOST_DIRECTORIES = 32
DEEPEST = 4
NORTHMOST = 85.0511
# What the map draws → names of source layers, those of Protomaps and of OpenMapTiles.
DRAWN = {
    "earth": ("earth",),
    "landuse": ("landuse", "landcover", "park"),
    "water": ("water",),
    "roads": ("roads", "transportation"),
    "buildings": ("buildings", "building"),
}
DAMAGED = (ValueError, EOFError, OSError, IndexError, zlib.error)
FORM = "Write a PMTiles file of version 3 with vector tiles (mvt), gzipped or not packed."

Box = tuple[float, float, float, float]


class BaseTiles:
    """One open file. `bounds` in degrees, `zooms` first and last, `layers` what is drawn → source layers, `credit` as HTML."""

    def __init__(self, path: Path) -> None:
        """Open and read header and metadata. Raises ConfigError for a file that the map cannot draw."""
        self._path = path
        try:
            self._file = path.open("rb", buffering=0)
            self._size = path.stat().st_size
        except OSError as error:
            raise self._problem(f"this file cannot be read ({error.strerror})", "Check its rights.") from error
        try:
            self._header = self._read_header()
            self._check_whole()
            metadata = self._read_metadata()
        except (*DAMAGED, ConfigError) as error:
            self.close()
            if isinstance(error, ConfigError):
                raise
            raise self._problem("this PMTiles file is damaged", "Make or fetch it anew.") from error
        self._directory = lru_cache(MOST_DIRECTORIES)(self._read_directory)
        header = self._header
        west, south, east, north = (header[f"{edge}_e7"] / 1e7 for edge in ("min_lon", "min_lat", "max_lon", "max_lat"))  # type: ignore[literal-required]
        self.bounds: Box = (west, south, east, north)
        self.zooms = (header["min_zoom"], header["max_zoom"])
        self.is_zipped = header["tile_compression"] == Compression.GZIP
        self.credit = str(metadata.get("attribution") or "")
        self.named = tuple(str(layer["id"]) for layer in metadata.get("vector_layers") or () if _has_id(layer))
        found = {kind: tuple(name for name in names if name in self.named) for kind, names in DRAWN.items()}
        self.layers = {kind: names for kind, names in found.items() if names}

    def close(self) -> None:
        self._file.close()

    def covers(self, z: int, x: int, y: int) -> bool:
        """Whether there may be such a tile: a zoom that the file has, and ground within its bounds."""
        if not self.zooms[0] <= z <= self.zooms[1]:
            return False
        left, top, right, bottom = tiles_over(self.bounds, z)
        return left <= x <= right and top <= y <= bottom

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """A tile as it lies in the file, gzipped if `is_zipped`; None where the file holds none. Safe in several threads."""
        header, wanted = self._header, zxy_to_tileid(z, x, y)
        offset, length = header["root_offset"], header["root_length"]
        for _ in range(DEEPEST):
            entry = find_tile(self._directory(offset, length), wanted)
            if entry is None:
                return None
            if entry.run_length:
                return self._read(header["tile_data_offset"] + entry.offset, entry.length)
            offset, length = header["leaf_directory_offset"] + entry.offset, entry.length
        raise ValueError("the directories of the file run in a circle")

    # -------------------------------------------------------------------------------------------- inside

    def _read(self, offset: int, length: int) -> bytes:
        if offset + length > self._size:
            raise ValueError("the file ends too early")
        return os.pread(self._file.fileno(), length, offset)

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._read(offset, length))

    def _read_header(self) -> HeaderDict:
        start = os.pread(self._file.fileno(), HEADER_BYTES, 0)
        try:
            if start[:7] != b"PMTiles":
                raise MagicNumberNotFound
            return deserialize_header(start)
        except MagicNumberNotFound as error:
            raise self._problem("this is not a PMTiles file", FORM) from error
        except SpecVersionUnsupported as error:
            raise self._problem(f"this is a PMTiles file of version {start[7]}", FORM) from error

    def _check_whole(self) -> None:
        """The kind of tiles, how they are packed, and that every part lies inside the file."""
        header = self._header
        if header["tile_type"] != TileType.MVT:
            raise self._problem(f"its tiles are {header['tile_type'].name.lower()}, not vector tiles", FORM)
        if header["tile_compression"] not in (Compression.NONE, Compression.GZIP):
            raise self._problem(f"its tiles are packed with {header['tile_compression'].name.lower()}", FORM)
        if header["internal_compression"] != Compression.GZIP:
            raise self._problem("its directories are not gzipped", FORM)
        ends = (
            header["root_offset"] + header["root_length"],
            header["metadata_offset"] + header["metadata_length"],
            header["leaf_directory_offset"] + header["leaf_directory_length"],
            header["tile_data_offset"] + header["tile_data_length"],
        )
        if max(ends) > self._size:
            hint = f"It should have at least {max(ends):,} bytes and has {self._size:,}: fetch it anew."
            raise self._problem("this PMTiles file is cut short", hint)

    def _read_metadata(self) -> dict[str, Any]:
        packed = self._read(self._header["metadata_offset"], self._header["metadata_length"])
        metadata = json.loads(gzip.decompress(packed)) if packed else {}
        if not isinstance(metadata, dict):
            raise ValueError("metadata is not an object")
        return metadata

    def _problem(self, message: str, hint: str) -> ConfigError:
        return ConfigError(message, where=str(self._path), hint=hint)


def _has_id(layer: object) -> bool:
    return isinstance(layer, dict) and "id" in layer


def tiles_over(box: Box, z: int) -> tuple[int, int, int, int]:
    """First column and row, last column and row of the web-mercator tiles that a box of degrees lies in."""
    west, south, east, north = box
    side = 1 << z

    def row(latitude: float) -> int:
        height = math.asinh(math.tan(math.radians(min(max(latitude, -NORTHMOST), NORTHMOST)))) / math.pi
        return min(max(int((1 - height) / 2 * side), 0), side - 1)

    left, right = (min(max(int((longitude + 180) / 360 * side), 0), side - 1) for longitude in (west, east))
    return left, row(north), right, row(south)
