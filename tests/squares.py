"""A city of four squares: two sets of police districts that cut it crosswise, quarters that leave a strip out, and arrests.

The old districts are its northern and southern half, the new ones (from 1 May 2024) carry the same ids and are its western
and eastern half. In the strip east of the quarters nobody lives, and in the southeastern quarter there are five homes: too few
for a public point.
"""

from __future__ import annotations

import json
from pathlib import Path

from harborlight.catalog import Catalog, load_catalog
from tests.tiny import write_city

WEST, EAST, SOUTH, NORTH, MIDDLE_X, MIDDLE_Y, STRIP = -76.6, -76.4, 39.4, 39.6, -76.5, 39.5, -76.42
DISTRICTS = """\
title: Police districts
title_one: Police district
areas:
  - {id: north, name: North, names: [N DIST]}
  - {id: south, name: South}
versions:
  - {id: old, valid_to: 2024-04-30, boundaries: boundaries/old.geojson, name_field: name, id_field: id}
  - {id: new, valid_from: 2024-05-01, boundaries: boundaries/new.geojson, name_field: name, id_field: id}
"""
QUARTERS = """\
title: Quarters
title_one: Quarter
versions:
  - {id: all, boundaries: boundaries/quarters.geojson, name_field: name, id_field: id}
"""
POPULATION = """\
blocks: blocks.csv
year: 2020
population: people
housing: homes
longitude: x
latitude: y
method: Sums of blocks.
"""
ARRESTS = """\
title: Arrests
kind: arrests
agency: Littleport Police
connector: files
url: feeds/arrests.csv
format: csv
key: row
clock: local
counting_system: nibrs
columns:
  row: {type: text, required: true}
  number: {type: text}
  at: {type: datetime, format: iso, required: true}
  district: {type: text}
  x: {type: number}
  y: {type: number}
  age: {type: integer}
  what: {type: text}
supplies:
  - from: 2015-01-01
"""
ARRESTS_SQL = """\
-- One row per row of the feed.
select
    coalesce(r."number", r."row") as arrest_id,
    r."at" as arrested_at,
    r.district as district_name,
    r.x as longitude,
    r.y as latitude,
    cast(r.age as integer) as age_years,
    r.what as offense_text
from raw.arrests as r
"""
LAYERS = {
    "old": {"north": (WEST, MIDDLE_Y, EAST, NORTH), "south": (WEST, SOUTH, EAST, MIDDLE_Y)},
    "new": {"north": (WEST, SOUTH, MIDDLE_X, NORTH), "south": (MIDDLE_X, SOUTH, EAST, NORTH)},
    "quarters": {
        "nw": (WEST, MIDDLE_Y, MIDDLE_X, NORTH), "ne": (MIDDLE_X, MIDDLE_Y, STRIP, NORTH),
        "sw": (WEST, SOUTH, MIDDLE_X, MIDDLE_Y), "se": (MIDDLE_X, SOUTH, STRIP, MIDDLE_Y),
    },
}  # fmt: skip
# Public points are points of blocks: they lie between the hundredths of a degree, where records of the tests lie.
BLOCKS = [(round(WEST + 0.0125 + 0.025 * i, 4), round(SOUTH + 0.0125 + 0.025 * j, 4)) for i in range(7) for j in range(8)]


def write_squares(folder: Path) -> Path:
    """The city's folder."""
    write_city(folder)
    texts = {
        "places/police_district.yaml": DISTRICTS, "places/quarter.yaml": QUARTERS, "population.yaml": POPULATION,
        "sources/arrests.yaml": ARRESTS, "staging/arrests.sql": ARRESTS_SQL, "blocks.csv": _blocks(),
    }  # fmt: skip
    texts |= {f"boundaries/{name}.geojson": _geojson(boxes) for name, boxes in LAYERS.items()}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    sources = folder / "sources" / "reports.yaml"
    sources.write_text(sources.read_text().replace("- offense_groups: [robbery]", "- offense_groups: [all]"))
    return folder


def load_squares(folder: Path) -> Catalog:
    """The city as a catalog."""
    return load_catalog(write_squares(folder))


def _blocks() -> str:
    few = next((x, y) for x, y in BLOCKS if x > MIDDLE_X and y < MIDDLE_Y)
    homes = {(x, y): 0 if x > MIDDLE_X and y < MIDDLE_Y else 12 for x, y in BLOCKS} | {few: 5}
    return "\n".join(["x,y,people,homes", *(f"{x},{y},{2 * n},{n}" for (x, y), n in homes.items())]) + "\n"


def _geojson(boxes: dict[str, tuple[float, float, float, float]]) -> str:
    features = []
    for name, (w, s, e, n) in boxes.items():
        ring = [[w, s], [e, s], [e, n], [w, n], [w, s]]
        properties = {"id": name, "name": name.title()}
        features.append({"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    return json.dumps({"type": "FeatureCollection", "features": features})
