"""Files of lines: what is read, and what is refused with the file and the feature."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import shapefile
import shapely

from harborlight.catalog import Version, load_catalog
from harborlight.errors import CheckFailed, ConfigError
from harborlight.places import with_files_hashed
from harborlight.places.boundaries import by_name, make_id, read_boundaries
from harborlight.places.rings import shape_of_rings
from harborlight.places.shapefile import read_projection
from harborlight.sources.fetch import fetch_source
from tests.places.conftest import Town, square, write_geojson
from tests.sources.conftest import FAST
from tests.sources.test_recorded_answers import replay
from tests.tiny import make_snapshot

WGS84 = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]'
MARYLAND = (
    'PROJCS["NAD_1983_StatePlane_Maryland_FIPS_1900_Feet",GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",'
    'SPHEROID["GRS_1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",1312333.333333333],PARAMETER["False_Northing",0],'
    'PARAMETER["Central_Meridian",-77],PARAMETER["Standard_Parallel_1",38.3],PARAMETER["Standard_Parallel_2",39.45],'
    'PARAMETER["Latitude_Of_Origin",37.66666666666666],UNIT["Foot_US",0.3048006096012192]]'
)
MERCATOR = (
    'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0],UNIT["Meter",1]]'
)


def read(town: Town, layer: str = "ward"):
    catalog = town.load()
    (version,) = catalog.layers[layer].versions
    return read_boundaries(catalog, town.data, catalog.layers[layer], version)


def write_shapefile(path: Path, shapes, projection: str | None, names) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with shapefile.Writer(str(path), encoding="cp1252") as out:
        out.field("NAME", "C", 40)
        out.field("NUMBER", "N", 10, 2)
        for number, (name, shape) in enumerate(zip(names, shapes, strict=True), 1):
            out.record(name, number)
            out.shape(shapely.geometry.mapping(shape)) if shape is not None else out.null()
    path.with_suffix(".cpg").write_text("cp1252", encoding="ascii")
    if projection is not None:
        path.with_suffix(".prj").write_text(projection, encoding="ascii")


# ------------------------------------------------------------------------------------------------- names


def test_areas_stand_in_the_order_of_their_names_with_numbers_as_numbers(town: Town) -> None:
    town.add_layer("ward", {name: square(n, 0) for n, name in enumerate(["10", "2", "1"])}, prefix="Ward")
    found = read(town)
    assert found.names == ("Ward 1", "Ward 2", "Ward 10") and found.ids == ("1", "2", "10")
    assert sorted(["b2", "A10", "a9", "B"], key=by_name) == ["a9", "A10", "B", "b2"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mount Añejo / Old Town", "mount-anejo-old-town"),
        ("43A", "43a"),
        ("  S. Hilton ", "s-hilton"),
        ("—", ""),
        ("x" * 90, "x" * 63),
    ],
)
def test_an_id_is_made_of_the_name(name, expected) -> None:
    assert make_id(name) == expected


def test_features_with_one_id_are_parts_of_one_area(town: Town) -> None:
    town.add_layer("ward", {"North": square(0, 0)})
    write_geojson(town.folder / "boundaries/ward_2020.geojson", [({"name": "North"}, square(n, 0)) for n in (0, 3)])
    (shape,) = read(town).shapes
    assert shape.equals(shapely.union_all([square(0, 0), square(3, 0)]))


def test_numbers_as_names_lose_their_point(town: Town) -> None:
    town.add_layer("ward", {"x": square(0, 0)}, id_field="number")
    write_geojson(town.folder / "boundaries/ward_2020.geojson", [({"name": 8.0, "number": 8.0}, square(0, 0))])
    found = read(town)
    assert (found.ids, found.names) == (("8",), ("8",))


# ----------------------------------------------------------------------------------------------- repairs

BOW = {
    "type": "Polygon",
    "coordinates": [[[-76.5, 39.5], [-76.49, 39.51], [-76.49, 39.5], [-76.5, 39.51], [-76.5, 39.5]]],
}
SPIKE = {
    "type": "Polygon",
    "coordinates": [
        [[-76.5, 39.5], [-76.49, 39.5], [-76.48, 39.5], [-76.49, 39.5], [-76.49, 39.51], [-76.5, 39.51], [-76.5, 39.5]]
    ],
}
HOLE_OUTSIDE = {
    "type": "Polygon",
    "coordinates": [list(map(list, square(column, 0).exterior.coords)) for column in (0, 4)],
}


@pytest.mark.parametrize(("geometry", "squares"), [(BOW, 0.5), (SPIKE, 1), (HOLE_OUTSIDE, 2)])
def test_invalid_polygons_are_made_valid_and_counted(town: Town, geometry, squares) -> None:
    town.add_layer("ward", {"bad": geometry, "good": square(0, 3)})
    found = read(town)
    assert found.n_repaired == 1 and shapely.is_valid(found.shapes).all()
    assert set(shapely.get_type_id(shapely.get_parts(found.shapes))) == {shapely.GeometryType.POLYGON}
    assert found.shapes[0].area == pytest.approx(squares * square(0, 0).area)


# ---------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("values", "geometry", "words"),
    [
        ({"title": "x"}, square(0, 0), "feature 2: there is no property 'name'"),
        ({"name": " "}, square(0, 0), "feature 2: an area without a name"),
        ({"name": None}, square(0, 0), "feature 2: an area without a name"),
        ({"name": "x"}, shapely.Point(-76.5, 39.5), "feature 2: this is not a polygon"),
        ({"name": "x"}, None, "feature 2: this is not a polygon"),
        ({"name": "x"}, {"type": "Polygon", "coordinates": []}, "feature 2: this is not a polygon"),
        ({"name": "x"}, {"type": "Circle"}, "feature 2: this is not a polygon"),
        ({"name": "x"}, shapely.box(1312000, 200000, 1313000, 201000), "feature 2: these coordinates are not degrees"),
        ({"name": "WEST-SIDE"}, square(0, 0), "'WEST-SIDE' and 'West Side' both have the id 'west-side'"),
    ],
)
def test_a_feature_that_is_no_area_is_refused(town: Town, values, geometry, words) -> None:
    town.add_layer("ward", {"x": square(0, 0)})
    write_geojson(
        town.folder / "boundaries/ward_2020.geojson", [({"name": "West Side"}, square(1, 0)), (values, geometry)]
    )
    with pytest.raises(ConfigError) as error:
        read(town)
    assert words in str(error.value) and "ward_2020.geojson" in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "Polygon"}', "<html>", '{"features": 3}', '{"features": [3]}']
)
def test_a_file_that_is_no_geojson_is_refused(town: Town, text) -> None:
    town.add_layer("ward", {"x": square(0, 0)})
    (town.folder / "boundaries/ward_2020.geojson").write_text(text)
    with pytest.raises(ConfigError, match=r"ward_2020\.geojson: this is not a GeoJSON file"):
        read(town)


def test_longitude_and_latitude_the_wrong_way_round(town: Town) -> None:
    town.add_layer("ward", {"x": shapely.box(39.5, -76.5, 39.51, -76.49)})
    with pytest.raises(ConfigError, match="no area lies in the city's bbox"):
        read(town)


def test_a_missing_file_and_an_empty_one(town: Town) -> None:
    town.add_layer("ward", {})
    with pytest.raises(ConfigError, match="there is no feature in it"):
        read(town)
    (town.folder / "boundaries/ward_2020.geojson").unlink()
    with pytest.raises(ConfigError, match="there is no such file"):
        read(town)


# --------------------------------------------------------------------------------------------- shapefiles


def to_mercator(points):
    x, y = np.radians(points).T
    return np.column_stack([x, np.arctanh(np.sin(y))]) * 6378137.0


@pytest.mark.parametrize(("projection", "project"), [(WGS84, lambda points: points), (MERCATOR, to_mercator)])
def test_a_shapefile_is_read_as_a_geojson_file_is(town: Town, projection, project) -> None:
    ring = square(0, 0, 3, 3).difference(square(1, 1))
    shapes = [ring, square(1, 1), shapely.MultiPolygon([square(4, 0), square(4, 2)])]
    names = ["Añejo", "Middle", "Far"]
    town.add_layer("ward", dict(zip(names, shapes, strict=True)))
    expected = read(town)
    write_shapefile(town.folder / "ward.shp", [shapely.transform(s, project) for s in shapes], projection, names)
    path = town.folder / "places/ward.yaml"
    path.write_text(
        path.read_text()
        .replace("boundaries/ward_2020.geojson", "ward.shp")
        .replace("name_field: name", "name_field: NAME")
    )
    found = read(town)
    assert (found.ids, found.names, found.n_repaired) == (expected.ids, expected.names, 0)
    assert all(
        one.equals_exact(other.normalize(), 1e-9)
        for one, other in zip(shapely.normalize(found.shapes), expected.shapes, strict=True)
    )


def test_state_plane_feet_become_degrees(tmp_path: Path) -> None:
    """By what defines the projection: its origin, the scale 1 on a standard parallel, and the meridian through the origin."""
    (tmp_path / "x.prj").write_text(MARYLAND)
    to_degrees = read_projection(tmp_path / "x.prj")
    foot = 1200 / 3937
    origin = to_degrees(np.array([[400000 / foot, 0.0]]))
    assert origin == pytest.approx(np.array([[-77, 37 + 2 / 3]]), abs=1e-9)
    north = 400000 / foot, np.linspace(0, 900_000, 9_001)
    line = to_degrees(np.column_stack([np.full(9_001, north[0]), north[1]]))
    assert np.allclose(line[:, 0], -77) and (np.diff(line[:, 1]) > 0).all()
    for parallel in (38.3, 39.45):
        y = np.interp(parallel, line[:, 1], north[1])
        one, other = to_degrees(np.array([[north[0], y], [north[0] + 1000 * 3937 / 1200, y]]))
        sine = np.sin(np.radians(parallel))
        metre = 6378137 * np.cos(np.radians(parallel)) / np.sqrt(1 - 0.00669438002290 * sine**2)
        assert np.radians(other[0] - one[0]) * metre == pytest.approx(1000, rel=1e-6)


@pytest.mark.parametrize(
    ("projection", "words"),
    [
        (None, "prj file is missing"),
        (
            MARYLAND.replace("Lambert_Conformal_Conic", "Transverse_Mercator"),
            "the projection Transverse_Mercator is not known",
        ),
        (WGS84.replace("WGS_1984", "Tokyo"), "neither WGS84 nor NAD83"),
    ],
)
def test_coordinates_of_unknown_meaning_are_refused(town: Town, projection, words) -> None:
    town.add_layer("ward", {"x": square(0, 0)}, boundaries="ward.shp")
    write_shapefile(town.folder / "ward.shp", [square(0, 0)], projection, ["x"])
    with pytest.raises(ConfigError, match=words) as error:
        read(town)
    assert "ward.prj" in str(error.value)


def test_a_cut_shapefile_and_a_record_without_shape(town: Town) -> None:
    town.add_layer("ward", {"x": square(0, 0)}, boundaries="ward.shp", name_field="NAME")
    write_shapefile(town.folder / "ward.shp", [square(0, 0), None], WGS84, ["x", "y"])
    with pytest.raises(ConfigError, match=r"ward\.shp, feature 2: this is not a polygon"):
        read(town)
    (town.folder / "ward.dbf").unlink()
    with pytest.raises(ConfigError, match=r"ward\.shp: the shapefile cannot be read"):
        read(town)


# --------------------------------------------------------------------------------------------- portal layers

AREAS_SOURCE = """\
kind: areas
title: Wards
agency: Office of Tests
connector: arcgis
url: https://example.org/FeatureServer/0
key: OBJECTID
columns:
  OBJECTID: {type: integer, required: true}
  WARD: {type: text, required: true}
"""


def rings_of(shape) -> list:
    """As ArcGIS writes them: outer rings clockwise, holes the other way round."""
    oriented = [shapely.geometry.polygon.orient(part, sign=-1) for part in shapely.get_parts(shape)]
    return [list(map(list, ring.coords)) for part in oriented for ring in (part.exterior, *part.interiors)]


def add_portal_layer(town: Town) -> None:
    (town.folder / "sources/wards.yaml").write_text(AREAS_SOURCE)
    (town.folder / "places/ward.yaml").write_text(
        'title: Wards\ntitle_one: Ward\nversions:\n  - {id: "2020", source: wards, name_field: WARD}\n'
    )


def keep_snapshot(data: Path, name: str, features: list) -> None:
    body = gzip.compress(json.dumps({"features": features}).encode() + b"\n")
    folder = data / "snapshots/wards"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ndjson.gz").write_bytes(body)
    part = {
        "file": f"{name}.ndjson.gz",
        "layout": "arcgis",
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
        "rows": len(features),
    }
    snapshot = make_snapshot("wards", len(features), id=name).model_dump(mode="json") | {"parts": [part]}
    (folder / f"{name}.json").write_text(json.dumps(snapshot))


def test_a_portal_layer_is_read_from_its_newest_whole_snapshot(town: Town) -> None:
    add_portal_layer(town)
    with pytest.raises(CheckFailed, match="source wards: its boundaries have not been fetched"):
        read(town)
    shapes = {"1": square(0, 0, 3, 3).difference(square(1, 1)), "2": shapely.MultiPolygon([square(1, 1), square(5, 5)])}
    rows = [{"attributes": {"OBJECTID": n, "WARD": n}, "geometry": {"rings": rings_of(s)}} for n, s in shapes.items()]
    keep_snapshot(town.data, "20260101T000000Z-000000000001", rows)
    found = read(town)
    assert found.names == ("1", "2")
    assert all(one.equals(other) for one, other in zip(found.shapes, shapes.values(), strict=True))
    keep_snapshot(town.data, "20260102T000000Z-000000000002", rows[:1])
    assert read(town).names == ("1",)
    (town.data / "snapshots/wards/20260102T000000Z-000000000002.ndjson.gz").write_bytes(b"cut")
    assert read(town).names == ("1", "2")


def test_a_portal_layer_is_fetched_with_its_polygons_in_degrees(town: Town) -> None:
    """A layer in feet answers in degrees where it is asked to; a query without shapes would leave areas without ground."""
    shapes = {1: square(0, 0, 3, 3).difference(square(1, 1)), 2: square(5, 5), 3: square(1, 1)}
    facts = {
        "objectIdField": "OBJECTID", "geometryType": "esriGeometryPolygon", "maxRecordCount": 2,
        "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "WARD", "type": "esriFieldTypeString"}],
        "advancedQueryCapabilities": {"supportsOrderBy": True, "supportsPagination": True},
    }  # fmt: skip

    def answer(path: str, query: dict[str, str]) -> object:
        if not path.endswith("/query"):
            return facts
        if query.get("returnCountOnly"):
            return {"count": len(shapes)}
        after = int(query["where"].split("> ")[1]) if ">" in query["where"] else 0
        is_asked = query["returnGeometry"] == "true" and query["outSR"] == "4326"
        rows = [
            {"attributes": {"OBJECTID": n, "WARD": f"Ward {n}"}}
            | ({"geometry": {"rings": rings_of(shape)}} if is_asked else {})
            for n, shape in shapes.items()
            if n > after
        ]
        return {"features": rows[:2], "exceededTransferLimit": len(rows) > 2}

    add_portal_layer(town)
    catalog = town.load()
    with replay(answer) as url:
        source = catalog.sources["wards"].model_copy(update={"url": f"{url}/FeatureServer/0"})
        fetch_source(source, catalog.city, town.data, city_folder=town.folder, allow_private_hosts=True, limits=FAST)
    found = read(town)
    assert found.names == ("Ward 1", "Ward 2", "Ward 3")
    assert all(one.equals(other) for one, other in zip(found.shapes, shapes.values(), strict=True))


def test_rings_that_all_turn_the_wrong_way_still_leave_the_hole() -> None:
    rings = [
        list(reversed(ring)) if index == 0 else ring
        for index, ring in enumerate(rings_of(square(0, 0, 3, 3).difference(square(1, 1))))
    ]
    assert shape_of_rings(rings).equals(square(0, 0, 3, 3).difference(square(1, 1)))


def test_a_hole_that_lies_in_no_ring_is_ground() -> None:
    rings = [*rings_of(square(0, 0)), list(reversed(rings_of(square(4, 0))[0]))]
    assert shape_of_rings(rings).equals(shapely.union_all([square(0, 0), square(4, 0)]))


# ------------------------------------------------------------------------------------------------- hash


def test_the_hash_changes_with_the_boundaries(town: Town) -> None:
    assert (
        with_files_hashed(load_catalog(town.folder), town.data).config_sha256 == load_catalog(town.folder).config_sha256
    )
    town.add_layer("ward", {"x": square(0, 0)})
    town.add_blocks([])
    hashes = {town.load().config_sha256, with_files_hashed(town.load(), town.data).config_sha256}
    for name in ("boundaries/ward_2020.geojson", "blocks.csv"):
        path = town.folder / name
        path.write_text(path.read_text() + "\n")
        hashes.add(with_files_hashed(town.load(), town.data).config_sha256)
    assert len(hashes) == 4
    path.unlink()
    with pytest.raises(ConfigError, match=r"blocks\.csv: there is no such file"):
        with_files_hashed(town.load(), town.data)


def test_a_version_is_a_file_or_a_source() -> None:
    with pytest.raises(ValueError, match="either boundaries"):
        Version(id="2020", name_field="name")
