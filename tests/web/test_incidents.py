"""The list of single records: a part of the rows of the public table `records`, page by page, and never more than they say."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from shapely import Point, from_geojson

from harborlight.metrics.listing import COLUMNS
from harborlight.store import read_rows
from harborlight.web.cache import Front
from tests.web.client import Answer, Client

PATH = "/api/v1/incidents"
Row = dict[str, Any]


@pytest.fixture
def published(demo_store: Any) -> list[Row]:
    """Every row of the public table, newest first, as JSON writes it."""
    rows = read_rows(demo_store[0], "select * from records")
    return [row | {"date": row["date"].isoformat()} for row in reversed(rows)]


def walk(client: Client, asked: str, *, limit: int = 1000) -> Iterator[Answer]:
    """Every page of a question, by the addresses that the answers give."""
    path: str | None = f"{PATH}?{asked}&limit={limit}"
    while path:
        answer = client.get(path)
        assert answer.status == 200, answer.text
        yield answer
        link = answer.headers.get("link", "")
        path = link.partition("<")[2].partition(">")[0] or None
        assert (path is None) == (answer.json["next"] is None)


def listed(client: Client, asked: str, **given: int) -> list[Row]:
    return [row for answer in walk(client, asked, **given) for row in answer.json["incidents"]]


def test_all_pages_together_are_the_public_table(client: Client, published: list[Row]) -> None:
    rows = listed(client, "")
    assert list(rows[0]) == list(COLUMNS) == list(published[0])
    assert rows == published and len(rows) > 3000


def test_small_pages_lose_and_repeat_nothing(client: Client, published: list[Row]) -> None:
    want = [row for row in published if row["offense_group"] == "homicide"]
    for limit in (1, 7):
        some = want[: limit * 12]
        rows: list[Row] = []
        for answer in walk(client, "offense=homicide", limit=limit):
            assert len(answer.json["incidents"]) <= limit
            rows += answer.json["incidents"]
            if len(rows) >= len(some):
                break
        assert rows[: len(some)] == some


@pytest.mark.parametrize(
    ("asked", "keeps"),
    [
        ("from=2025-03-01&to=2025-03-31", lambda r: "2025-03-01" <= r["date"] <= "2025-03-31"),
        ("window=year:2024", lambda r: r["date"].startswith("2024")),
        ("offense=robbery,13A", lambda r: r["offense_group"] == "robbery" or r["offense_code"] == "13A"),
        ("hours=night&window=12m", lambda r: r["hour"] is not None and not 6 <= r["hour"] <= 17),
        ("system=srs", lambda r: r["counting_system"] == "srs"),
        ("layer=police_district&area=quayside", lambda r: r["located_district"] == "quayside"),
        ("layer=police_district&area=quayside&lines=recorded", lambda r: r["police_district"] == "quayside"),
        ("bbox=-68.06,36.98,-68.0,37.02", lambda r: r["longitude"] is not None and -68.06 <= r["longitude"] <= -68.0 and 36.98 <= r["latitude"] <= 37.02),
    ],
)  # fmt: skip
def test_a_question_keeps_what_the_rows_themselves_say(client: Client, published: list[Row], asked: str, keeps: Any) -> None:
    """An oracle that sees the public rows alone gives the same answer: the list says nothing that they do not."""
    span = client.get("/api/v1/metrics/incidents?window=12m").json["query"]
    want = [row for row in published if keeps(row) and ("12m" not in asked or span["from"] <= row["date"] <= span["to"])]
    assert listed(client, asked) == want and want


@pytest.mark.parametrize("layer", ["neighborhood", "census_tract", "zip"])
def test_an_area_that_no_column_names_is_asked_of_the_public_point(client: Client, published: list[Row], layer: str) -> None:
    """Otherwise a record without a point would be found in a place that the table does not tell."""
    features = client.get(f"/api/v1/areas/{layer}").json["features"]
    for feature in random.Random(3).sample(features, 3):
        shape, rows = from_geojson(json.dumps(feature["geometry"])), listed(client, f"layer={layer}&area={feature['id']}")
        assert all(row["longitude"] is not None for row in rows)
        assert all(shape.buffer(2e-4).contains(Point(row["longitude"], row["latitude"])) for row in rows)
        inside = [row for row in published if row["longitude"] is not None and shape.buffer(-2e-4).contains(Point(row["longitude"], row["latitude"]))]
        assert len(rows) >= len(inside)


def test_earlier_district_lines_are_asked_of_the_public_point_too(client: Client) -> None:
    rows = listed(client, "layer=police_district&area=quayside&lines=2024-01-01")
    assert rows and all(row["longitude"] is not None for row in rows)


def test_what_waits_is_not_listed(client: Client, demo_store: Any) -> None:
    """Assaults at homes of the last 28 days count in totals and stand in no list, whatever is asked."""
    con, facts = demo_store
    hidden = read_rows(con, "select \"day\", count(*) as n from packed where is_counted and not is_listed and \"day\" is not null group by 1")
    assert hidden
    total = client.get("/api/v1/metrics/incidents?window=28d&unit=offenses").json["rows"][0]["n"]
    rows = [row for row in listed(client, "window=28d") if row["counts_offense"]]
    assert len(rows) < total
    assert {row["offense_code"] for row in listed(client, "")} <= {o.code for o in facts.offenses if o.tier == "T0"}


@pytest.mark.parametrize("asked", ["offense=robbery&window=12m", "window=year:2023&limit=50", "from=1999-01-01&to=1999-01-02"])
def test_csv_and_geojson_hold_the_same_rows(client: Client, asked: str) -> None:
    rows = client.get(f"{PATH}?{asked}").json["incidents"]
    for path in (f"{PATH}.csv?{asked}", f"{PATH}?{asked}&format=csv"):
        answer = client.get(path)
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        assert lines == [{k: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items()} for row in rows]
        assert answer.text.splitlines()[0] == ",".join(COLUMNS)
    geo = client.get(f"{PATH}?{asked}&format=geojson")
    assert geo.headers["content-type"].startswith("application/geo+json")
    assert geo.json["type"] == "FeatureCollection" and len(geo.json["features"]) == len(rows)
    for row, feature in zip(rows, geo.json["features"], strict=True):
        at = feature["geometry"]["coordinates"] if feature["geometry"] else [None, None]
        assert feature["properties"] | {"longitude": at[0], "latitude": at[1]} == row
    assert geo.json["next"] == client.get(f"{PATH}?{asked}").json["next"]


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=ten", "limit"), ("limit=%2B5", "limit"), ("limit=-1", "limit"), ("limit=1e3", "limit"), ("next=1", "next"),
     ("next=20200101T000000Z.5", "next"), ("next=..%2F..", "next"), ("format=xml", "format"), ("by=month", "by"), ("unit=victims", "unit"),
     ("rule=died", "rule"), ("known=2026-11-01", "known"), ("domestic=1", "domestic"), ("offense=11A", "offense"), ("window=28d&from=2026-01-01", "window"),
     ("area=quayside", "layer"), ("limit=5&limit=6", "limit"), ("weapon=firearm", "weapon"), ("source=legacy_crime", "source")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_what_can(client: Client, asked: str, parameter: str) -> None:
    for path in (PATH, f"{PATH}.csv"):
        answer = client.get(f"{path}?{asked}")
        problem = answer.json["error"]
        assert answer.status == 400 and problem["parameter"] == parameter and problem["allowed"], problem


def test_a_next_of_another_release_starts_again(client: Client, front: Front) -> None:
    first = client.get(f"{PATH}?limit=5").json
    assert first["next"].startswith(front.releases.current.id + ".") and first["release"] == front.releases.current.id
    other = "20990101T000000Z." + first["next"].rpartition(".")[2]
    assert client.get(f"{PATH}?limit=5&{urlencode({'next': other})}").status == 400
    assert client.get(f"{PATH}?limit=5&next={front.releases.current.id}.0").json["incidents"] == []


def test_single_records_are_neither_kept_for_long_nor_indexed(client: Client) -> None:
    answer = client.get(f"{PATH}?limit=5")
    assert "must-revalidate" in answer.headers["cache-control"] and "stale" not in answer.headers["cache-control"]
    assert int(re.findall(r"max-age=(\d+)", answer.headers["cache-control"])[0]) <= 300
    assert "noindex" in answer.headers["x-robots-tag"] and answer.headers["access-control-allow-origin"] == "*"
    again = client.get(f"{PATH}?limit=5", headers={"if-none-match": answer.headers["etag"]})
    assert again.status == 304


def test_the_description_knows_the_address(client: Client) -> None:
    found = client.get("/api/v1/openapi.json").json["paths"]
    names = {p["name"]: p["schema"] for p in found[PATH]["get"]["parameters"]}
    assert names["limit"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100} and {"next", "bbox", "offense", "lines"} <= set(names)
    assert not {"by", "unit", "known", "rule"} & set(names)
    assert set(found[PATH]["get"]["responses"]["200"]["content"]) == {"application/json", "text/csv", "application/geo+json"}
    assert "format" not in {p["name"] for p in found[f"{PATH}.csv"]["get"]["parameters"]}
    assert PATH in client.get("/api").text
