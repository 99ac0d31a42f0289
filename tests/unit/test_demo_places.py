"""The demo's ground plan: lines that share their edges, people, and records that lie where the truth says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from harborlight.catalog import load_catalog
from harborlight.demo import city_folder, write_demo
from harborlight.demo.boundaries import boundary_files
from tests.unit.test_demo import Edition, districts, local, make, recount_legacy, recount_nibrs, units

CATALOG = load_catalog(city_folder())
LINES = {(layer.id, version.id): version for layer in CATALOG.layers.values() for version in layer.versions}
COUNTS = {
    ("police_district", "1987"): 6, ("police_district", "2025"): 6, ("neighborhood", "2019"): 40,
    ("community_statistical_area", "2020"): 10, ("city_council_district", "2022"): 7,
    ("state_legislative_district", "2022"): 3, ("zip", "2020"): 8, ("census_tract", "2020"): 76,
}  # fmt: skip
ON_LAND = [lines for lines in COUNTS if lines[0] != "state_legislative_district"]
Areas = dict[str, shapely.Geometry]
Place = tuple[str, str]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return make(tmp_path_factory.mktemp("edition0"))


@pytest.fixture(scope="module")
def plan(first: Edition) -> dict[tuple[str, str], Areas]:
    """The areas of every version as written, by id, in the order of their names."""
    return {lines: areas_of(first.folder / (version.boundaries or "")) for lines, version in LINES.items()}


def areas_of(path: Path) -> Areas:
    features = json.loads(path.read_text())["features"]
    named = {f["properties"]["id"]: (f["properties"]["name"], shape(f["geometry"])) for f in features}
    assert len(named) == len(features)
    return {id_: geometry for id_, (name, geometry) in sorted(named.items(), key=lambda item: by_number(item[1][0]))}


def by_number(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", name)]


def locate(areas: Areas, places: Iterable[Place]) -> dict[Place, str]:
    """Area id of each place by plain geometry: on a border the first by name; "" in none."""
    found = {}
    for place in set(places):
        lon, lat = (float(text) if text else 0.0 for text in place)
        point = shapely.Point(lon, lat)
        found[place] = next((id_ for id_, area in areas.items() if area.intersects(point)), "")
    return found


# --------------------------------------------------------------------------------------------- the lines


def test_every_version_has_its_file_and_every_file_its_use(first: Edition) -> None:
    basemap, population = CATALOG.basemap, CATALOG.population
    assert basemap and population
    used = {version.boundaries for version in LINES.values()} | {basemap.water, basemap.streets, population.blocks}
    assert used == {f"boundaries/{name}" for name in boundary_files()}
    assert {str(path.relative_to(first.folder)) for path in first.folder.glob("boundaries/*")} == used


def test_the_plan_is_the_same_for_every_seed(first: Edition, tmp_path: Path) -> None:
    write_demo(tmp_path, seed=7, scale=0.01)
    for name, content in boundary_files().items():
        assert (tmp_path / "boundaries" / name).read_bytes() == content


@pytest.mark.parametrize("lines", COUNTS)
def test_areas_neither_overlap_nor_leave_gaps(plan: dict[tuple[str, str], Areas], lines: tuple[str, str]) -> None:
    shapes = list(plan[lines].values())
    assert len(shapes) == COUNTS[lines]
    assert all(shape.is_valid for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(whole.area, rel=1e-12)
    assert not any(len(part.interiors) for part in shapely.get_parts(whole))


def test_layers_on_land_cover_the_same_ground(plan: dict[tuple[str, str], Areas]) -> None:
    land = [shapely.union_all(list(plan[lines].values())) for lines in ON_LAND]
    assert all(ground.equals(land[0]) for ground in land)
    both = shapely.union_all(list(plan["state_legislative_district", "2022"].values()))
    assert both.covers(land[0]) and both.area > 1.1 * land[0].area, "these lines run across the harbour"


def test_lines_cross_neighborhoods(plan: dict[tuple[str, str], Areas]) -> None:
    """A council district cuts neighbourhoods in two, so no layer can be counted from another."""
    places = plan["neighborhood", "2019"].values()
    cut = [p for p in places if sum(p.intersection(d).area > 1e-9 for d in plan["city_council_district", "2022"].values()) > 1]
    assert len(cut) >= 4


def test_ids_are_those_that_reports_and_offices_are_filed_under(plan: dict[tuple[str, str], Areas]) -> None:
    for (layer, version), areas in plan.items():
        assert {area.id for area in CATALOG.layers[layer].areas} in (set(), set(areas))
        assert set(LINES[layer, version].represents) in (set(), set(areas))
    assert len(LINES["city_council_district", "2022"].represents) == 7
    offices = [who for version in LINES.values() for who in version.represents.values()]
    assert not any(who.name for who in offices)
    assert all(re.fullmatch(r"555-01\d\d", who.phone) for who in offices)


def test_the_redraw_moved_six_neighborhoods(plan: dict[tuple[str, str], Areas]) -> None:
    before, since = plan["police_district", "1987"], plan["police_district", "2025"]
    moved = shapely.union_all([before[id_].difference(since[id_]) for id_ in before])
    places = plan["neighborhood", "2019"]
    assert sum(moved.intersection(place).area > 0.99 * place.area for place in places.values()) == 6


def test_streets_run_on_land_and_water_is_the_rest(first: Edition, plan: dict[tuple[str, str], Areas]) -> None:
    land = shapely.union_all(list(plan["neighborhood", "2019"].values()))
    streets = [shape(f["geometry"]) for f in json.loads((first.folder / "boundaries/streets.geojson").read_text())["features"]]
    assert len(streets) > 40 and all(land.covers(street) for street in streets)
    (water,) = (shape(f["geometry"]) for f in json.loads((first.folder / "boundaries/water.geojson").read_text())["features"])
    assert water.is_valid and shapely.union_all([water, land]).equals(shapely.box(*CATALOG.city.bbox))
    assert water.intersection(land).area == 0


def test_people_live_in_blocks_and_some_on_boats(first: Edition, plan: dict[tuple[str, str], Areas]) -> None:
    with (first.folder / "boundaries/census_blocks_2020.csv").open(newline="") as file:
        blocks = list(csv.DictReader(file))
    assert len({block["block"] for block in blocks}) == len(blocks)
    assert 1_500 < len(blocks) < 2_500
    people, homes = (sum(int(block[column]) for block in blocks) for column in ("population", "housing"))
    assert 250_000 < people < 350_000 and 1.8 < people / homes < 2.6
    assert sum(0 < int(block["housing"]) < 8 for block in blocks) > 100
    where = locate(plan["police_district", "2025"], ((b["longitude"], b["latitude"]) for b in blocks))
    afloat = [b for b in blocks if not where[b["longitude"], b["latitude"]]]
    assert sum(int(b["population"]) for b in afloat) == 31
    assert "" not in locate(
        plan["state_legislative_district", "2022"], ((b["longitude"], b["latitude"]) for b in afloat)
    ).values()


# ------------------------------------------------------------------------------------------- the records


@pytest.mark.parametrize("lines", COUNTS, ids="-".join)
def test_counts_by_area_equal_a_recount_by_geometry(
    first: Edition, plan: dict[tuple[str, str], Areas], lines: tuple[str, str]
) -> None:
    counted = [*recount_legacy(first.legacy), *recount_nibrs(first.nibrs)]
    where = locate(plan[lines], (c.place for c in counted))
    for metric, mine in units(counted).items():
        lost = first.truth.missing.get(metric, ())
        expected = Counter((c.on.year, where[c.place]) for c in mine if c.on.strftime("%Y-%m") not in lost)
        assert first.truth.by_year_area[metric][lines] == expected, metric
        assert sum(expected.values()) == first.truth.total[metric]


def test_arrests_equal_a_recount_of_the_bytes(first: Edition, plan: dict[tuple[str, str], Areas]) -> None:
    rows = [r for r in {r["RowID"]: r for r in first.arrests}.values() if r["ArrestDateTime"] != "2025-02-30 10:00"]
    once = {r["ArrestNumber"] or r["RowID"]: r for r in reversed(rows)}.values()
    truth, ids = first.truth.arrests, districts()
    assert (truth.rows, truth.total) == (len(rows), len(once))
    assert truth.rows_without_coordinates == sum(r["Longitude"] == "" for r in rows)
    year = {r["RowID"]: int(r["ArrestDateTime"][:4]) for r in once}
    assert truth.by_year == Counter(year.values())
    stated = {r["RowID"]: ids.get(r["District"].lower(), "") for r in rows}
    assert truth.by_year_district == Counter((year[r["RowID"]], stated[r["RowID"]]) for r in once)
    for lines, areas in plan.items():
        where = locate(areas, ((r["Longitude"], r["Latitude"]) for r in rows))
        lies = {r["RowID"]: where[r["Longitude"], r["Latitude"]] for r in rows}
        assert truth.by_year_area[lines] == Counter((year[r["RowID"]], lies[r["RowID"]]) for r in once), lines
        if lines[0] == "police_district":
            both = [key for key in stated if stated[key] and lies[key]]
            agree = sum(stated[key] == lies[key] for key in both)
            assert truth.agreement[lines[1]] == (sum(map(bool, stated.values())), len(both), agree)


def test_arrests_are_as_dirty_as_real_ones(first: Edition) -> None:
    rows = first.arrests
    assert 0.44 < sum(r["Longitude"] == "" for r in rows) / len(rows) < 0.53
    assert 0.03 < sum(r["ArrestNumber"] == "" for r in rows) / len(rows) < 0.07
    numbers = Counter(r["ArrestNumber"] for r in {r["RowID"]: r for r in rows}.values() if r["ArrestNumber"])
    assert set(numbers.values()) == {1, 2}
    assert {r["District"] for r in rows} == {"", "North", "Lantern", "Quay", "West", "Mill", "Salt"}
    assert {"!ST DEGREE ASSAUALT", "ZND DEGREE ASSAULT", "FTA"} <= {r["Charge"] for r in rows}
    _, compared, agree = first.truth.arrests.agreement["2025"]
    later = [r for r in rows if r["District"] and r["Longitude"] and r["ArrestDateTime"] >= "2025-07"]
    assert 0.75 < agree / compared < 0.92 and len(later) > 200


def test_arrests_of_later_editions_only_add_rows(first: Edition, tmp_path: Path) -> None:
    later = make(tmp_path, 3)
    # What the State's Attorney decides is known later.
    before, after = ({tuple(text for name, text in r.items() if not name.startswith("Decision")) for r in e.arrests} for e in (first, later))
    assert before < after and later.truth.arrests.rows > first.truth.arrests.rows


def rows_of(edition: Edition, trap: str) -> list[dict[str, str]]:
    rows = {r["RowID"]: r for r in (*edition.legacy, *edition.nibrs)}
    return [rows[row_id] for row_id in edition.truth.traps[trap]]


def test_known_places_are_in_the_feed(first: Edition, plan: dict[tuple[str, str], Areas]) -> None:
    land, state = plan["neighborhood", "2019"], plan["state_legislative_district", "2022"]

    def areas_at(trap: str, areas: Areas) -> set[int]:
        points = [shapely.Point(float(r["Longitude"]), float(r["Latitude"])) for r in rows_of(first, trap)]
        return {sum(area.intersects(point) for area in areas.values()) for point in points}

    assert areas_at("in_harbor", land) == {0} and areas_at("in_harbor", state) == {1}
    assert areas_at("offshore", state) == areas_at("abroad", state) == {0}
    west, south, east, north = CATALOG.city.bbox
    (offshore,), (abroad,) = rows_of(first, "offshore"), rows_of(first, "abroad")
    assert west < float(offshore["Longitude"]) < east and south < float(offshore["Latitude"]) < north
    assert not west < float(abroad["Longitude"]) < east
    assert areas_at("on_border", plan["police_district", "2025"]) == {2}, "exactly on the edge of two districts"
    assert areas_at("on_border", land) == {2}


def test_nothing_else_happens_at_the_sensitive_place(first: Edition) -> None:
    rows = rows_of(first, "sensitive_place")
    assert {r["NIBRSCode"] for r in rows} == {"11A"} and len(rows) == 3
    (place,) = {(r["Longitude"], r["Latitude"]) for r in rows}
    others = (*first.legacy, *first.nibrs, *first.arrests)
    assert sum((r["Longitude"], r["Latitude"]) == place for r in others) == 3


def test_assaults_at_home_before_and_after_28_days(first: Edition) -> None:
    (now,), (before,) = rows_of(first, "home_now"), rows_of(first, "home_before")
    for row in (now, before):
        assert (row["NIBRSCode"], row["Domestic"], row["Premise"]) == ("13B", "Y", "Residence/Home")
    assert (now["Longitude"], now["Latitude"]) == (before["Longitude"], before["Latitude"])
    days = [(first.truth.through - local(row["OccurredAt"]).date()).days for row in (now, before)]
    assert days == [6, 60]


def test_dirt_of_the_coordinates_is_a_share_of_the_rows(first: Edition) -> None:
    """Rows at the three places in the harbour, beside the city, abroad and on borders stand in every edition."""
    repeated = Counter((r["Longitude"], r["Latitude"]) for r in first.nibrs if r["Longitude"])
    often = {place for place, n in repeated.items() if n >= 3}
    assert {("0", "0"), ("-68.113579", "36.931357"), ("-3.703791", "40.416775"), ("-67.993234", "36.977321")} <= often
