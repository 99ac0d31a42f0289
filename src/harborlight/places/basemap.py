"""What the map draws besides the areas: water and streets that the city names, as plain shapes, and its file of tiles.

In go GeoJSON files, out comes table `places.basemap`. Nothing is counted by it; of a feature only its shape is kept, and of
a street whether its property `class` is `major`. A PMTiles file is checked here and goes into the release as it is.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import shapely

from harborlight.catalog import Catalog
from harborlight.catalog.base_tiles import DAMAGED, BaseTiles, tiles_over
from harborlight.errors import ConfigError
from harborlight.places.files import find_file
from harborlight.store import Connection, write_rows

BASEMAP = {"name": "varchar", "kind": "varchar", "geometry": "varchar"}
TYPES = {"water": {"Polygon", "MultiPolygon"}, "streets": {"LineString", "MultiLineString"}}
STEP = 0.00001
# The map cannot be zoomed out further; a file that ends before it shows nothing of a city.
MAP_FROM = 8
# Corners in the file are whole ten-millionths of a degree.
SLACK = 1e-6


def write_basemap(con: Connection, catalog: Catalog, data: Path) -> None:
    """Create `places.basemap`; empty for a city that names no files. Raises ConfigError."""
    stated = catalog.basemap.model_dump(include=set(TYPES)) if catalog.basemap else {}
    rows = [row for name, path in stated.items() if path for row in _read_shapes(find_file(catalog, data, path), name)]
    write_rows(con, "places.basemap", BASEMAP, rows)


def _read_shapes(path: Path, name: str) -> list[tuple[str, str, str]]:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        found = [(f["properties"] or {}, shapely.from_geojson(json.dumps(f["geometry"]))) for f in features]
    except (ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        raise ConfigError(
            "this is not a GeoJSON file of features", where=str(path), hint="See basemap.yaml for what is meant."
        ) from error
    rows = []
    for properties, shape in found:
        if shape is None or shape.geom_type not in TYPES[name]:
            kind = shape.geom_type if shape is not None else "feature without a shape"
            raise ConfigError(
                f"{name} cannot be drawn from a {kind}",
                where=str(path),
                hint=f"Use {' or '.join(sorted(TYPES[name]))}.",
            )
        drawn = shapely.set_precision(shape, STEP)
        if not drawn.is_empty:
            rows.append((name, "major" if properties.get("class") == "major" else "minor", shapely.to_geojson(drawn)))
    return rows


# -------------------------------------------------------------------------------------------------- tiles


def check_base_tiles(catalog: Catalog, data: Path) -> Path | None:
    """The city's PMTiles file once it is known to draw this city; None where none is named. Raises ConfigError."""
    if catalog.basemap is None or catalog.basemap.pmtiles is None:
        return None
    path = find_file(catalog, data, catalog.basemap.pmtiles)
    with closing(BaseTiles(path)) as tiles:
        for problem, hint in _find_faults(tiles, catalog.city.bbox):
            raise ConfigError(problem, where=f"basemap.yaml, {path}", hint=hint)
    return path


def _find_faults(tiles: BaseTiles, box: tuple[float, float, float, float]) -> Iterator[tuple[str, str]]:
    """What keeps the file from drawing the city, each with what to do; nothing if it draws it."""
    west, south, east, north = tiles.bounds
    cut = f"Cut it with the bbox of city.yaml, {','.join(str(edge) for edge in box)}."
    if west > box[0] + SLACK or south > box[1] + SLACK or east < box[2] - SLACK or north < box[3] - SLACK:
        yield f"its tiles do not cover the city's bbox but {','.join(str(edge) for edge in tiles.bounds)}", cut
    if tiles.zooms[1] < MAP_FROM:
        yield f"its tiles end at zoom {tiles.zooms[1]} and the map begins at {MAP_FROM}", "Take a file with more zooms."
    if not tiles.layers:
        named = ", ".join(tiles.named) or "none"
        yield f"its metadata name no layer that the map draws (they name {named})", "See docs/how-to/basemap.md."
    try:
        if not _has_tile(tiles, box):
            yield "it holds no tile of the city", cut
    except DAMAGED:
        yield "a tile of the city cannot be read", "The file is damaged: make or fetch it anew."


def _has_tile(tiles: BaseTiles, box: tuple[float, float, float, float]) -> bool:
    """Whether there is a tile over the box at the first zoom that the map shows. The first found is unpacked."""
    zoom = min(max(tiles.zooms[0], MAP_FROM), tiles.zooms[1])
    left, top, right, bottom = tiles_over(box, zoom)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            if found := tiles.tile(zoom, x, y):
                return bool(gzip.decompress(found) if tiles.is_zipped else found)
    return False
