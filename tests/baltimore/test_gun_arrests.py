"""The real extract of gun charges of 2025 through a source declared here: 1,723 joined rows are 792 arrests.

Somebody joined every historical version of each statute to the charges, so that rows fan out. It is no file of the city's own, so the
shipped configuration does not name it; a source that does must count arrest numbers, and does so without any code of its own.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harborlight.catalog import load_catalog
from harborlight.model.build import build
from harborlight.sources.fetch import fetch_source
from harborlight.staging import stage
from harborlight.store import Connection, connect, read_rows
from tests.baltimore.conftest import copy_city, lay_files

FILE = "bpd_gun_charges_2025_cjis_joined.csv.gz"
SOURCE = f"""\
title: Gun arrests of 2025, joined to statutes
kind: arrests
agency: Baltimore Police Department
connector: files
url: files/{FILE}
format: csv
key: RowID
clock: local
counting_system: nibrs
columns:
  RowID: {{type: text, required: true}}
  ArrestNumber: {{type: text, required: true}}
  IncidentNumber: {{type: text}}
  Age: {{type: number, soft: true, low: 0, high: 120}}
  Sex: {{type: text}}
  Race: {{type: text}}
  ArrestDateTime: {{type: datetime, format: "%Y-%m-%d %H:%M:%S", required: true, low: 2025-01-01, high: 2026-01-01}}
  Charge: {{type: text}}
  District: {{type: text}}
  Latitude: {{type: number, soft: true, low: -90, high: 90}}
  Longitude: {{type: number, soft: true, low: -180, high: 180}}
supplies:
  - from: 2025-01-01
    to: 2025-12-31
"""
SELECT = """\
-- One row per arrest: rows that a join of statutes has multiplied were set aside as duplicates of their key.
select
    r."ArrestNumber" as arrest_id,
    r."IncidentNumber" as incident_id,
    r."ArrestDateTime" as arrested_at,
    r."District" as district_name,
    nullif(r."Longitude", 0) as longitude,
    nullif(r."Latitude", 0) as latitude,
    r."Charge" as offense_text,
    cast(r."Age" as integer) as age_years,
    lower(r."Sex") as sex_code,
    case r."Race" when 'Black' then 'black' when 'White' then 'white' when 'American Indian' then 'american_indian' else 'unknown' end as race_code
from raw.gun_arrests as r
"""


@pytest.fixture(scope="module")
def oracle(shared: Path) -> dict:
    return json.loads((shared / "oracles/baltimore.json").read_text(encoding="utf-8"))["gun_charges_2025"]


@pytest.fixture(scope="module")
def store(repository: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("gun_arrests")
    city = copy_city(repository, folder / "city", "none")
    for path, text in (("sources/gun_arrests.yaml", SOURCE), ("staging/gun_arrests.sql", SELECT)):
        (city / path).write_text(text, encoding="utf-8")
    lay_files(shared, folder / "data")
    (folder / "data/files").mkdir(exist_ok=True)
    shutil.copyfile(shared / "data/baltimore/arrests" / FILE, folder / "data/files" / FILE)
    catalog, data = load_catalog(city), folder / "data"
    snapshot = fetch_source(catalog.sources["gun_arrests"], catalog.city, data, city_folder=catalog.folder)
    con = connect()
    stage(con, catalog, {"gun_arrests": snapshot}, data)
    build(con, catalog, data)
    yield con
    con.close()


def test_the_file_has_more_rows_than_arrests(shared: Path, oracle: dict) -> None:
    with gzip.open(shared / "data/baltimore/arrests" / FILE, "rt", encoding="utf-8", newline="") as file:
        numbers = Counter(row["ArrestNumber"] for row in csv.DictReader(file))
    assert sum(numbers.values()) == oracle["rows"] == 1_723
    assert len(numbers.keys() - {""}) == oracle["distinct_arrests"] == 792


def test_the_books_balance_and_792_arrests_count(store: Connection, oracle: dict) -> None:
    (books,) = read_rows(store, "select fetched, accepted, rejected, duplicate from staging.sources")
    assert tuple(books.values()) == (1_723, 792, 8, 923)
    assert store.execute("select count(*) from model.arrests where counts_arrest and is_counted").fetchone() == (oracle["distinct_arrests"],)


def test_arrests_by_district_and_month_equal_an_independent_count(store: Connection, oracle: dict) -> None:
    by_district = dict(store.execute("select coalesce(district_name, 'blank'), count(*) from staging.arrests group by 1").fetchall())
    assert by_district == oracle["distinct_arrests_by_district"]
    by_month = dict(store.execute("select strftime(arrested_date, '%Y-%m'), count(*) from model.arrests where counts_arrest group by 1").fetchall())
    assert by_month == oracle["distinct_arrests_by_month"]
