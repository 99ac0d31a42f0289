"""Reads one version of a layer's lines: a GeoJSON file, a shapefile or the snapshot of a portal layer, as named polygons.

Whatever is not a polygon with a name is refused with the file and the feature's number. Invalid polygons are made valid and
counted; features with one id are parts of one area. Areas come out in the order of their names, numbers counted as numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pydantic_core import from_json, to_json

from harborlight.catalog import Catalog, Layer, Version
from harborlight.errors import ConfigError
from harborlight.places.files import find_file
from harborlight.places.locate import Shapes
from harborlight.places.portal import read_portal_layer
from harborlight.places.shapefile import read_shapefile

Feature = tuple[dict[str, Any], shapely.Geometry | None]


@dataclass(frozen=True)
class Boundaries:
    """The areas of one version: ids, names and valid polygons, in one order."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    shapes: Shapes
    n_repaired: int


def read_boundaries(catalog: Catalog, data: Path, layer: Layer, version: Version) -> Boundaries:
    """The areas of one version. Raises ConfigError that names the file and the feature."""
    where = f"places/{layer.id}.yaml, version {version.id}"
    if version.source:
        name, features = f"source {version.source}", read_portal_layer(data, version.source)
    else:
        name = version.boundaries or ""
        path = find_file(catalog, data, name)
        features = read_shapefile(path) if path.suffix.lower() == ".shp" else _read_geojson(path)
    found = _name_areas(list(features), version, name)
    west, south, east, north = catalog.city.bbox
    box = shapely.box(west, south, east, north)
    if not any(shapely.intersects(box, shape) for shape in found.shapes):
        raise ConfigError(
            "no area lies in the city's bbox",
            where=f"{where}, {name}",
            hint="Check that coordinates are longitude, latitude in degrees, and bbox in city.yaml.",
        )
    return found


def make_id(text: str) -> str:
    """A name as it stands in an address: lower case, plain letters, words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")


def by_name(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts District 2 before District 10."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _read_geojson(path: Path) -> Iterator[Feature]:
    try:
        page = from_json(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        features = [(dict(feature["properties"] or {}), feature["geometry"]) for feature in page["features"]]
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigError(
            "this is not a GeoJSON file with features", where=path.name, hint="Export the layer as GeoJSON (WGS84)."
        ) from error
    for values, geometry in features:
        yield values, to_shape(geometry)


def to_shape(geometry: Any) -> shapely.Geometry | None:
    """A GeoJSON geometry as a shape; None for what is none."""
    if not isinstance(geometry, dict):
        return None
    try:
        return shapely.force_2d(shapely.from_geojson(to_json(geometry).decode()))
    except shapely.errors.GEOSException:
        return None


def _name_areas(features: list[Feature], version: Version, file: str) -> Boundaries:
    parts: dict[str, list[shapely.Geometry]] = {}
    names: dict[str, str] = {}
    repaired = 0
    for number, (values, shape) in enumerate(features, 1):
        where = f"{file}, feature {number}"
        area_id, name = _name_area(values, version, where)
        if names.setdefault(area_id, name) != name:
            raise ConfigError(
                f"{name!r} and {names[area_id]!r} both have the id {area_id!r}",
                where=where,
                hint="Name an id_field that tells them apart.",
            )
        valid, was_valid = _make_valid(shape, where)
        repaired += not was_valid
        parts.setdefault(area_id, []).append(valid)
    if not parts:
        raise ConfigError("there is no feature in it", where=file, hint="Check the file.")
    ids = sorted(parts, key=lambda i: (by_name(names[i]), i))
    shapes = np.empty(len(ids), dtype=object)
    shapes[:] = [parts[i][0] if len(parts[i]) == 1 else _polygons(shapely.union_all(parts[i])) for i in ids]
    return Boundaries(tuple(ids), tuple(names[i] for i in ids), shapes, repaired)


def _name_area(values: dict[str, Any], version: Version, where: str) -> tuple[str, str]:
    for field in (version.name_field, version.id_field):
        if field is not None and field not in values:
            raise ConfigError(
                f"there is no property {field!r}",
                where=where,
                hint=f"There are: {', '.join(sorted(values)) or 'none'}.",
            )
    name, own_id = (_text(values[field]) if field else "" for field in (version.name_field, version.id_field))
    area_id = make_id(own_id if version.id_field else name)
    if not name or not area_id:
        raise ConfigError("an area without a name or an id", where=where, hint="Fill it in, or take the feature out.")
    return area_id, " ".join(f"{version.prefix} {name}".split())


def _text(value: Any) -> str:
    """A property as text; numbers that are whole lose their point (files write 8 as 8.0)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else " ".join(str(value).split())


def _make_valid(shape: shapely.Geometry | None, where: str) -> tuple[shapely.Geometry, bool]:
    """The shape as valid polygons, and whether it already was. Raises ConfigError if it is no area."""
    if shape is None or shapely.get_dimensions(shape) != 2 or shapely.is_empty(shape):
        raise ConfigError("this is not a polygon", where=where, hint="Take the feature out, or use another layer.")
    west, south, east, north = shapely.bounds(shape)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise ConfigError(
            "these coordinates are not degrees", where=where, hint="Export the layer in WGS84 (EPSG:4326)."
        )
    if shapely.is_valid(shape):
        return shape, True
    # By the lines: a ring that a file wrongly calls a hole outside its shell is ground that belongs to the area.
    valid = _polygons(shapely.make_valid(shape, method="linework"))
    if shapely.is_empty(valid):
        raise ConfigError("this polygon has no inside", where=where, hint="Take the feature out.")
    return valid, False


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a shape; lines and points that a repair leaves over are dropped."""
    parts: Iterable[shapely.Geometry] = shapely.get_parts(shapely.get_parts(shape))
    polygons = [part for part in parts if shapely.get_type_id(part) == shapely.GeometryType.POLYGON]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
