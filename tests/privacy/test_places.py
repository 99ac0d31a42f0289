"""Places of records leave as areas and public points only; places of sensitive records, arrests and recent assaults at homes do not leave."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import Catalog
from harborlight.publish.allowlist import load_public_tables
from harborlight.store import Connection, connect, open_release, quote_text
from tests.conftest import DemoCity
from tests.privacy.test_sensitive import KNOWS_TOTALS, LAST, PRIVATE, make_public, read_tables
from tests.squares import BLOCKS, load_squares
from tests.tiny import make_store, refill

NW, SW, THIN = (-76.57, 39.52), (-76.57, 39.43), (-76.46, 39.43)
CORNER = (-76.41, 39.41)  # a piece of the map in which only the tests' hidden rows lie
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_squares(tmp_path_factory.mktemp("squares"))


@pytest.fixture(scope="module")
def store(catalog: Catalog) -> Connection:
    return make_store(catalog, ())


def make_record(number: int, code: str, place: tuple[float, float] | None, **more: Any) -> dict[str, Any]:
    x, y = place or (None, None)
    return {
        "record_id": f"r{number:03}", "occurred_date": LAST - timedelta(days=number % 90), "occurred_hour": number % 24, "offense_code": code,
        "district_name": ("North", "South")[number % 2], "victim_type_code": "person", "premise_code": "street", "longitude": x, "latitude": y, **more,
    }  # fmt: skip


OPEN = [make_record(n, ("120", "13A", "220", "35A")[n % 4], (NW, SW, THIN, None)[n % 4]) for n in range(0, 40, 3)]
ARRESTS = [{"arrest_id": f"a{n}", "arrested_date": LAST - timedelta(days=n), "longitude": NW[0], "latitude": NW[1]} for n in range(6)]


@pytest.fixture
def public(store: Connection, catalog: Catalog, tmp_path: Path) -> Any:
    """Publishes records and arrests; returns the path of the public store."""

    def build(records: Rows, arrests: Rows = ARRESTS) -> Path:
        refill(store, records, arrests)
        make_public(store, catalog, tmp_path / "public.duckdb")
        return tmp_path / "public.duckdb"

    return build


@pytest.fixture(scope="module")
def plain(store: Connection, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is public of the open records and the arrests alone."""
    path = tmp_path_factory.mktemp("plain") / "public.duckdb"
    refill(store, OPEN, ARRESTS)
    make_public(store, catalog, path)
    return read_tables(path)


def changed(plain: dict[str, str], path: Path) -> set[str]:
    after = read_tables(path)
    return {name for name in plain if plain[name] != after[name]}


# ------------------------------------------------------------------------------------------------ sensitive


def test_the_place_of_a_sensitive_record_moves_no_byte(public, plain):
    """Not even where it is the only record of its piece of the map, or out of the city."""
    places = [NW, THIN, CORNER, (0.0, 0.0), (-76.3, 39.5)]
    hidden = [make_record(500 + n, ("11A", "36A", "ZZZ")[n % 3], place, occurred_date=LAST - timedelta(days=20)) for n, place in enumerate(places * 2)]
    assert changed(plain, public([*OPEN, *hidden])) <= KNOWS_TOTALS


def test_the_comparison_sees_the_place_of_an_open_record(public, plain):
    moved = [OPEN[0] | {"longitude": CORNER[0], "latitude": CORNER[1]}, *OPEN[1:]]
    assert changed(plain, public(moved)) >= {"packed", "piece_areas"}


def test_a_sensitive_record_has_no_place_in_the_model(store, public):
    public([*OPEN, make_record(500, "11A", NW)])
    rows = store.execute(
        "select distinct r.tier, r.piece is null, r.snap is null from model.records as r join staging.records as s using (source_id, record_id) "
        "where s.longitude = -76.57 order by all"
    )  # fmt: skip
    assert rows.fetchall() == [("T0", False, False), ("T1", True, True)]


def test_a_sensitive_flag_changes_nothing_on_the_map(public, plain):
    flags = {name: PRIVATE[name] for name in ("is_domestic", "age_years", "sex_code", "race_code", "relationship_code", "location_text")}
    assert changed(plain, public([record | (flags if n % 2 else {}) for n, record in enumerate(OPEN)])) == set()


# ------------------------------------------------------------------------------------------------ points


def test_every_place_of_a_published_record_is_on_the_published_list(public):
    con = open_release(public(OPEN))
    listed = set(con.execute("select longitude, latitude from snap_points").fetchall())
    shown = con.execute("select longitude, latitude from records where longitude is not null").fetchall()
    assert len(shown) > 5 and set(shown) <= listed <= set(BLOCKS)
    points = set(con.execute("select x, y from snap_points").fetchall())
    tiles = set(con.execute("select x, y from tiles").fetchall())
    con.close()
    assert tiles and tiles <= points
    assert not set(shown) & {NW, SW, THIN}


def test_a_record_in_thin_surroundings_has_no_point_and_counts_in_its_area(public):
    con = open_release(public([make_record(n, "120", THIN) for n in range(0, 9, 2)]))
    assert con.execute("select count(*) from tiles").fetchone() == (0,)
    assert con.execute("select count(*), count(longitude) from records where located_district = 'south'").fetchone() == (5, 0)
    counts = con.execute("select area_id, sum(n) from counts where metric = 'robberies' and grain = 'year' group by 1 order by 1").fetchall()
    con.close()
    assert counts == [("city", 5), ("north", 0), ("south", 5), ("unlocated", 0)]


def test_a_recent_assault_at_a_home_has_no_point_until_28_days_have_passed_and_counts_at_once(public):
    kinds = [(code, premise) for code in ("13A", "13B", "13C") for premise in ("residence", None)]
    days = [LAST, LAST - timedelta(days=27), LAST - timedelta(days=28)]
    records = [
        make_record(n * 10 + i, code, NW, premise_code=premise, occurred_date=day) for n, (code, premise) in enumerate(kinds) for i, day in enumerate(days)
    ]
    con = open_release(public([*records, make_record(90, "120", None, occurred_date=LAST)]))
    first = (LAST - timedelta(days=28) - date(1900, 1, 1)).days
    assert con.execute('select "day", count(*) from tiles group by 1').fetchall() == [(first, len(kinds))]
    assert con.execute("select count(snap), count(piece) from packed").fetchone() == (len(kinds), len(records))
    listed = con.execute("select offense_code, \"date\", count(longitude) from records where offense_code <> '120' group by all order by 1").fetchall()
    assert listed == [(code, LAST - timedelta(days=28), 2) for code in ("13A", "13B", "13C")]
    located = con.execute("select count(*) from packed join piece_areas as a using (piece) where a.lines_ix = 1 and a.area = 0").fetchone()
    con.close()
    assert located == (len(records),)


# ------------------------------------------------------------------------------------------------ arrests


def test_nothing_of_a_person_arrested_moves_a_byte(public, plain):
    private = {
        "arrested_at": "2024-06-30 23:15:00", "age_years": 16, "sex_code": "female", "race_code": "Zzq", "ethnicity_code": "Zzq", "location_text": "Zzq",
        "offense_text": "Zzq",
    }  # fmt: skip
    assert changed(plain, public(OPEN, [arrest | private for arrest in ARRESTS])) == set()


def test_what_became_of_an_arrest_moves_counts_of_outcomes_alone_and_its_age_not_even_these(public, plain):
    told = {"charging_decision_code": "declined", "offense_code": "11A", "incident_id": "r003"}
    adult = read_tables(public(OPEN, [arrest | told | {"age_years": 40} for arrest in ARRESTS]))
    moved = {name for name in plain if plain[name] != adult[name]}
    assert moved and all(name.startswith("outcome_") for name in moved)
    assert changed(adult, public(OPEN, [arrest | told | {"age_years": 16} for arrest in ARRESTS])) == set()


def test_an_arrest_leaves_no_point_and_no_hour(public):
    con = open_release(public(OPEN))
    names = {table: {row[0] for row in con.execute(f"describe {table}").fetchall()} for table in ("arrests", "packed_arrests")}
    arrests = con.execute('select "date", located_district, n from arrests order by 1').fetchall()
    con.close()
    assert names["arrests"] == {"date", "police_district", "located_district", "source_id", "n"}
    assert not names["packed_arrests"] & {"hour", "snap", "x", "y", "longitude", "latitude", "offense", "incident"}
    assert arrests == [(LAST - timedelta(days=n), "north", 1) for n in range(5, -1, -1)]


def test_the_place_of_an_arrest_is_in_no_displacement_and_on_no_map(public, plain):
    elsewhere = [*ARRESTS, {"arrest_id": "b", "arrested_date": LAST, "longitude": -76.55, "latitude": 39.55}]
    moved = changed(plain, public(OPEN, elsewhere))
    assert moved & {"packed_arrests", "arrests"} and not moved & {"tiles", "displacement", "snap_points", "packed", "records"}


# ------------------------------------------------------------------------------------------------ the demo city


@pytest.fixture(scope="module")
def private_places(demo_city: DemoCity) -> set[tuple[float, float]]:
    con = connect(demo_city.data / "private.duckdb")
    found = set(con.execute("select distinct longitude, latitude from places.points").fetchall())
    con.close()
    assert len(found) > 1000
    return found


def test_no_public_coordinate_of_the_demo_is_a_private_one(demo_city, private_places):
    con = open_release(demo_city.release / "public.duckdb")
    listed = set(con.execute("select longitude, latitude from snap_points").fetchall())
    shown = set(con.execute("select longitude, latitude from records where longitude is not null").fetchall())
    labels = set(con.execute("select longitude, latitude from areas where longitude is not null").fetchall())
    con.close()
    assert len(shown) > 100 and shown <= listed
    assert not (listed | labels) & private_places


def test_no_sensitive_code_of_the_demo_is_in_a_tile(demo_store):
    con, facts = demo_store
    sensitive = {o.ix for o in facts.offenses if o.tier == "T1"}
    on_map = {row[0] for row in con.execute("select distinct offense from tiles").fetchall()}
    assert sensitive and len(on_map) > 5 and not sensitive & on_map
    assert con.execute("select count(*) from tiles where not is_listed").fetchone() == (0,)


def test_no_public_point_of_the_demo_lies_over_a_guarded_line(demo_city, demo_store):
    """Every area of a record in a guarded version is the area of its point."""
    con, _ = demo_store
    crossed = con.execute(
        "select count(*), count(*) filter (where a.area is distinct from b.area) from tiles as t join snap_points as s using (snap) "
        "cross join (select lines_ix from area_versions where is_guarded) as v "
        "left join piece_areas as a on a.lines_ix = v.lines_ix and a.piece = t.piece "
        "left join piece_areas as b on b.lines_ix = v.lines_ix and b.piece = s.piece"
    ).fetchone()
    assert crossed and crossed[0] > 1000 and crossed[1] == 0


MAY_HOLD = {
    "records": {"longitude", "latitude"}, "areas": {"longitude", "latitude"}, "services": {"longitude", "latitude"},
    "snap_points": {"longitude", "latitude", "piece", "snap", "x", "y"},
}  # fmt: skip
FINER = {"longitude", "latitude", "piece", "snap", "x", "y"}


def test_a_list_of_what_may_leave_names_places_in_four_downloads_only():
    for table in load_public_tables().values():
        if table.download:
            assert FINER & table.columns.keys() == MAY_HOLD.get(table.name, set()), table.name
        else:
            assert not {"longitude", "latitude"} & table.columns.keys(), table.name


def test_downloads_of_the_demo_hold_no_place_but_public_points(demo_city):
    scratch = connect()
    for table in load_public_tables().values():
        if table.download:
            path = demo_city.release / "downloads" / f"{table.name}.parquet"
            names = {row[0] for row in scratch.execute(f"describe select * from {quote_text(str(path))}").fetchall()}
            assert names & FINER == MAY_HOLD.get(table.name, set()), table.name
    scratch.close()
