"""Reads a shapefile (.shp with its .shx, .dbf and .prj) as features in degrees.

The .prj decides what the numbers mean: degrees are taken as they are (NAD83 is within two metres of WGS84), web mercator
and the Lambert conformal conic of most state planes are turned into degrees; anything else is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapefile
import shapely

from harborlight.errors import ConfigError
from harborlight.places.projection import AXIS_M, Floats
from harborlight.places.rings import shape_of_rings

POLYGONS = (shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM)
DATUMS = ("WGS_1984", "WGS84", "NORTH_AMERICAN_1983", "NAD83", "NAD_1983")


def read_shapefile(path: Path) -> Iterator[tuple[dict[str, Any], shapely.Geometry | None]]:
    """Each record's fields and its shape in degrees. Raises ConfigError."""
    to_degrees = read_projection(path.with_suffix(".prj"))
    pages = path.with_suffix(".cpg")
    encoding = pages.read_text(encoding="ascii").strip() if pages.is_file() else "utf-8"
    try:
        with shapefile.Reader(str(path), encoding=encoding, encodingErrors="replace") as reader:
            found = [(each.record.as_dict(), _read_rings(each.shape)) for each in reader.iterShapeRecords()]
    except (shapefile.ShapefileException, OSError, LookupError) as error:
        raise ConfigError(
            "the shapefile cannot be read",
            where=path.name,
            hint="The .shp, .shx and .dbf must lie side by side, whole.",
        ) from error
    for values, rings in found:
        yield values, shapely.transform(shape_of_rings(rings), to_degrees) if rings else None


def _read_rings(shape: Any) -> list[Any]:
    """The rings of a polygon; nothing for any other shape."""
    if shape.shapeType not in POLYGONS:
        return []
    ends = [*shape.parts[1:], len(shape.points)]
    return [shape.points[begin:end] for begin, end in zip(shape.parts, ends, strict=True)]


def read_projection(path: Path) -> Callable[[Floats], Floats]:
    """The way from the file's numbers to degrees. Raises ConfigError for a projection that is not known here."""
    if not path.is_file():
        raise ConfigError(
            "the .prj file is missing, so it is not known what the coordinates mean",
            where=path.name,
            hint="Put it beside the .shp.",
        )
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    plain = text.upper()
    if not any(datum in plain.replace(" ", "_") for datum in DATUMS):
        raise ConfigError("the datum is neither WGS84 nor NAD83", where=path.name, hint=EXPORT)
    if plain.startswith("GEOGCS"):
        return lambda degrees: degrees
    kind = (re.search(r'PROJECTION\["([^"]+)"', plain) or ["", ""])[1]
    values = {name: float(value) for name, value in re.findall(r'PARAMETER\["([^"]+)",\s*([-+.\dE]+)\]', plain)}
    # The unit of length stands behind the parameters; the one inside GEOGCS is that of angles.
    unit = float((re.findall(r'UNIT\["[^"]+",\s*([.\dE+-]+)', plain) or ["1"])[-1])
    if kind in ("MERCATOR_AUXILIARY_SPHERE", "POPULAR_VISUALISATION_PSEUDO_MERCATOR"):
        return _from_mercator
    if kind in ("LAMBERT_CONFORMAL_CONIC", "LAMBERT_CONFORMAL_CONIC_2SP") and "STANDARD_PARALLEL_2" in values:
        return _from_lambert(values, unit)
    raise ConfigError(f"the projection {kind.title() or 'in it'} is not known here", where=path.name, hint=EXPORT)


EXPORT = "Export the layer in WGS84 (EPSG:4326)."


def _from_mercator(metres: Floats) -> Floats:
    latitude = np.degrees(np.arctan(np.sinh(metres[:, 1] / AXIS_M)))
    return np.column_stack([np.degrees(metres[:, 0] / AXIS_M), latitude])


def _from_lambert(values: dict[str, float], unit: float) -> Callable[[Floats], Floats]:
    """Snyder, Map Projections (USGS 1987), equations 15-1 to 15-11 and 7-9, on the GRS80 ellipsoid."""
    e = 0.0818191910428158
    first, second = (np.radians(values[f"STANDARD_PARALLEL_{n}"]) for n in (1, 2))
    origin = np.radians(values["LATITUDE_OF_ORIGIN"])

    def m(at: Any) -> Any:
        return np.cos(at) / np.sqrt(1 - (e * np.sin(at)) ** 2)

    def t(at: Any) -> Any:
        by_e = e * np.sin(at)
        return np.tan(np.pi / 4 - at / 2) / ((1 - by_e) / (1 + by_e)) ** (e / 2)

    n = np.log(m(first) / m(second)) / np.log(t(first) / t(second)) if first != second else np.sin(first)
    scale = m(first) / (n * t(first) ** n)
    rho_origin = AXIS_M * scale * t(origin) ** n

    def to_degrees(feet: Floats) -> Floats:
        x = (feet[:, 0] - values.get("FALSE_EASTING", 0)) * unit
        y = rho_origin - (feet[:, 1] - values.get("FALSE_NORTHING", 0)) * unit
        small = (np.hypot(x, y) / (AXIS_M * scale)) ** (1 / n)
        latitude = np.pi / 2 - 2 * np.arctan(small)
        for _ in range(8):
            by_e = e * np.sin(latitude)
            latitude = np.pi / 2 - 2 * np.arctan(small * ((1 - by_e) / (1 + by_e)) ** (e / 2))
        longitude = np.radians(values["CENTRAL_MERIDIAN"]) + np.arctan2(x, y) / n
        return np.column_stack([np.degrees(longitude), np.degrees(latitude)])

    return to_degrees
