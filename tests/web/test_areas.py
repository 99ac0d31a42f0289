"""Pages about areas: every one opens, its numbers are those of the API and of the referee, and nobody is named on old lines."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from harborlight.metrics.facts import versions_of
from harborlight.metrics.rates import rate_of
from harborlight.metrics.referee import find_area
from harborlight.metrics.shapes import Facts
from harborlight.statistics.rates import poisson_interval
from harborlight.web.cache import Front
from harborlight.web.funnel import Member, draw_funnel, place_of
from harborlight.web.help_lines import general_help
from harborlight.web.outline import draw, make_frame
from harborlight.web.places import areas_of, find_by_name, fold, holds, layers_of, places_at
from harborlight.web.reader import Reader
from tests.conftest import DEEP
from tests.web.client import Client

NUMBER = re.compile(r"[\d,]+")


@pytest.fixture(scope="module")
def reader(front: Front) -> Reader:
    return front.releases.current.reader


@pytest.fixture(scope="module")
def facts(front: Front) -> Facts:
    return front.releases.current.facts


def text_of(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def main_text(client: Client, address: str) -> str:
    return text_of(client.get(address).page.find(".//main"))


def number(text: str) -> int:
    found = NUMBER.match(text)
    assert found, text
    return int(found[0].replace(",", ""))


def section(page: Element, name: str) -> Element:
    return next(s for s in page.iter("section") if s.get("aria-labelledby") == name)


# ------------------------------------------------------------------------------------------------ open


def test_every_layer_and_every_version_opens(client: Client, facts: Facts) -> None:
    """The client checks HTML, labels and headings of each."""
    for layer in layers_of(facts):
        assert client.get(f"/areas/{layer.id}").status == 200
        for lines in versions_of(facts, layer.id):
            day = lines.valid_from or lines.valid_to or date(2020, 1, 1)
            assert client.get(f"/areas/{layer.id}?lines={day}").status == 200


def test_every_area_page_opens(client: Client, facts: Facts) -> None:
    opened = 0
    for layer in layers_of(facts):
        places = areas_of(facts, layer)
        for place in places[:: max(1, len(places) // (12 if DEEP else 2))]:
            answer = client.get(place.path)
            assert answer.status == 200
            assert [text_of(h) for h in answer.page.findall(".//h2")][:4] == [
                "Killed or shot here", "What is being done here", "Who answers for it", "Where is help",
            ]  # fmt: skip
            opened += 1
    assert opened > 12


def test_areas_of_old_lines_open_and_say_so(client: Client, facts: Facts) -> None:
    old = next(lines for lines in facts.lines if not lines.is_current)
    for area in old.areas:
        address = f"/areas/{old.layer}/{area.id}?lines={old.valid_to}"
        text = main_text(client, address)
        assert "no longer in force" in text and "Nobody is named here" in text


# --------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("address", ["police_district/quayside", "neighborhood/saltmarket", "city_council_district/3"])
def test_the_first_number_is_that_of_the_api(client: Client, reader: Reader, address: str) -> None:
    layer, _, area = address.partition("/")
    change = reader.headline("killed_or_shot_victims").year
    assert change is not None
    page = client.get(f"/areas/{address}").page
    said = text_of(section(page, "killed"))
    spans = [(w.date_from, w.date_to) for w in (change.now, change.before)]
    counts = [
        client.get(f"/api/v1/metrics/killed_or_shot_victims?layer={layer}&area={area}&from={a}&to={b}").json["rows"][0]["n"]
        for a, b in spans
    ]
    assert f"{counts[0]} people killed or shot here" in said and f"In the 12 months before: {counts[1]}." in said
    assert f"In the whole city: {change.now.n}. In the 12 months before: {change.before.n}." in said
    cards = {text_of(card.find(".//h3")): text_of(card.find(".//strong")) for card in page.iter("article")}
    assert cards["People killed or shot"] == str(counts[0]) and len(cards) == 8


def test_the_rate_has_its_exact_range_and_few_events_have_none(client: Client, facts: Facts, reader: Reader) -> None:
    shown = refused = 0
    for place in (p for layer in layers_of(facts) for p in areas_of(facts, layer)[: 7 if DEEP else 2]):
        headline = reader.area_headline("killed_or_shot_victims", **place.params).year
        assert headline is not None and place.area is not None
        said = text_of(section(client.get(place.path).page, "killed"))
        n, people = headline.now.n, place.area.population or 0
        if n < 10:
            assert "Too few for a rate" in said and "for every 100,000" not in said
            refused += 1
        elif people:
            low, high = (limit / people * 100_000 for limit in poisson_interval(n))
            rate = rate_of(n, people, headline.now.days)
            assert rate is not None and abs(rate.low - low) < 1e-9 and abs(rate.high - high) < 1e-9
            words = [f"{x:.1f}" if x < 100 else f"{x:,.0f}" for x in (rate.per_100k, low, high)]
            assert f"That is {words[0]} for every 100,000" in said and f"anything from {words[1]} to {words[2]}" in said
            shown += 1
    assert refused and shown + refused > 10


@pytest.mark.parametrize("metric", ["incidents", "robberies", "killed_or_shot_victims", "arrests"])
def test_areas_and_unlocated_add_up_to_the_city(client: Client, facts: Facts, metric: str) -> None:
    for layer in layers_of(facts):
        page = client.get(f"/areas/{layer.id}?metric={metric}&window=ytd").page
        table = section(page, "counts").find(".//table")
        assert table is not None
        areas, sums = table.findall("tbody")
        counts = [number(text_of(row.find("td"))) for row in areas.findall("tr")]
        lost, city = (number(text_of(row.find("td"))) for row in sums.findall("tr")[1:])
        assert sum(counts) + lost == city
        assert client.get(f"/api/v1/metrics/{metric}?window=ytd").json["rows"][0]["n"] == city
        rows = client.get(f"/api/v1/metrics/{metric}?window=ytd&by=area&layer={layer.id}").json["rows"]
        assert sorted(row["n"] for row in rows if row["area_id"]) == sorted(counts)


def test_areas_stand_in_the_order_of_names(client: Client) -> None:
    table = section(client.get("/areas/city_council_district").page, "counts").find(".//table")
    assert table is not None
    names = [text_of(row.find("th")) for row in table.findall("tbody")[0].findall("tr")]
    assert names == sorted(names, key=lambda name: [int(p) if p.isdigit() else 0 for p in name.split()])


def test_a_district_counts_other_ground_by_other_lines(client: Client, facts: Facts) -> None:
    old = next(lines for lines in facts.lines if not lines.is_current)
    now, before = (
        [
            client.get(f"/api/v1/metrics/incidents?window=12m&layer={old.layer}&area={area.id}{lines}").json["rows"][0]["n"]
            for area in old.areas
        ]
        for lines in ("", f"&lines={old.valid_to}")
    )
    assert now != before


def test_links_of_an_area_carry_it_as_a_filter(client: Client) -> None:
    page = client.get("/areas/neighborhood/saltmarket").page
    links = [a.get("href", "") for a in page.find(".//main").iter("a")]  # type: ignore[union-attr]
    measures = [link for link in links if link.startswith(("/metrics/", "/api/v1/metrics/"))]
    # The city's own figure stands beside the area's, and leads to how it was made; a drawing of all areas leads to all of them.
    narrowed = [m for m in measures if "/how?" not in m and "by=area" not in m]
    elsewhere = [m for m in narrowed if "layer=neighborhood" not in m or "area=saltmarket" not in m]
    assert len(narrowed) > 20 and not elsewhere, elsewhere
    assert all("layer=neighborhood" in m for m in measures if "by=area" in m and "/how?" not in m)
    assert client.get(next(m for m in measures if m.startswith("/metrics/"))).status == 200


# --------------------------------------------------------------------------------- who answers and help


def test_an_office_is_named_where_lines_are_in_force(client: Client, facts: Facts) -> None:
    layer = facts.layers["city_council_district"]
    who = layer.versions[-1].represents["3"]
    said = text_of(section(client.get("/areas/city_council_district/3").page, "answers"))
    assert who.office in said and who.meeting in said and layer.representative_note in said
    api = client.get("/api/v1/areas/city_council_district/3").json["properties"]
    assert api["represented_by"]["office"] == who.office and api["is_current"] is True


def test_nobody_is_named_on_lines_that_are_not_in_force(client: Client, facts: Facts) -> None:
    old = next(lines for lines in facts.lines if not lines.is_current)
    page = client.get(f"/areas/{old.layer}/{old.areas[0].id}?lines={old.valid_to}").page
    said = text_of(section(page, "answers"))
    offices = [who.office for layer in facts.layers.values() for v in layer.versions for who in v.represents.values()]
    assert offices and not any(office in said for office in offices)
    assert any("by the lines in force" in text_of(a) for a in section(page, "answers").iter("a"))
    api = client.get(f"/api/v1/areas/{old.layer}/{old.areas[0].id}?lines={old.valid_to}").json["properties"]
    assert api["represented_by"] is None and api["is_current"] is False


def test_help_is_named_with_the_day_it_was_checked(client: Client, facts: Facts) -> None:
    said = text_of(section(client.get("/areas/police_district/quayside").page, "help"))
    lines = general_help(facts.help)
    assert 0 < len(lines) < len(facts.help) and all(line.name in said and line.phone in said for line in lines)
    assert said.index(next(line.name for line in lines if line.is_always_open)) < said.index(
        next(line.name for line in lines if not line.is_always_open)
    )


def test_a_strategy_stands_where_it_runs(client: Client) -> None:
    assert "Focused outreach" in text_of(section(client.get("/areas/police_district/lantern-hill").page, "doing"))
    elsewhere = text_of(section(client.get("/areas/police_district/quayside").page, "doing"))
    assert "Focused outreach" not in elsewhere and "not yet declared" in elsewhere


def test_a_strategy_leads_to_its_page_and_stands_once(client: Client) -> None:
    """One is marked in charts as well, the other is not."""
    for area, strategy in (("lantern-hill", "focused_outreach"), ("saltern", "evening_lights")):
        doing = section(client.get(f"/areas/police_district/{area}").page, "doing")
        assert [a.get("href") for a in doing.iter("a")] == [f"/strategies/{strategy}"]
        assert len(doing.findall(".//li")) == 1


# ----------------------------------------------------------------------------------- latest and changed


def test_latest_incidents_keep_the_rules(client: Client, front: Front, facts: Facts) -> None:
    """Only groups that may be shown; never an assault at a home of the last 28 days, which has no row in the tiles."""
    open_groups = {o.group_title for o in facts.offenses if o.tier == "T0"}
    reader, seen = front.releases.current.reader, 0
    for layer in layers_of(facts):
        for place in areas_of(facts, layer)[:5]:
            assert place.lines is not None and place.area is not None
            for row in reader.recent(place.lines.ix, place.area.ix, 12):
                assert row["group_title"] in open_groups and row["day"] <= facts.data_through
                seen += 1
    assert seen > 50
    listed = client.get("/areas/police_district/quayside").page
    assert "wait 28 days" in text_of(section(listed, "recent"))


def test_since_asks_for_what_is_new(client: Client, facts: Facts) -> None:
    since = facts.data_through - timedelta(days=13)
    said = text_of(section(client.get(f"/areas/police_district/quayside?since={since}").page, "news"))
    n = client.get(f"/api/v1/metrics/incidents?from={since}&to={facts.data_through}&layer=police_district&area=quayside").json
    assert f"{n['rows'][0]['n']:,} reported incidents" in said


# --------------------------------------------------------------------------------------------- finding


@pytest.mark.parametrize("typed", ["Quayside", "quayside", "  QUAYSIDE ", "Qúayside", "Quay-side".replace("-", ""), "quay"])
def test_names_are_forgiven_case_and_accents(facts: Facts, typed: str) -> None:
    assert ("police_district", "quayside") in [(p.layer.id, p.id) for p in find_by_name(facts, typed)]


def test_a_zip_code_is_found(client: Client, facts: Facts) -> None:
    code = areas_of(facts, facts.layers["zip"])[0].name
    page = client.get(f"/areas?q={code}").page
    assert f"/areas/zip/{code}" in [a.get("href") for a in section(page, "found").iter("a")]
    assert "No area answers" in main_text(client, "/areas?q=zzzz")
    assert fold("Saint-Élan’s  Point") == "saint elans point"


def test_a_name_cannot_break_the_page(client: Client) -> None:
    assert "<script>alert" not in client.get("/areas?q=%3Cscript%3Ealert(1)%3C/script%3E").text


def test_a_point_lies_in_one_area_of_each_layer(client: Client, reader: Reader, facts: Facts) -> None:
    """Against the referee's own search, at places inside every district and at corners that districts share."""
    for lines in (lines for lines in facts.lines if lines.is_current):
        shapes = [(a.id, json.loads(reader.geometries(lines.ix)[a.ix])) for a in lines.areas]
        for area in lines.areas[:6]:
            found = [p.id for p in places_at(reader, area.longitude, area.latitude) if p.layer.id == lines.layer]
            assert found == [area.id] == [find_area(area.longitude, area.latitude, shapes)]
    lines = next(lines for lines in facts.lines if lines.layer == "police_district" and lines.is_current)
    shapes = [reader.geometries(lines.ix)[a.ix] for a in lines.areas]
    corners = [c for shape in shapes[:2] for ring in [json.loads(shape)["coordinates"][0]] for c in ring[:40] if len(c) == 2]
    assert all(sum(holds(shape, x, y) for shape in shapes) <= 1 for x, y in corners)
    area = lines.areas[0]
    answer = client.get(f"/api/v1/areas/locate?lon={area.longitude}&lat={area.latitude}")
    assert ("police_district", area.id) in [(a["layer"], a["id"]) for a in answer.json["areas"]]
    assert answer.headers["cache-control"] == "no-store"


# ------------------------------------------------------------------------------------------------- api


def test_boundaries_are_geojson_without_counts(client: Client, facts: Facts) -> None:
    found = client.get("/api/v1/areas/neighborhood")
    assert found.headers["content-type"] == "application/geo+json"
    assert found.json["type"] == "FeatureCollection" and len(found.json["features"]) == len(areas_of(facts, facts.layers["neighborhood"]))
    for feature in found.json["features"]:
        assert feature["geometry"]["type"] in ("Polygon", "MultiPolygon") and len(feature["bbox"]) == 4
        assert {"population", "name", "land_km2"} <= set(feature["properties"]) and "n" not in feature["properties"]
    rows = client.get("/api/v1/areas/neighborhood.csv").text.splitlines()
    assert len(rows) == 1 + len(found.json["features"])


def test_layers_are_listed_with_their_versions(client: Client, facts: Facts) -> None:
    found = client.get("/api/v1/areas").json["layers"]
    assert sum(len(layer["lines"]) for layer in found) == len(facts.lines) and found[0]["is_primary"]
    assert len(client.get("/api/v1/areas.csv").text.splitlines()) == 1 + len(facts.lines)
    for lines in (lines for layer in found for lines in layer["lines"] if lines["lines"]):
        assert client.get(f"/api/v1/areas/{lines['layer']}?lines={lines['lines']}").json["lines"]["id"] == lines["id"]


# --------------------------------------------------------------------------------------------- compare


def test_two_areas_stand_side_by_side(client: Client) -> None:
    page = client.get("/compare?a=Quayside+(Police+district)&b=police_district/saltern").page
    assert text_of(page.find(".//h1")) == "Quayside beside Saltern"
    assert "do not rank" in text_of(page.find(".//main")) and len(list(page.iter("article"))) == 16
    rows = page.findall(".//table/tbody/tr")
    counts = [number(text_of(rows[0].findall("td")[i])) for i in (0, 2)]
    for area, n in zip(("quayside", "saltern"), counts, strict=True):
        own = client.get(f"/api/v1/metrics/killed_or_shot_victims?window=12m&layer=police_district&area={area}").json
        assert own["rows"][0]["n"] == n


def test_both_can_be_counted_by_old_lines(client: Client, facts: Facts) -> None:
    old = next(lines for lines in facts.lines if not lines.is_current)
    a, b = (area.id for area in old.areas[:2])
    assert old.title in main_text(client, f"/compare?a={old.layer}/{a}&b={old.layer}/{b}&lines={old.valid_to}")


def test_two_versions_beside_each_other_are_refused(client: Client, facts: Facts) -> None:
    old, new = versions_of(facts, "police_district")
    answer = client.get(f"/compare?a=police_district/quayside@{old.id}&b=police_district/quayside@{new.id}")
    assert answer.status == 400
    said = text_of(answer.page.find(".//main"))
    assert "lines of two different times" in said and "one set of lines" in said


# ---------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("address", "status"),
    [("/areas/nothing", 404), ("/areas/police_district/nothing", 404), ("/areas?x=1", 400), ("/areas?q=" + "a" * 101, 400),
     ("/areas/police_district?metric=nothing", 400), ("/areas/police_district?lines=never", 400), ("/areas/police_district?window=9m", 400),
     ("/areas/police_district?by=month", 400), ("/areas/police_district/quayside?since=2026-02-30", 400),
     ("/areas/police_district/quayside?since=1066-01-01", 400), ("/areas/police_district/quayside?lines=2024-13-01", 400),
     ("/areas/neighborhood/saltmarket?lines=1950-01-01", 400), ("/compare?a=district&b=Quayside", 400), ("/compare?a=zzz", 400),
     ("/compare?a=police_district/nothing&b=Saltern", 404), ("/api/v1/areas/nothing", 404), ("/api/v1/areas/zip/99999", 404),
     ("/api/v1/areas/locate", 400), ("/api/v1/areas/locate?lon=1&lat=91", 400), ("/api/v1/areas/locate?lon=nan&lat=0", 400),
     ("/api/v1/areas/zip?lines=2020-13-01", 400), ("/api/v1/areas?x=1", 400)],
)  # fmt: skip
def test_refusals_name_what_is_wrong(client: Client, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status == status and answer.headers["cache-control"] == "no-store"
    assert "Traceback" not in answer.text and "duckdb" not in answer.text.lower()


# -------------------------------------------------------------------------------------------- drawings


def test_the_funnel_holds_what_chance_does() -> None:
    members = [Member(str(i), i, float(i)) for i in range(1, 60, 3)] + [Member("far", 40, 10.0)]
    drawn = draw_funnel(members)
    assert drawn is not None and len(drawn.dots) == len(members) and {kind for kind, _ in drawn.curves} == {"inner", "outer"}
    assert {place_of(m) for m in members[:-1]} == {"inside"} and place_of(members[-1]) == "high"
    assert all(0 <= x <= 360 and 0 <= y <= 200 for _, x, y in drawn.dots)
    assert draw_funnel(members[:2]) is None


def test_an_outline_is_drawn_true_to_its_box() -> None:
    square: dict[str, Any] = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    path = draw(json.dumps(square), make_frame((0, 0, 1, 1), 112))
    assert re.fullmatch(r"M6 \d+(\.\d)?(l-?[\d.]+ -?[\d.]+){3}z", path)
