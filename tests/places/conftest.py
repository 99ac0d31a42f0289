"""A square city whose lines, blocks and records a test draws by itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import shapely
import yaml

from harborlight.catalog import Catalog, load_catalog
from harborlight.places import build_places
from harborlight.store import Connection, connect
from tests.tiny import write_city

Point = tuple[float, float]
WEST, SOUTH, SIZE = -76.5, 39.5, 0.01


def square(column: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    """A rectangle on a sheet of squares, each a hundredth of a degree wide."""
    west, south = WEST + column * SIZE, SOUTH + row * SIZE
    return shapely.box(round(west, 9), round(south, 9), round(west + width * SIZE, 9), round(south + height * SIZE, 9))


def at(column: float, row: float) -> Point:
    """A point on the same sheet."""
    return round(WEST + column * SIZE, 9), round(SOUTH + row * SIZE, 9)


def write_geojson(path: Path, areas: Iterable[tuple[Mapping[str, Any], Any]]) -> Path:
    """One feature per (properties, shape or GeoJSON geometry or None)."""
    features = [
        {"type": "Feature", "properties": dict(values), "geometry": shapely.geometry.mapping(shape) if hasattr(shape, "geom_type") else shape}
        for values, shape in areas
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


class Town:
    """A city folder with layers; `build` makes the schema `places` for some coordinates."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = write_city(folder / "city"), folder / "data"
        self.data.mkdir()
        (self.folder / "places/police_district.yaml").unlink()

    def add_layer(self, layer: str, shapes: Mapping[str, Any], version: str = "2020", **more: Any) -> None:
        """One more version of a layer, its areas by name."""
        write_geojson(
            self.folder / f"boundaries/{layer}_{version}.geojson", [({"name": n}, s) for n, s in shapes.items()]
        )
        path = self.folder / f"places/{layer}.yaml"
        declared = (
            yaml.safe_load(path.read_text()) if path.exists() else {"title": layer, "title_one": layer, "versions": []}
        )
        stated = {"id": version, "boundaries": f"boundaries/{layer}_{version}.geojson", "name_field": "name", **more}
        declared["versions"].append(stated)
        path.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")

    def add_blocks(self, blocks: Sequence[tuple[float, float, int, int]]) -> None:
        """Census blocks: longitude, latitude, people, homes."""
        with (self.folder / "blocks.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("lon", "lat", "people", "homes"), *blocks])
        stated = {
            "blocks": "blocks.csv",
            "year": 2020,
            "population": "people",
            "housing": "homes",
            "longitude": "lon",
            "latitude": "lat",
        }
        (self.folder / "population.yaml").write_text(yaml.safe_dump({**stated, "method": "points"}), encoding="utf-8")

    def load(self) -> Catalog:
        return load_catalog(self.folder)

    def build(self, points: Iterable[Point | tuple[None, None]] = (), **given: Any) -> Connection:
        con = connect(threads=1)
        con.execute("create schema staging")
        con.execute("create table staging.records (longitude double, latitude double)")
        for point in points:
            con.execute("insert into staging.records values (?, ?)", list(point))
        build_places(con, self.load(), self.data, **given)
        return con


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def make_town(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Town]:
    """For property tests: a new town for each example."""
    return lambda: Town(tmp_path_factory.mktemp("town"))
