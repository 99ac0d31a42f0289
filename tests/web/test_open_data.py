"""What anyone can take away: totals of others, corrections with their ids, catalogs for portals, charts for other pages."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from harborlight.metrics.shapes import Query
from harborlight.web.cache import Front
from harborlight.web.notices import mark_rows, row_days
from tests.web.client import Client
from tests.web.conftest import Clock

NOTICE = "ruled_justified_2025_09"
ATOM = "{http://www.w3.org/2005/Atom}"


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# ------------------------------------------------------------------------------------------------ totals


def test_totals_are_the_same_on_page_api_and_file(client: Client, demo_city: Any) -> None:
    listed = client.get("/api/v1/totals").json["totals"]
    assert len(listed) == 16 and {t["state"] for t in listed} >= {"unexplained"}
    twin = read_csv(client.get("/api/v1/totals.csv").text)
    assert [{k: "" if v is None else str(v) for k, v in t.items()} for t in listed] == [
        {k: v.removeprefix("'") for k, v in row.items()} for row in twin
    ]
    with (demo_city.release / "downloads" / "totals.csv").open(newline="") as file:
        published = list(csv.DictReader(file))
    key = ("source_id", "metric", "year", "vintage", "theirs", "ours", "difference", "state", "differs_since")
    assert sorted([tuple(r[k] for k in key) for r in published]) == sorted([tuple(r[k].removeprefix("'") for k in key) for r in twin])
    text = " ".join(client.get("/status").page.find(".//section[@aria-labelledby='totals']").itertext())  # type: ignore[union-attr]
    for total in listed:
        assert total["publisher"] in text and total["vintage"] in text and f"{total['theirs']:,}" in text


def test_our_side_is_what_the_measure_answers(client: Client) -> None:
    for total in client.get("/api/v1/totals").json["totals"]:
        (row,) = client.get(f"/api/v1/metrics/{total['metric']}?window=year:{total['year']}").json["rows"]
        assert total["ours"] == row["n"] and total["difference"] == row["n"] - total["theirs"]


def test_an_unexplained_total_shows_its_age(client: Client, front: Front, clock: Clock) -> None:
    before = clock.now
    total = next(t for t in client.get("/api/v1/totals").json["totals"] if t["state"] == "unexplained")
    since = datetime.fromisoformat(total["differs_since"]).replace(tzinfo=UTC)
    try:
        for days in (40, 41):
            clock.now = since + timedelta(days=days, hours=12)
            assert f"{days} days" in client.get("/status").text, "the page is kept for a day and no longer"
    finally:
        clock.now = before


# --------------------------------------------------------------------------------------------- corrections


def test_rows_of_a_corrected_period_carry_the_id(client: Client) -> None:
    rows = client.get("/api/v1/metrics/homicide_victims?by=month&window=year:2024").json["rows"]
    assert [r["month"] for r in rows if r["notice"]] == ["2024-09"] and rows[8]["notice"] == NOTICE
    twin = read_csv(client.get("/metrics/homicide_victims.csv?by=month&window=year:2024").text)
    assert [r["notice"] for r in twin] == [r["notice"] or "" for r in rows]
    years = client.get("/api/v1/metrics/killed_or_shot_victims?by=year").json["rows"]
    assert [r["year"] for r in years if r["notice"]] == [2024] or [r["year"] for r in years if r["notice"]] == ["2024"]
    for other in ("burglaries?by=month&window=year:2024", "homicide_victims?by=month&window=year:2025"):
        assert not any(r["notice"] for r in client.get(f"/api/v1/metrics/{other}").json["rows"])


@pytest.mark.parametrize(
    ("row", "days"),
    [({"day": "2024-09-03"}, ("2024-09-03", "2024-09-03")), ({"week": "2024-09-02"}, ("2024-09-02", "2024-09-08")),
     ({"month": "2024-02"}, ("2024-02-01", "2024-02-29")), ({"year": 2024}, ("2024-01-15", "2024-12-31")), ({"month": None}, ("2024-01-15", "2025-03-31")),
     ({"hour": 3}, ("2024-01-15", "2025-03-31")), ({"month": "2025-03", "area_id": "x"}, ("2025-03-01", "2025-03-31"))],
)  # fmt: skip
def test_the_days_of_a_row(row: dict[str, Any], days: tuple[str, str]) -> None:
    first, last = datetime(2024, 1, 15).date(), datetime(2025, 3, 31).date()
    found = row_days(row, Query(metric="robberies", date_from=first, date_to=last))
    assert tuple(day.isoformat() for day in found) == days


def test_a_notice_dated_ahead_waits_for_its_day(client: Client, front: Front, clock: Clock) -> None:
    before = clock.now
    try:
        clock.now = datetime(2025, 9, 23, 12, tzinfo=UTC)
        assert client.get("/api/v1/corrections").json["corrections"] == [] and NOTICE not in client.get("/corrections").text
        assert not any(r["notice"] for r in client.get("/api/v1/metrics/homicide_victims?by=month&window=year:2024").json["rows"])
        clock.now = datetime(2025, 9, 24, 12, tzinfo=UTC)
        assert [n["id"] for n in client.get("/api/v1/corrections").json["corrections"]] == [NOTICE]
        for days, is_there in ((0, True), (27, True), (28, False)):
            clock.now = datetime(2025, 9, 24, 12, tzinfo=UTC) + timedelta(days=days)
            assert (f"/corrections#{NOTICE}" in client.get("/metrics/homicide_victims").text) == is_there, days
            assert f"/corrections#{NOTICE}" not in client.get("/metrics/burglaries").text
    finally:
        clock.now = before


def test_rows_without_a_notice_say_so() -> None:
    query = Query(metric="robberies", date_from=datetime(2024, 1, 1).date(), date_to=datetime(2024, 12, 31).date())
    assert mark_rows([{"n": 1}], query, ()) == [{"n": 1, "notice": None}]


def test_the_feed_is_atom_and_holds_every_notice(client: Client) -> None:
    answer = client.get("/corrections.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    assert [feed.findtext(f"{ATOM}{name}") is not None for name in ("id", "title", "updated")] == [True] * 3
    listed = client.get("/api/v1/corrections").json["corrections"]
    entries = feed.findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}title") for e in entries] == [n["title"] for n in listed]
    assert all((e.findtext(f"{ATOM}id") or "").startswith("urn:harborlight:port-calvert:") for e in entries)
    assert "/corrections.atom" in client.get("/corrections").text


# ------------------------------------------------------------------------------------------------ catalogs


def test_the_catalog_is_dcat_us(client: Client) -> None:
    """Every field that DCAT-US 1.1 requires of everybody, for each table and measure; every file is really there."""
    catalog = client.get("/data.json").json
    assert catalog["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema" and catalog["@type"] == "dcat:Catalog"
    tables = {t["name"] for t in client.get("/api/v1/tables").json["tables"]}
    names = [d["identifier"] for d in catalog["dataset"]]
    assert len(names) == len(set(names)) and {f"/data/{name}" for name in tables} <= set(names)
    for dataset in catalog["dataset"]:
        required = ("title", "description", "keyword", "modified", "publisher", "contactPoint", "identifier", "accessLevel")
        assert all(dataset[name] for name in required) and dataset["accessLevel"] == "public"
        assert dataset["contactPoint"]["hasEmail"].startswith("mailto:") and dataset["publisher"]["name"]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}", dataset["temporal"])
        for file in dataset["distribution"]:
            address = file.get("downloadURL") or file["accessURL"]
            answer = client.get(address)
            assert answer.status == 200, address
            assert "mediaType" not in file or answer.headers["content-type"].startswith(file["mediaType"])


@pytest.mark.parametrize("address", ["/data", "/data/counts", "/metrics/robberies", "/metrics/robberies?window=12m&by=month"])
def test_data_pages_carry_schema_org_markup(client: Client, address: str) -> None:
    page = client.get(address).page
    (script,) = [s for s in page.iter("script") if s.get("type") == "application/ld+json"]
    found = json.loads(script.text or "")
    assert found["@type"] in ("Dataset", "DataCatalog") and found["name"] and found["url"]
    for dataset in found.get("dataset", [found]):
        assert 50 <= len(dataset["description"]) <= 5000
    for file in found.get("distribution", []):
        assert client.get(file["contentUrl"]).headers["content-type"].startswith(file["encodingFormat"])


def test_markup_cannot_end_its_script(client: Client, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = front.releases.current.facts
    evil = facts.metrics["robberies"].model_copy(update={"definition": "</script><script src='https://evil.example/x.js'></script>\u2028"})
    monkeypatch.setitem(facts.metrics, "robberies", evil)  # type: ignore[arg-type]
    monkeypatch.setattr(front, "memory", type(front.memory)())
    page = client.get("/metrics/robberies").page
    (script,) = [s for s in page.iter("script") if s.get("type") == "application/ld+json"]
    assert "</script>" in json.loads(script.text or "")["description"], "the text is whole, and it is text"


def test_the_dictionary_is_the_same_everywhere(client: Client) -> None:
    listed = client.get("/api/v1/tables").json["tables"]
    twin = read_csv(client.get("/api/v1/tables.csv").text)
    assert [(t["name"], c["name"]) for t in listed for c in t["columns"]] == [(r["table"], r["column"]) for r in twin]
    for table in listed:
        assert [f["address"] for f in table["files"]] == [f"/data/{table['name']}.{kind}" for kind in ("csv", "parquet")]
        header = client.get(f"/data/{table['name']}.csv").text.splitlines()[0]
        assert header.split(",") == [c["name"] for c in table["columns"]]
        assert all(c["about"] and c["type"] for c in table["columns"])


# ----------------------------------------------------------------------------------------- charts elsewhere


PAGE_TYPES = ("/", "/metrics/killed_or_shot_victims", "/metrics/incidents", "/metrics/arrests", "/metrics/robberies?by=week&window=12m",
              "/metrics/robberies?by=hour,weekday&window=12m", "/metrics/homicide_victims?by=year&known=2026-11-30", "/areas/police_district/quayside",
              "/areas/neighborhood/{area}", "/areas/police_district/quayside?lines=2024-01-01")  # fmt: skip


@pytest.mark.parametrize("path", PAGE_TYPES)
def test_every_chart_has_its_table_its_file_and_its_own_address(client: Client, path: str) -> None:
    """Each picture of numbers of each kind of page: the same numbers as a table, as CSV, an address that leads back to it,
    and lines for other pages whose picture can be had."""
    if "{area}" in path:
        path = path.format(area=client.get("/api/v1/areas/neighborhood").json["features"][0]["id"])
    page = client.get(path).page
    above = {child: parent for parent in page.iter() for child in parent}
    figures, seen = list(page.iter("figure")), set()
    assert figures, path
    for figure in figures:
        beside = list(above[figure])
        following = beside[beside.index(figure) + 1 : beside.index(figure) + 2]
        assert any(e.find(".//table") is not None for e in (figure, *following)), path
        around = [a.get("href") or "" for a in page.iter("a")] if "by=" in path or path.startswith("/metrics") else []
        files = [href for href in [*(a.get("href") or "" for a in figure.iter("a")), *around] if ".csv" in href]
        assert files and client.get(files[0]).headers["content-type"].startswith("text/csv")
        shared = next(e for e in figure.iter("details") if "hl-embed" in (e.get("class") or ""))
        own = next(a.get("href") or "" for a in shared.iter("a"))
        address, _, mark = own.partition("#")
        found = client.get(address)
        assert found.status == 200 and (not mark or any(e.get("id") == mark for e in found.page.iter()))
        code = next(e.text or "" for e in shared.iter("code"))
        image = ElementTree.fromstring(code).find(".//img")
        picture = client.get(image.get("src") or "") if image is not None else None
        assert picture is not None and picture.headers["content-type"].startswith("image/svg+xml")
        assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
        seen.add(code)
    assert len(seen) == len(figures), "each chart has lines of its own"


@pytest.mark.parametrize("view", ["trend", "rolling", "season", "weeks"])
def test_a_view_has_a_picture_of_its_own(client: Client, front: Front, view: str) -> None:
    answer = client.get(f"/api/v1/metrics/robberies.svg?view={view}")
    assert answer.text.encode() == front.releases.current.charts[f"robberies-{view}-wide.svg"]
    for asked in (f"view={view}&window=12m", f"view={view}&view=trend", "view=magic"):
        assert client.get(f"/api/v1/metrics/robberies.svg?{asked}").json["error"]["parameter"] == "view"
    for path in ("/api/v1/metrics/robberies", "/api/v1/metrics/robberies.csv", "/metrics/robberies"):
        assert client.get(f"{path}?view={view}").status == 400


QUESTIONS = ("", "?by=month&window=12m", "?by=area&window=12m&layer=police_district", "?by=hour,weekday&window=12m", "?window=12m", "?by=weapon",
             "?by=day&window=28d", "?by=month&area=quayside&layer=police_district")  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_chart_can_stand_on_another_page(client: Client, question: str) -> None:
    """The lines to paste hold a picture that any site may load, that loads and runs nothing, and a link to the question."""
    page = client.get(f"/metrics/robberies{question}").page
    code = next(e for e in page.iter("code") if e.get("id") == "embed-code").text or ""
    figure = ElementTree.fromstring(code)
    image, link = figure.find(".//img"), figure.find("a")
    assert image is not None and link is not None and image.get("alt")
    path, _, asked = (link.get("href") or "").partition("?")
    assert path == "/metrics/robberies" and sorted(asked.split("&")) == sorted(question[1:].split("&"))
    answer = client.get(image.get("src") or "")
    assert answer.status == 200 and answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    drawing = ElementTree.fromstring(answer.text)
    tags = {e.tag.rpartition("}")[2] for e in drawing.iter()}
    assert not tags & {"script", "style", "foreignObject", "image", "use", "a"} and "text" in tags
    assert not re.search(r"(href|style|on\w+)=", answer.text) or not question, "drawn here: attributes only"


def test_a_drawn_chart_holds_the_numbers_of_the_answer(client: Client) -> None:
    rows = client.get("/api/v1/metrics/robberies?by=area&window=12m").json["rows"]
    drawing = ElementTree.fromstring(client.get("/api/v1/metrics/robberies.svg?by=area&window=12m").text)
    texts = [e.text for e in drawing.iter() if e.tag.endswith("text")]
    for row in rows:
        assert str(row["n"]) in texts, row
    assert any("fictional" in (t or "") for t in texts), "a picture says of itself what city it is of"


def test_pages_themselves_cannot_be_framed(client: Client) -> None:
    assert "frame-ancestors 'none'" in client.get("/metrics/robberies").headers["content-security-policy"]
