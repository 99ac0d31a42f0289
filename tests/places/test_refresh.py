"""A layer of areas fetched as a source goes the whole way: refresh, places, release."""

from __future__ import annotations

from datetime import UTC, datetime

from harborlight.publish.release import current_release
from harborlight.refresh import refresh
from harborlight.store import connect
from tests.places.conftest import Town, square, write_geojson
from tests.tiny import feed_row, write_feed

WARDS = """\
kind: areas
title: Wards
agency: Office of Tests
connector: files
url: feeds/wards.geojson
format: geojson
key: id
columns:
  id: {type: integer, required: true}
  name: {type: text, required: true}
"""
LAYER = 'title: Wards\ntitle_one: Ward\nversions:\n  - {id: "2020", source: wards, name_field: name}\n'
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def test_a_city_whose_lines_come_from_a_source(town: Town) -> None:
    (town.folder / "sources/wards.yaml").write_text(WARDS)
    (town.folder / "places/ward.yaml").write_text(LAYER)
    write_feed(town.data, [feed_row(n) for n in range(40)])
    wards = [({"id": n, "name": f"Ward {n}"}, square(n, 0)) for n in range(3)]
    write_geojson(town.data / "feeds/wards.geojson", wards)
    run = refresh(town.folder, town.data, now=NOW)
    assert run.outcome in ("published", "switched", "draft"), run.sentence
    with connect(town.data / "private.duckdb") as con:
        assert con.execute("select area_name from places.areas order by ix").fetchall() == [
            ("Ward 0",),
            ("Ward 1",),
            ("Ward 2",),
        ]
    assert refresh(town.folder, town.data, now=NOW).outcome == "unchanged"
    write_geojson(town.data / "feeds/wards.geojson", wards[:2])
    assert refresh(town.folder, town.data, now=NOW).outcome != "unchanged"
    with connect(town.data / "private.duckdb") as con:
        assert con.execute("select count(*) from places.areas").fetchone() == (2,)
    assert current_release(town.data) is not None
