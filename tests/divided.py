"""The tiny city with lines: police districts redrawn on 9 July 2023, three wards, census blocks, and a source of arrests.

All corners are multiples of 1/16 degree, so that a point can be put on an edge exactly. The wards leave parts of the
districts out, and one ward has an island that lies in no district.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harborlight.catalog import Catalog, load_catalog
from tests.tiny import write_city

Ring = list[list[float]]


def ring(*corners: tuple[float, float]) -> Ring:
    return [[x, y] for x, y in (*corners, corners[0])]


def box(west: float, south: float, east: float, north: float) -> Ring:
    return ring((west, south), (east, south), (east, north), (west, north))


ISLAND = box(-76.9375, 39.125, -76.875, 39.1875)
# Layer and version → (id, name, geometry) in the order of the names, as the release numbers them.
AREAS: Mapping[tuple[str, str], list[tuple[str, str, dict[str, Any]]]] = {
    ("police_district", "1959"): [
        ("north", "North", {"type": "Polygon", "coordinates": [box(-76.75, 39.5, -76.25, 39.75)]}),
        ("south", "South", {"type": "Polygon", "coordinates": [box(-76.75, 39.25, -76.25, 39.5)]}),
    ],
    ("police_district", "2023"): [
        ("north", "North", {"type": "Polygon", "coordinates": [ring((-76.75, 39.625), (-76.25, 39.375), (-76.25, 39.75), (-76.75, 39.75))]}),
        ("south", "South", {"type": "Polygon", "coordinates": [ring((-76.75, 39.25), (-76.25, 39.25), (-76.25, 39.375), (-76.75, 39.625))]}),
    ],
    ("ward", "2020"): [
        ("ward-1", "Ward 1", {"type": "Polygon", "coordinates": [box(-76.75, 39.25, -76.5, 39.5)]}),
        ("ward-2", "Ward 2", {"type": "MultiPolygon", "coordinates": [[box(-76.5, 39.25, -76.25, 39.5)], [ISLAND]]}),
        ("ward-3", "Ward 3", {"type": "Polygon", "coordinates": [ring((-76.75, 39.5), (-76.25, 39.5), (-76.5, 39.75))]}),
    ],
}  # fmt: skip
DISTRICTS = """\
title: Police districts
title_one: Police district
areas:
  - {id: north, name: North, names: [N DIST]}
  - {id: south, name: South}
versions:
  - {id: "1959", title: Police districts of 1959, valid_to: 2023-07-08, boundaries: lines/police_district_1959.geojson, name_field: name, id_field: id}
  - {id: "2023", title: Police districts of 2023, valid_from: 2023-07-09, boundaries: lines/police_district_2023.geojson, name_field: name, id_field: id}
"""
WARDS = """\
title: Wards
title_one: Ward
versions:
  - {id: "2020", valid_from: 2020-01-01, boundaries: lines/ward_2020.geojson, name_field: name, id_field: id}
"""
POPULATION = """\
blocks: lines/blocks.csv
year: 2020
population: people
housing: homes
longitude: x
latitude: y
method: "The blocks whose point lies in the area."
"""
ARRESTS = """\
title: Arrests
kind: arrests
agency: Littleport Police
connector: files
url: feeds/arrests.csv
format: csv
key: number
clock: local
counting_system: nibrs
columns:
  number: {type: text, required: true}
  day: {type: date, format: "%Y-%m-%d"}
supplies:
  - from: 2015-01-01
"""
ARRESTS_SQL = """\
-- One row per arrest.
select r."number" as arrest_id, r."day" as arrested_date
from raw.arrests as r
"""


def blocks() -> list[tuple[float, float, int, int]]:
    """(longitude, latitude, people, homes): every 1/32 degree, three homes each west of -76.7 and ten elsewhere."""
    return [
        (x / 32 + 1 / 64, y / 32 + 1 / 64, 20 + (x + y) % 7, 3 if x / 32 < -76.7 else 10)
        for x in range(-2456, -2440)
        for y in range(1256, 1272)
    ]


def write_divided(folder: Path) -> Path:
    """The city's folder."""
    write_city(folder)
    files = {
        "places/police_district.yaml": DISTRICTS, "places/ward.yaml": WARDS, "population.yaml": POPULATION,
        "sources/arrests.yaml": ARRESTS, "staging/arrests.sql": ARRESTS_SQL,
        "lines/blocks.csv": "x,y,people,homes\n" + "".join(f"{x},{y},{people},{homes}\n" for x, y, people, homes in blocks()),
    }  # fmt: skip
    for (layer, version), areas in AREAS.items():
        features = [{"type": "Feature", "properties": {"id": i, "name": name}, "geometry": g} for i, name, g in areas]
        files[f"lines/{layer}_{version}.geojson"] = json.dumps({"type": "FeatureCollection", "features": features})
    reports = (folder / "sources/reports.yaml").read_text()
    files["sources/reports.yaml"] = reports.split("supplies:")[0] + "supplies: [{offense_groups: [all]}]\n"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def load_divided(folder: Path, **city: str) -> Catalog:
    """The city as a catalog; `city` replaces top-level parts of city.yaml."""
    return load_catalog(write_divided(folder), {f"city.{name}": text for name, text in city.items()})
