"""Help and prevention: the list, its filters, its clock, the map beside it, a site's page, and firearms."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from harborlight.catalog import load_catalog
from harborlight.demo import city_folder
from harborlight.metrics.referee import find_area
from harborlight.store import connect
from harborlight.web.cache import Front
from tests.web.client import Client
from tests.web.conftest import Clock

SITES = {site.id: site for site in load_catalog(city_folder()).services.sites}
# Tuesday 10 November 2026, noon in the city.
NOON = datetime(2026, 11, 10, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> Iterator[Clock]:
    before, clock.now = clock.now, NOON
    yield clock
    clock.now = before


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def listed(client: Client, question: str = "") -> dict[str, Element]:
    """Site → its entry of the list, in order."""
    page = client.get(f"/community{question}").page
    return {e.get("id", "")[6:]: e for e in page.iter("article") if "hl-site" in e.get("class", "").split()}


def rows(client: Client, question: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/services{question}").json["services"]
    return found


# ---------------------------------------------------------------------------------------------- the list


def test_every_site_is_listed_with_its_kind_and_an_empty_kind_says_so(client: Client) -> None:
    answer = client.get("/community")
    assert set(listed(client)) == set(SITES)
    text = text_of(answer.page)
    youth = text.rindex("Youth programs")
    assert "The city has not supplied this list yet." in text[youth : youth + 200]
    assert "Help and prevention" in text and "aria-current" in answer.text
    order = [e.get("id") for e in answer.page.iter() if e.get("id") in ("help", "find", "list", "map-title")]
    assert order == ["help", "find", "list", "map-title"], "help lines on top, list first, map beside it"


@pytest.mark.parametrize(
    ("question", "fits"),
    [("?kind=hospital", lambda s: s.kind == "hospital"), ("?need=work", lambda s: "work" in s.needs),
     ("?language=es", lambda s: "es" in s.languages), ("?language=es&need=counseling", lambda s: "es" in s.languages and "counseling" in s.needs)],
)  # fmt: skip
def test_filters_keep_what_fits(client: Client, question: str, fits: Any) -> None:
    expected = {site.id for site in SITES.values() if fits(site)}
    assert expected and set(listed(client, question)) == expected == {row["id"] for row in rows(client, question)}


def test_a_wrong_filter_is_refused_with_what_is_allowed(client: Client) -> None:
    for question in ("kind=club", "need=money", "language=xx", "open=yes", "within=3", "mood=good", "open=2026-02-30T10:00"):
        assert client.get(f"/community?{question}").status == 400, question
        told = client.get(f"/api/v1/services?{question}")
        assert told.status == 400 and told.json["error"]["allowed"], question


# -------------------------------------------------------------------------------------------------- clock


def test_open_now_is_judged_by_the_citys_clock_also_from_memory(client: Client, noon: Clock) -> None:
    """The Beacon Slip post opens at noon: a minute before, and at ten in the evening, it is closed."""
    name = "beacon-slip-peace-post"
    for minutes, is_open in ((-1, False), (0, True), (599, True), (600, False), (0, True)):
        noon.now = NOON + timedelta(minutes=minutes)
        assert (name in listed(client, "?open=now")) == is_open
        entry = listed(client)[name]
        assert ("Open now" in text_of(entry)) == is_open, minutes
    noon.now = NOON
    assert "Tuesday, 10 Nov 2026, 12:00 pm" in client.get("/community").text.replace("Nov 10, 2026", "10 Nov 2026")


def test_a_chosen_minute_means_the_same_at_any_time(client: Client, noon: Clock) -> None:
    first = {row["id"] for row in rows(client, "?open=2026-11-12T20:00")}
    noon.now = NOON + timedelta(hours=13)
    assert first == {row["id"] for row in rows(client, "?open=2026-11-12T20:00")}
    assert "saltmarket-night-outreach" in first and "victim-and-witness-center" not in first


def test_copies_do_not_outlive_their_minute(client: Client, noon: Clock) -> None:
    for address in ("/community", "/community?open=now", "/community/quiet-harbor-house", "/api/v1/services", "/api/v1/services.csv"):
        answer = client.get(address)
        assert answer.headers["cache-control"] == "public, max-age=60, must-revalidate", address
        noon.now = NOON + timedelta(minutes=1)
        assert client.get(address).headers["etag"] != answer.headers["etag"], address
        noon.now = NOON


@pytest.mark.parametrize("days", [0, 90, 91, 400])
def test_an_old_entry_never_reads_as_available(client: Client, noon: Clock, days: int) -> None:
    """Quiet Harbor House never closes; whether it reads as open hangs on the day on which somebody last asked."""
    verified = SITES["quiet-harbor-house"].last_verified
    assert verified
    noon.now = datetime.combine(verified + timedelta(days=days), datetime.min.time(), UTC) + timedelta(hours=17)
    entry = text_of(listed(client)["quiet-harbor-house"])
    page = text_of(client.get("/community/quiet-harbor-house").page)
    row = next(row for row in rows(client) if row["id"] == "quiet-harbor-house")
    assert ("quiet-harbor-house" in listed(client, "?open=now")) == (days <= 90) == row["is_available"] == ("Open now" in entry) == ("Open now" in page)
    assert ("Not verified since" in entry) == (days > 90) == ("Not verified since" in page)


def test_paused_and_closed_sites_stay_with_their_days(client: Client) -> None:
    found = listed(client)
    assert "Paused from 1 Aug 2026 to 31 Dec 2026" in text_of(found["tidewell-common-ground"]).replace("Aug 1, 2026", "1 Aug 2026").replace("Dec 31, 2026", "31 Dec 2026")
    assert "Closed since" in text_of(found["copperline-watch"])
    assert not {"tidewell-common-ground", "copperline-watch"} & set(listed(client, "?open=now"))


# -------------------------------------------------------------------------------------------------- places


def test_the_nearest_comes_first_and_distances_are_right(client: Client) -> None:
    answer = client.get("/api/v1/services?near=neighborhood/candlewright").json
    assert answer["place"].startswith("Candlewright")
    place = client.get("/api/v1/areas/neighborhood/candlewright").json["properties"]
    known = [row for row in answer["services"] if row["km"] is not None]
    assert [row["km"] for row in known] == sorted(row["km"] for row in known) and known[0]["id"] == "harbor-general-after-injury"
    for row in known:
        x, y = (row["longitude"] - place["longitude"]) * 111.195 * math.cos(math.radians(37.0)), (row["latitude"] - place["latitude"]) * 111.195
        assert row["km"] == pytest.approx(math.hypot(x, y), rel=0.01, abs=0.005)
    assert next(row for row in answer["services"] if row["id"] == "saltmarket-night-outreach")["serves"]


def test_a_place_is_found_by_name_code_and_point(client: Client) -> None:
    for text in ("Candlewright", "candlewright", "neighborhood/candlewright", "-67.9949,37.0187"):
        assert rows(client, f"?near={text}")[0]["id"] == "harbor-general-after-injury", text
    page = client.get("/community?near=nowhere at all").text
    assert "No place of this city is called that" in page


def test_within_keeps_what_is_near_what_serves_and_what_has_no_published_place(client: Client) -> None:
    near = {row["id"]: row for row in rows(client, "?near=neighborhood/candlewright&within=1")}
    assert "larkmoor-truce-corner" not in near and "harbor-general-after-injury" in near
    assert "quiet-harbor-house" in near, "a shelter serves everybody"
    assert all(row["km"] is None or row["serves"] or row["km"] <= 1.61 for row in near.values())


def test_a_confidential_place_is_nowhere(client: Client) -> None:
    row = next(row for row in rows(client) if row["id"] == "quiet-harbor-house")
    assert row["is_confidential"] and (row["longitude"], row["latitude"], row["address"], row["catchment"]) == (None,) * 4
    assert "Its place stays secret" in text_of(listed(client)["quiet-harbor-house"])
    state = client.get("/community").page.find(".//*[@data-map]")
    assert state is not None and "quiet-harbor-house" not in state.get("data-map", "")


def test_the_list_says_everything_that_the_map_says(client: Client) -> None:
    for question in ("", "?language=es&open=now", "?near=neighborhood/candlewright"):
        page = client.get(f"/community{question}").page
        found = listed(client, question)
        element = page.find(".//*[@data-map]")
        state = json.loads(element.get("data-map", "{}") if element is not None else "{}")
        features = state["sites"]["features"]
        assert features or question
        for feature in features:
            said = feature["properties"]
            entry = text_of(found[said["id"]])
            assert said["name"] in entry and f"Number {said['number']} on the map" in entry
            assert said["open"] == ("Open now" in entry)
        names = {feature["properties"]["name"] for feature in state["catchments"]["features"]}
        assert names <= {text_of(a) for entry in found.values() for a in entry.iter("a")}
        serving = [text_of(e) for e in found.values() if "Serves" in text_of(e)]
        assert len(serving) == len(state["catchments"]["features"]) and ("open" not in question or len(serving) < 8)
        if not question:
            assert any("ServesBeacon Slip (Neighborhood)" in text for text in serving) and any("ServesA drawn area" in text for text in serving)
        numbers = {e.text for e in page.iter("{http://www.w3.org/2000/svg}text")}
        assert numbers == {feature["properties"]["number"] for feature in features}
        missing = [i for i in found if i not in {f["properties"]["id"] for f in features}]
        for site in missing:
            assert "place stays secret" in text_of(found[site]) or "Not on the map" in text_of(found[site])


def test_csv_holds_the_rows_of_the_json(client: Client) -> None:
    for question in ("", "?language=es&open=now&near=neighborhood/candlewright"):
        lines = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/services.csv{question}").text)))
        assert [line["id"] for line in lines] == [row["id"] for row in rows(client, question)] and lines
        assert [line["state"] for line in lines] == [row["state"] for row in rows(client, question)]


def test_area_pages_list_what_serves_them(client: Client) -> None:
    text = text_of(client.get("/areas/neighborhood/larkmoor").page)
    assert "Places to go, in or near" in text and "Larkmoor Truce Corner" in text
    assert "Copperline Watch" not in text, "closed ones are left to the list"
    assert "Open now" not in text, "an area's page is kept for a day"
    page = client.get("/areas/police_district/millrace").page
    assert "/community?near=police_district/millrace&open=now" in [a.get("href") for a in page.iter("a")]
    assert "Not verified since" in text_of(page)


# ---------------------------------------------------------------------------------------------- one site


@pytest.mark.parametrize("site_id", SITES)
def test_every_site_has_its_page(client: Client, site_id: str) -> None:
    text = text_of(client.get(f"/community/{site_id}").page)
    site = SITES[site_id]
    for part in (site.name, site.phone, site.eligibility, site.directions, site.accessibility, *site.services, *(o.name for o in site.operators)):
        assert part in text, part


def test_an_unknown_site_is_not_found(client: Client) -> None:
    assert client.get("/community/nothing").status == 404
    assert client.get("/community/quiet-harbor-house?at=1").status == 400


def test_outputs_are_those_of_the_citys_file(client: Client) -> None:
    activity = load_catalog(city_folder()).services.activity
    for site_id in {row.site_id for row in activity}:
        page = client.get(f"/community/{site_id}").page
        marks = {(m.get("data-month"), m.get("data-what")): int(m.get("value", "-1")) for m in page.iter("data") if m.get("data-kind") == "reported"}
        expected = {
            (row.month, name): value
            for row in activity if row.site_id == site_id
            for name in ("mediations", "referrals", "clients") if (value := getattr(row, name)) is not None
        }  # fmt: skip
        assert marks == expected and expected
    assert "Not reported" in text_of(client.get("/community/beacon-slip-peace-post").page)


def test_days_since_stands_with_its_chance_and_the_number_of_areas(client: Client, demo_city: Any, front: Front) -> None:
    """The last killing is found again in the private store, one polygon at a time; the chance by the formula."""
    facts = front.releases.current.facts
    con = connect(demo_city.data / "private.duckdb")
    events = con.execute(
        "select distinct e.source_id, e.incident_id, e.counted_date, p.piece from model.events as e "
        "join model.records as p using (source_id, record_id) where e.is_homicide and e.is_counted"
    ).fetchall()  # fmt: skip
    pieces = dict(con.execute(
        "select p.piece, a.area_id from places.piece_areas as p join places.versions as v using (lines_ix) "
        "join places.areas as a on a.lines_ix = p.lines_ix and a.ix = p.area where v.layer = 'neighborhood' and v.is_current"
    ).fetchall())  # fmt: skip
    con.close()
    through = facts.metric_through["homicide_victims"]
    n_judged = 0
    for site_id in (i for i, site in SITES.items() if site.catchment.startswith("neighborhood/")):
        area = SITES[site_id].catchment.partition("/")[2]
        days = sorted({day for *_, day, piece in events if pieces.get(piece) == area and day})
        page = client.get(f"/community/{site_id}").page
        marks = {m.get("data-kind"): m for m in page.iter("data") if m.get("data-kind") in ("quiet", "chance", "chance_any")}
        quiet = (through - days[-1]).days if days else (through - facts.metric_from["homicide_victims"]).days + 1
        assert int(marks["quiet"].get("value", "")) == quiet
        year = (days[-1] if days else through).year
        first, last = date(year - 5, 1, 1), date(year - 1, 12, 31)
        if first >= facts.metric_from["homicide_victims"]:
            n_judged += 1
            n = len({(s, i) for s, i, day, piece in events if pieces.get(piece) == area and day and first <= day <= last})
            assert float(marks["chance"].get("value", "")) == pytest.approx(math.exp(-n * quiet / ((last - first).days + 1)), rel=1e-6)
            assert float(marks["chance_any"].get("value", "")) >= float(marks["chance"].get("value", ""))
            assert f"{first.year}" in text_of(page) and "areas are watched in this way" in text_of(page)
        else:
            assert "does not hold the five calendar years" in text_of(page)
    assert n_judged


def test_a_number_of_days_is_that_of_the_record_and_not_of_today(client: Client, noon: Clock) -> None:
    words = [text_of(e) for e in client.get("/community/beacon-slip-peace-post").page.iter("p") if "without a homicide" in text_of(e)]
    noon.now = NOON + timedelta(days=20)
    assert words == [text_of(e) for e in client.get("/community/beacon-slip-peace-post").page.iter("p") if "without a homicide" in text_of(e)] != []


# ---------------------------------------------------------------------------------------------- firearms


def feed(demo_city: Any) -> list[dict[str, str]]:
    """Firearms of the feed as a person would count them: each tag once."""
    lines = csv.DictReader(io.StringIO((demo_city.data / "feeds" / "firearms.csv").read_text(encoding="utf-8")))
    once: dict[str, dict[str, str]] = {}
    for line in lines:
        once.setdefault(line["PropertyTag"], line)
    return list(once.values())


def test_firearms_are_counted_once_by_month_kind_and_reason(client: Client, demo_city: Any) -> None:
    guns = feed(demo_city)
    last = client.get("/api/v1/metrics/firearms_recovered?by=month").json["rows"][-1]["month"]
    assert max(gun["RecoveredAt"] for gun in guns)[:7] > last, "the month that is not over stays out"
    guns = [gun for gun in guns if gun["RecoveredAt"][:7] <= last]
    by_month = {row["month"]: row["n"] for row in client.get("/api/v1/metrics/firearms_recovered?by=month").json["rows"]}
    assert by_month == {**dict.fromkeys(by_month, 0), **Counter(gun["RecoveredAt"][:7] for gun in guns)} and sum(by_month.values()) == len(guns) > 100
    kinds = {row["firearm_kind"]: row["n"] for row in client.get("/api/v1/metrics/firearms_recovered?by=firearm_kind").json["rows"]}
    assert kinds == Counter(gun["FirearmType"].lower() or "unknown" for gun in guns)
    made = {row["privately_made"]: row["n"] for row in client.get("/api/v1/metrics/firearms_recovered?by=privately_made").json["rows"]}
    assert made == Counter({"Y": "yes", "N": "no", "": "unknown"}[gun["PrivatelyMade"]] for gun in guns)
    reasons = {row["reason"]: row["n"] for row in client.get("/api/v1/metrics/firearms_recovered?by=reason").json["rows"]}
    assert reasons["handed_in"] == sum(gun["HowRecovered"] == "Turned in" for gun in guns) and sum(reasons.values()) == len(guns)


def test_the_public_table_adds_up_and_holds_no_trace(demo_store: Any, demo_city: Any) -> None:
    con, facts = demo_store
    through = f"{facts.metric_through['firearms_recovered']:%Y-%m}"
    assert con.execute("select sum(n) from firearms").fetchone()[0] == sum(gun["RecoveredAt"][:7] <= through for gun in feed(demo_city))
    assert con.execute('select max("month") from firearms').fetchone()[0] == through
    columns = [row[0] for row in con.execute("describe firearms").fetchall()]
    assert columns == ["month", "kind", "privately_made", "reason", "police_district", "source_id", "n"]


def test_the_page_carries_its_badge_caveats_and_links(client: Client, demo_city: Any) -> None:
    page = client.get("/firearms").page
    text = text_of(page)
    assert "Depends on police activity" in text and "privately made" in text.lower() and "federal law keeps traces" in text
    assert len(list(page.iter("table"))) == 5
    links = [a.get("href", "") for a in page.iter("a")]
    assert any(link.startswith("/metrics/firearms_recovered.csv") for link in links) and any("/how" in link for link in links)
    months = {m.get("data-row", ""): int(m.get("value", "0")) for m in page.iter("data") if "by=month" in m.get("data-query", "")}
    last = max(row.partition("month=")[2] for row in months)
    assert sum(n for row, n in months.items() if "month=" in row) == sum(gun["RecoveredAt"][:7] <= last for gun in feed(demo_city))


def test_drawn_shapes_and_hours_cannot_be_asked_of_firearms(client: Client) -> None:
    for question in ("near=-68,37,500", "hours=night", "offense=robbery", "bbox=-68.1,36.9,-67.9,37.1"):
        assert client.get(f"/api/v1/metrics/firearms_recovered?{question}").status == 400


def test_no_address_tells_a_day_or_a_small_place_of_a_firearm(client: Client) -> None:
    """Every address that takes a question refuses what is finer than a month and a district, and says what is allowed."""
    finer = ("window=28d", "from=2025-04-07&to=2025-04-12", "by=day", "by=week,reason", "layer=neighborhood&by=area", "layer=neighborhood&by=area,reason",
             "layer=police_district&by=area&lines=recorded")  # fmt: skip
    for question in finer:
        for path in ("/api/v1/metrics/firearms_recovered", "/metrics/firearms_recovered.csv", "/metrics/firearms_recovered"):
            assert client.get(f"{path}?{question}").status == 400, (path, question)
        error = client.get(f"/api/v1/metrics/firearms_recovered?{question}").json["error"]
        assert error["allowed"] and error["parameter"] in ("window", "from", "by", "layer", "lines")
    for path in ("/map", "/map.csv"):
        assert client.get(f"{path}?metric=firearms_recovered&layer=neighborhood").status == 400
        assert client.get(f"{path}?metric=firearms_recovered&window=28d").status == 400
        assert client.get(f"{path}?metric=firearms_recovered").status == 200
    assert client.get("/areas/neighborhood?metric=firearms_recovered").status == 400
    assert client.get("/areas/police_district?metric=firearms_recovered").status == 200
    week = "metric=firearms_recovered&a=2025-04-07/2025-04-12&b=2024-04-07/2024-04-12"
    assert client.get(f"/api/v1/compare?{week}").status == 400
    assert client.get(f"/metrics/firearms_recovered?{week.partition('&')[2]}").status == 400


def test_every_link_about_firearms_leads_somewhere(client: Client) -> None:
    """No chooser, link or download offers what is refused."""
    pages = ("/metrics/firearms_recovered", "/metrics/firearms_recovered?by=reason&window=12m", "/metrics/firearms_recovered?by=area&layer=police_district&window=ytd",
             "/map?metric=firearms_recovered", "/areas/police_district?metric=firearms_recovered", "/firearms")  # fmt: skip
    for address in pages:
        found = client.get(address)
        assert found.status == 200, address
        page = found.page
        links = {a.get("href", "").partition("#")[0] for a in page.iter("a")}
        asked = sorted(link for link in links if "firearms" in link)
        assert asked and not {link: status for link in asked if (status := client.get(link).status) != 200}
        chosen = {o.get("value", "") for s in page.iter("select") if s.get("name") == "by" for o in s.iter("option")}
        assert not chosen & {"day", "week", "weekday", "hour"} and not {s.get("name") for s in page.iter("select")} & {"hours", "offense"}
        for layer in (o.get("value") for s in page.iter("select") if s.get("name") == "layer" for o in s.iter("option")):
            assert layer == "police_district"
    assert "whole months" in text_of(client.get("/metrics/firearms_recovered").page)


def test_a_drawn_catchment_holds_what_the_referee_finds_in_it(demo_store: Any) -> None:
    con, _ = demo_store
    row = con.execute("select longitude, latitude, catchment_geometry from services where id = 'saltmarket-night-outreach'").fetchone()
    assert find_area(row[0], row[1], [("here", json.loads(row[2]))]) == "here"
    watched = con.execute("select count(*), count(distinct site_id) from service_watch").fetchone()
    assert watched == (8, 8)
