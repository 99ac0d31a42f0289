"""Sources of kind arrests become `staging.arrests`: canonical columns, closed vocabularies, every row once; other kinds stay apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from harborlight.catalog import Catalog, Part, load_catalog
from harborlight.errors import CheckFailed, ConfigError
from harborlight.model import build
from harborlight.staging import load_arrest_columns, stage
from harborlight.store import Connection, connect, read_rows
from tests.squares import ARRESTS, write_squares
from tests.tiny import feed_row, make_snapshot, put_part, stage_text

HEAD = "row,number,at,district,x,y,age,what\n"
ROWS = HEAD + (
    "1,A1,2024-03-01T23:30:00,North,-76.57,39.52,30,HANDGUN\n"
    "2,A1,2024-03-01T23:30:00,North,-76.57,39.52,30,ASSAULT\n"
    "3,,2024-07-01T00:10:00,N DIST,,,17,\n"
    "3,,2024-07-01T00:10:00,N DIST,,,17,\n"
    "4,A4,yesterday,North,-76.57,39.52,30,\n"
)
AREAS_SOURCE = """\
title: Quarters of the portal
kind: areas
agency: Littleport
connector: files
url: feeds/quarters.geojson
format: geojson
key: id
clock: utc
counting_system: nibrs
columns:
  id: {type: text, required: true}
  name: {type: text}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_squares(tmp_path / "city")


def stage_arrests(city: Path, data: Path, text: str = ROWS) -> tuple[Connection, Catalog]:
    catalog = load_catalog(city)
    return stage_text(catalog, data, text, text.count("\n") - 1, source_id="arrests"), catalog


def test_every_canonical_column_is_there_and_the_local_day_is_derived(city, tmp_path):
    con, _ = stage_arrests(city, tmp_path)
    rows = read_rows(con, "select * from staging.arrests order by arrest_id, offense_text")
    assert list(rows[0]) == ["source_id", "snapshot_id", *load_arrest_columns(), "is_sealed"]
    assert [(row["arrest_id"], row["arrested_date"].isoformat(), row["offense_text"]) for row in rows] == [
        ("3", "2024-07-01", None), ("A1", "2024-03-01", "ASSAULT"), ("A1", "2024-03-01", "HANDGUN"),
    ]  # fmt: skip
    assert [str(row["arrested_at"]) for row in rows][:2] == ["2024-07-01 04:10:00", "2024-03-02 04:30:00"], "instants are UTC"


def test_the_books_of_arrests_balance_and_name_what_was_refused(city, tmp_path):
    con, _ = stage_arrests(city, tmp_path)
    assert con.execute("select fetched, accepted, rejected, duplicate from staging.sources").fetchall() == [(5, 3, 1, 1)]
    assert con.execute("select source_id, reason, n from staging.rejects").fetchall() == [("arrests", "at: not a datetime", 1)]


def test_arrests_are_no_records_and_supply_no_offense_group(city, tmp_path):
    con, catalog = stage_arrests(city, tmp_path)
    assert con.execute("select count(*) from staging.records").fetchone() == (0,)
    assert con.execute("select source_id, is_only_source from staging.supplies where offense_group = 'arrests'").fetchall() == [("arrests", True)]
    assert con.execute("select count(*) from staging.supplies where offense_group = 'robbery' and is_only_source").fetchone() == (1,)
    build(con, catalog, tmp_path)
    assert con.execute("select count(*), count(*) filter (where counts_arrest), bool_and(is_counted) from model.arrests").fetchone() == (3, 2, True)
    assert {"offense_text", "arrested_at", "arrest_place"}.isdisjoint(row[0] for row in con.execute("describe model.arrests").fetchall())


def test_records_alone_leave_an_empty_table_of_arrests(city, tmp_path):
    row = feed_row(1)
    con = stage_text(load_catalog(city), tmp_path, ",".join(row) + "\n" + ",".join(row.values()) + "\n", 1)
    assert con.execute("select count(*) from staging.arrests").fetchone() == (0,)
    kinds = {row["column_name"]: row["column_type"] for row in read_rows(con, "describe staging.arrests")}
    assert kinds["arrested_date"] == "DATE" and kinds["longitude"] == "DOUBLE"


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ("r.what as offense_text", "r.what as charge", "charge: not a canonical column"),
        ('coalesce(r."number", r."row") as arrest_id,', "", "arrest_id must be selected"),
        ('coalesce(r."number", r."row") as arrest_id', 'r."number" as arrest_id', "1 arrests have no arrest_id"),
        ("r.what as offense_text", "'north' as charging_decision_code", "charging_decision_code outside charged"),
        ("from raw.arrests as r", "from raw.arrests as r where r.age = 30", "3 rows accepted, 2 arrests made"),
        ("cast(r.age as integer)", "cast(r.what as integer)", "a value"),
    ],
)
def test_a_select_that_breaks_the_contract_is_named(city, tmp_path, was, becomes, words):
    path = city / "staging" / "arrests.sql"
    assert was in path.read_text()
    path.write_text(path.read_text().replace(was, becomes))
    with pytest.raises(CheckFailed, match=words) as caught:
        stage_arrests(city, tmp_path)
    assert "HANDGUN" not in str(caught.value)


def test_a_source_of_areas_is_fetched_and_not_staged(city, tmp_path):
    (city / "sources" / "lines.yaml").write_text(AREAS_SOURCE)
    quarter = city / "places" / "quarter.yaml"
    quarter.write_text(quarter.read_text().replace("boundaries: boundaries/quarters.geojson", "source: lines"))
    name = put_part(tmp_path, "lines", "rows.json", b"{}")
    part = Part(file=name, layout="geojson", sha256="", bytes=2, rows=4)
    con = connect(threads=1)
    stage(con, load_catalog(city), {"lines": make_snapshot("lines", 4, [part])}, tmp_path)
    assert con.execute("select source_id, fetched, accepted from staging.sources").fetchall() == [("lines", 4, 4)]
    assert con.execute("select count(*) from duckdb_tables() where schema_name = 'raw'").fetchone() == (0,)


def test_two_sources_of_arrests_may_not_give_one_day_twice(city):
    (city / "sources" / "more_arrests.yaml").write_text(ARRESTS)
    (city / "staging" / "more_arrests.sql").write_text((city / "staging" / "arrests.sql").read_text())
    with pytest.raises(ConfigError, match="both give arrests on 2015-01-01"):
        load_catalog(city)


def test_a_column_that_differs_in_capital_letters_only_is_another_column(city, tmp_path):
    text = HEAD.replace("\n", ",ROW,What\n") + "1,A1,2024-03-01T23:30:00,North,-76.57,39.52,30,HANDGUN,99,ROBBERY\n"
    con, _ = stage_arrests(city, tmp_path, text)
    assert con.execute("select arrest_id, offense_text from staging.arrests").fetchall() == [("A1", "HANDGUN")]
