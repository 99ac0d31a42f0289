"""What the map draws below the areas: water and streets that the city names, as plain shapes.

In go GeoJSON files, out comes table `places.basemap`. Nothing is counted by it; of a feature only its shape is kept, and of
a street whether its property `class` is `major`.
"""

from __future__ import annotations

import json
from pathlib import Path

import shapely

from harborlight.catalog import Catalog
from harborlight.errors import ConfigError
from harborlight.places.files import find_file
from harborlight.store import Connection, write_rows

BASEMAP = {"name": "varchar", "kind": "varchar", "geometry": "varchar"}
TYPES = {"water": {"Polygon", "MultiPolygon"}, "streets": {"LineString", "MultiLineString"}}
STEP = 0.00001


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
