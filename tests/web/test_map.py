"""The map's page: the table, the file, the API and the picture say the same numbers; what cannot be asked is refused."""

from __future__ import annotations

import csv
import gzip
import io
import json
from bisect import bisect_right
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, read_rows, read_value
from harborlight.web.map_classes import make_limits, make_wide_limits
from tests.web.client import Client

Demo = tuple[Connection, Facts]
QUESTIONS = (
    "", "metric=incidents", "metric=incidents&layer=neighborhood", "metric=incidents&mode=cells", "metric=incidents&mode=points",
    "metric=homicide_victims&layer=zip&window=ytd", "metric=incidents&hours=night&layer=census_tract&window=28d",
    "metric=robberies&mode=points&near=-68.01,37.0,1500", "metric=incidents&polygon=-68.05,36.97;-67.98,36.97;-68.01,37.03",
    "metric=incidents&lines=2000-01-01", "metric=incidents&lines=recorded", "metric=arrests", "metric=incidents&mode=unusual",
    "metric=incidents&offense=burglary&from=2025-02-03&to=2025-09-01", "metric=homicide_victims&from=1999-01-01&to=1999-12-31",
)  # fmt: skip
PARTS = ("head", "list", "below", "end")
SHAPED = "metric=incidents&polygon=-68.05,36.97;-67.98,36.97;-68.01,37.03"


def text_of(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def part(page: Element, name: str) -> Element:
    found = page.find(f".//*[@data-part='{name}']")
    assert found is not None
    return found


def state_of(page: Element) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(part(page, "still").get("data-map", ""))
    return found


def table_of(page: Element) -> dict[str, str]:
    rows = part(page, "list").findall(".//tbody/tr")
    return {text_of(row.find("th")): text_of(row.find("td")) for row in rows}


def link_of(page: Element, text: str) -> str:
    return next(link.get("href", "") for link in page.iter("a") if text_of(link) == text)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_map(client: Client, question: str) -> None:
    answer = client.get(f"/map?{question}")
    assert answer.status == 200
    page = answer.page
    assert text_of(part(page, "head"))
    order = [e.get("data-part") for e in page.iter() if e.get("data-part")]
    assert order.index("list") < order.index("still"), "the list comes first"
    link = page.find(".//*[@id='map-permalink']")
    assert link is not None
    same = client.get(link.get("href", "")).page
    assert [text_of(part(same, name)) for name in PARTS] == [text_of(part(page, name)) for name in PARTS]
    assert state_of(same) == state_of(page)


@pytest.mark.parametrize("question", [q for q in QUESTIONS if "unusual" not in q and "1999" not in q])
def test_table_file_and_api_hold_the_same_rows(client: Client, question: str) -> None:
    page = client.get(f"/map?{question}").page
    rows = list(csv.DictReader(io.StringIO(client.get(link_of(page, "These rows (CSV)")).text)))
    api = client.get(link_of(page, "The same as JSON")).json["rows"]
    assert [(r["area_id"], r["n"]) for r in rows] == [(a["area_id"] or "", str(a["n"])) for a in api]
    shown = table_of(page)
    for row in rows:
        if row["area_id"]:
            assert shown[row["area_name"]] == f"{int(row['n']):,}"
    assert shown.get("Not located", "0") == f"{int(next((r['n'] for r in rows if not r['area_id']), 0)):,}"
    head = text_of(part(page, "head"))
    assert head.startswith(f"{sum(int(r['n']) for r in rows):,} ")


@pytest.mark.parametrize("question", ["metric=incidents", "metric=incidents&window=28d", SHAPED])
def test_shown_and_not_shown_are_all(client: Client, demo_store: Demo, question: str) -> None:
    page = client.get(f"/map?{question}").page
    words = next(t for t in text_of(page).split(". ") if "Not shown on the map" in t)
    hidden, total = (
        int(n.replace(",", "")) for n in words.split("Not shown on the map: ")[1].split(" (")[0].split(" of ")
    )
    whole = question.replace(SHAPED, "metric=incidents").replace("metric=", "", 1).replace("&", "?", 1)
    plain = client.get(f"/api/v1/metrics/{whole}{'' if '?' in whole else '?window=12m'}").json["rows"][0]["n"]
    assert total == plain and 0 < hidden < total


def test_classes_come_from_shown_rates_only(client: Client) -> None:
    page = client.get("/map?metric=homicide_victims&layer=neighborhood&window=28d").page
    state = state_of(page)
    rows = list(
        csv.DictReader(io.StringIO(client.get("/map.csv?metric=homicide_victims&layer=neighborhood&window=28d").text))
    )
    for row in rows:
        if row["area_id"] and int(row["n"]) < 10:
            assert state["kinds"][row["area_id"]] == "few" and not row["per_100k"]
    busy = client.get("/map?metric=incidents&layer=neighborhood").page
    rates = {
        r["area_id"]: float(r["per_100k"])
        for r in csv.DictReader(io.StringIO(client.get("/map.csv?metric=incidents&layer=neighborhood").text))
        if r["per_100k"]
    }
    state = state_of(busy)
    assert len(set(state["kinds"].values()) & set("01234")) == len(state["limits"]) + 1 == 5
    for area, rate in rates.items():
        assert state["kinds"][area] == str(sum(rate >= limit for limit in state["limits"]))
    drawn = {e.get("class") for e in part(busy, "still").iter() if str(e.tag).endswith("path")}
    assert {f"hl-mark--{i}" for i in range(5)} <= drawn


def test_limits_leave_no_class_empty() -> None:
    for values in (
        [44.6, 91, 84.7, 51.6, 41.3, 30.8],
        [1, 1, 1, 9],
        [0, 0, 3, 3],
        [5, 5],
        [],
        [0.1234, 0.1235],
        list(range(100)),
    ):
        limits = make_limits(values)
        assert len(limits) <= 4 and list(limits) == sorted(set(limits))
        classes = {sum(v >= limit for limit in limits) for v in values}
        assert classes == set(range(len(limits) + 1)) or not values
    assert make_limits([5, 5, 5]) == () and make_limits([1, 1, 9]) == (9.0,)


def test_shades_of_rates_are_no_finer_than_chance() -> None:
    rates = [47, 51, 52, 54, 60, 74]
    assert make_wide_limits(rates, 19.5) == (60.0,)
    assert make_wide_limits(rates, 0) == (50.0, 60.0, 70.0)
    assert make_wide_limits([3, 3.1], 40) == () and make_wide_limits([], 1) == ()
    assert make_wide_limits([1, 2, 500], 3) == (400.0,)
    assert make_wide_limits([9, 20, 30, 40, 59], 0) == (20.0, 40.0)
    for margin in (0, 0.4, 7, 90):
        limits = make_wide_limits(range(0, 400, 7), margin)
        assert len(limits) <= 4 and all(b - a >= margin for a, b in pairwise(limits))
        assert {bisect_right(limits, v) for v in range(0, 400, 7)} == set(range(len(limits) + 1))


def test_a_picked_area_has_a_card_with_its_numbers(client: Client) -> None:
    page = client.get("/map?metric=incidents&area=quayside").page
    card = text_of(page.find(".//*[@id='map-picked']"))
    assert "Quayside" in card and table_of(page)["Quayside"] in card
    assert state_of(page)["picked"] == "quayside"
    assert client.get(link_of(page, "Page of this area")).status == 200
    assert client.get(link_of(page, "Month by month")).status == 200


def test_a_step_moves_the_whole_span_by_a_month(client: Client) -> None:
    page = client.get("/map?metric=incidents&from=2025-01-01&to=2025-03-31").page
    steps = {a.get("rel"): a.get("href", "") for a in page.iter("a") if a.get("rel") in ("prev", "next")}
    assert "from=2024-12-01&to=2025-02-28" in steps["prev"] and "from=2025-02-01&to=2025-04-30" in steps["next"]
    back = client.get(steps["next"]).page
    assert any("from=2025-01-01&to=2025-03-31" in a.get("href", "") for a in back.iter("a") if a.get("rel") == "prev")
    days = client.get("/map?metric=incidents&from=2025-03-05&to=2025-03-14").page
    assert "from=2025-02-23&to=2025-03-04" in next(a.get("href", "") for a in days.iter("a") if a.get("rel") == "prev")


def test_a_public_point_lists_what_the_map_counts_there(client: Client, demo_store: Demo) -> None:
    con, _ = demo_store
    snap = read_value(
        con,
        "select snap from tiles where is_counted and is_robbery and counts_incident_group group by 1 order by count(*) desc, 1 limit 1",
    )
    n = read_value(
        con, "select count(*) from tiles where snap = ? and is_counted and is_robbery and counts_incident_group", [snap]
    )
    answer = client.get(f"/map/points/{snap}?metric=robberies&from=1990-01-01&to=2070-01-01")
    rows = answer.page.findall(".//*[@id='point']//tbody/tr")
    homes = read_rows(con, "select n_addresses from snap_points where snap = ?", [snap])[0]["n_addresses"]
    assert homes >= 8 and f"stands for {homes:,} homes" in text_of(answer.page)
    assert 0 < len(rows) <= n and f"{len(rows):,} record" in text_of(answer.page)
    assert client.get("/map/points/4000000000").status == 404 and client.get("/map/points/x").status == 404


def test_points_in_a_shape_lead_to_their_records(client: Client) -> None:
    page = client.get("/map?metric=incidents&mode=points&near=-68.03,37.01,1200&area=saltern").page
    assert "Saltern" in text_of(page.find(".//*[@id='map-picked']"))
    rows = part(page, "list").findall(".//table")[1].findall(".//tbody/tr")
    assert rows
    for row in rows[:3]:
        link = row.find("th/a")
        assert link is not None
        listed = client.get(link.get("href", "")).page.findall(".//*[@id='point']//tbody/tr")
        assert len(listed) == int(text_of(row.findall("td")[-1]).replace(",", ""))


def test_unusual_cells_are_the_same_on_page_file_and_map(client: Client) -> None:
    page = client.get("/map?metric=incidents&mode=unusual").page
    rows = list(csv.DictReader(io.StringIO(client.get("/map.csv?metric=incidents&mode=unusual").text)))
    state = state_of(page)
    assert [[float(r[k]) for k in ("west", "south", "east", "north")] for r in rows] == state["unusual"]
    assert [f"{int(r['n']):,}" for r in rows] == [text_of(c) for c in part(page, "list").findall(".//tbody/tr/td[1]")]
    assert all(int(r["n"]) >= 10 and int(r["n_grids"]) >= 3 for r in rows)


@pytest.mark.parametrize("name", ["water", "streets", "police_district@2025", "police_district@1987"])
def test_shapes_below_are_served(client: Client, demo_store: Demo, name: str) -> None:
    answer = client.get(f"/map/base/{name}.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    features = answer.json["features"]
    assert features and all(f["geometry"]["coordinates"] for f in features)
    if "@" in name:
        assert len(features) == 6 and {f["properties"]["id"] for f in features} >= {"quayside", "saltern"}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/map?colour=red", 400), ("/map?by=month", 400), ("/map?format=csv", 400), ("/map?mode=hot", 400), ("/map?metric=nothing", 400),
        ("/map?mode=cells&mode=cells", 400), ("/map?metric=arrests&mode=cells", 400), ("/map?layer=moon", 400), ("/map?area=moon", 400),
        ("/map?polygon=1,2;3,4", 400), ("/map?near=1,2", 400), ("/map?polygon=-68,37;-67,37;-67,38&near=-68,37,500", 400),
        ("/map/base/land.geojson", 404), ("/map/base/police_district@1066.geojson", 404), ("/map/base/water.geojson?a=b", 400),
        ("/map.csv?colour=red", 400),
    ],
)  # fmt: skip
def test_the_map_refuses_what_it_does_not_know(client: Client, address: str, status: int) -> None:
    assert client.get(address).status == status


@pytest.mark.parametrize("question", ["metric=incidents&area=quayside", "metric=robberies&mode=points&near=-68.01,37.0,900"])
def test_every_link_of_the_map_leads_somewhere(client: Client, question: str) -> None:
    links = {a.get("href", "").partition("#")[0] for a in client.get(f"/map?{question}").page.iter("a")}
    asked = sorted(link for link in links if link.startswith(("/map", "/areas", "/metrics/", "/api/v1/metrics")))
    assert len(asked) > 15
    assert {link: status for link in asked if (status := client.get(link).status) != 200} == {}


def test_the_page_stays_small(client: Client) -> None:
    for question in ("", "metric=incidents&layer=census_tract&mode=cells", "metric=robberies&mode=points"):
        assert len(gzip.compress(client.get(f"/map?{question}").body)) < 50_000


WORDS = ("hot spot", "hotspot", "worst", "deadliest", "offender", "solved")


@pytest.mark.parametrize("mode", ["areas", "cells", "points", "unusual"])
def test_the_map_does_not_alarm(client: Client, mode: str) -> None:
    text = text_of(client.get(f"/map?metric=incidents&mode={mode}").page).lower()
    assert "places with unusually many" in text
    assert not [word for word in WORDS if word in text]
