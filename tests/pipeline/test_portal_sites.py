"""Sites of help from a portal: they become public sites, a row of the city's files stands in the place of one, and nonsense stops the run."""

from __future__ import annotations

import pytest

from harborlight.publish.release import current_release
from harborlight.store import open_release, read_rows
from tests.pipeline.conftest import Town

SOURCE = """\
title: Places of help
kind: services
agency: Health Department
connector: files
url: feeds/help.csv
format: csv
key: number
columns:
  number: {type: text, required: true}
  name: {type: text, required: true}
  type: {type: text}
  lon: {type: number}
  lat: {type: number}
  open: {type: text}
  asked: {type: date, format: "%Y-%m-%d"}
gates: false
"""
SELECT = """\
-- One row per place.
select
    r."number" as id,
    r.name,
    r."type" as kind,
    r.lon as longitude,
    r.lat as latitude,
    r."open" as hours,
    r.asked as last_verified
from raw.help as r
"""
HEAD = "number,name,type,lon,lat,open,asked\n"
FEED = HEAD + "quay-truce,Quay Truce,outreach,-76.57,39.52,Mo-Fr 09:00-17:00,2026-09-20\nold-hall,Old Hall,youth,,,,\n"


def write_portal(town: Town, feed: str) -> None:
    town.write("sources/help.yaml", SOURCE)
    town.write("staging/help.sql", SELECT)
    (town.data / "feeds" / "help.csv").write_text(feed)


def test_portal_and_files_make_one_list(town: Town) -> None:
    write_portal(town, FEED)
    town.write("services/own.csv", "id,name,kind,phone\nold-hall,Old Hall Club,youth,555-0100\nthird,Third,school,\n")
    said = town.refresh()
    assert said.code == 0, said.err
    con = open_release(town.data / "releases" / (current_release(town.data) or "") / "public.duckdb")
    rows = read_rows(con, "select id, name, hours, phone, source, last_verified from services order by id")
    con.close()
    assert [(r["id"], r["name"], r["hours"], r["phone"], r["source"]) for r in rows] == [
        ("old-hall", "Old Hall Club", "", "555-0100", ""), ("quay-truce", "Quay Truce", "Mo-Fr 09:00-17:00", "", "Places of help"), ("third", "Third", "", "", ""),
    ]  # fmt: skip
    assert [str(r["last_verified"]) for r in rows] == ["None", "2026-09-20", "None"]


@pytest.mark.parametrize(
    ("row", "part"),
    [("a,A,club,,,,", "kind outside violence_interruption"), ("a,A,youth,,,nine to five,", "hours"), ("a,A,youth,10,10,,", "outside the city's bbox"),
     ("A B,A,youth,,,,", "id")],
)  # fmt: skip
def test_a_row_that_is_no_site_stops_the_run_without_its_value(town: Town, row: str, part: str) -> None:
    write_portal(town, HEAD + row + "\n")
    said = town.refresh()
    town.check_refused(said, 1, part)
    assert "nine to five" not in said.err and "A B" not in said.err


def test_a_source_of_sites_counts_nothing(town: Town) -> None:
    write_portal(town, FEED)
    town.edit("sources/help.yaml", "gates: false", "supplies:\n  - from: 2020-01-01")
    town.check_refused(town.refresh(), 2, "sources/help.yaml", "supplies no count by itself")
