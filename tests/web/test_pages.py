"""Every page opens, says what it must, and refuses what it does not know. The client checks the rest on each of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from harborlight.web.app import make_app, make_router
from harborlight.web.cache import Front
from tests.conftest import DEEP
from tests.web.client import Client

PAGES = (
    "/", "/metrics", "/metrics/killed_or_shot_victims", "/data", "/data/counts", "/methods", "/status", "/changes", "/corrections",
    "/api", "/about", "/privacy", "/accessibility", "/report", "/areas", "/areas?q=quay", "/areas/police_district", "/areas/neighborhood",
    "/areas/police_district/quayside", "/areas/city_council_district/3", "/compare", "/compare?a=police_district/quayside&b=police_district/saltern",
    "/demographics", "/demographics?subject=arrests", "/intimate-partner-violence", "/goals", "/goals/burglaries_5",
    "/strategies", "/strategies/focused_outreach", "/strategies/evening_lights",
)  # fmt: skip
QUESTIONS = (
    "by=month", "by=year", "by=hour,weekday", "by=area&window=12m", "by=week&window=28d", "by=day&window=28d", "by=weapon",
    "window=ytd", "window=year:2024&by=month", "from=2024-01-01&to=2024-12-31", "hours=night&by=year", "by=area,year", "by=offense",
    "from=1999-01-01&to=1999-12-31&by=month", "by=month&from=&to=&offense=",
)  # fmt: skip
ROUTES = Path(__file__).with_name("routes.txt")


def text_of(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


@pytest.mark.parametrize("address", PAGES)
def test_every_page_opens(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status == 200
    assert "fictional city" in text_of(answer.page.find(".//div[@class='hl-banner hl-banner--fictional']"))
    assert answer.headers["x-release"] in text_of(answer.page.find(".//footer"))
    assert "Police records through" in text_of(answer.page.find(".//header"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_page_and_the_same_rows_as_csv(client: Client, question: str) -> None:
    page = client.get(f"/metrics/homicide_victims?{question}")
    csv = client.get(f"/metrics/homicide_victims.csv?{question}")
    json = client.get(f"/api/v1/metrics/homicide_victims?{question}")
    assert (page.status, csv.status, json.status) == (200, 200, 200)
    assert csv.body == client.get(f"/api/v1/metrics/homicide_victims.csv?{question}").body
    lines = csv.text.splitlines()
    assert len(lines) - 1 == len(json.json["rows"])
    counts = [row["n"] for row in json.json["rows"]]
    column = lines[0].split(",").index("n")
    if all('"' not in line for line in lines):
        assert [line.split(",")[column] for line in lines[1:]] == ["" if n is None else str(n) for n in counts]


def test_a_missing_year_is_missing_and_never_zero(client: Client) -> None:
    page = client.get("/metrics/homicide_victims?from=1999-01-01&to=1999-12-31&by=year").page
    tables = [[text_of(cell) for cell in table.findall(".//td")] for table in page.findall(".//table")]
    asked = [cells for cells in tables if any(cell.startswith("missing: ") for cell in cells)]
    assert asked and not any("0" in cells for cells in asked)
    assert (
        client.get("/api/v1/metrics/homicide_victims?from=1999-01-01&to=1999-12-31&by=year").json["rows"][0]["n"]
        is None
    )


def test_the_months_of_the_grid_are_the_months_of_the_data(client: Client) -> None:
    """The table beside the chart holds every number of the same question, cell by cell."""
    page = client.get("/metrics/killed_or_shot_victims").page
    table = next(t for t in page.findall(".//table") if "by month" in text_of(t.find("caption")))
    rows = client.get("/api/v1/metrics/killed_or_shot_victims?by=month").json["rows"]
    known = {row["month"]: row["n"] for row in rows if row["month"]}
    seen = {}
    for line in table.findall("./tbody/tr"):
        year = text_of(line.find("th"))
        for month, cell in enumerate(line.findall("td")[:12], 1):
            if text_of(cell):
                seen[f"{year}-{month:02}"] = text_of(cell)
    assert seen == {month: "missing" if n is None else f"{n:,}" for month, n in known.items()}


def test_the_front_page_answers_first(client: Client, front: Front) -> None:
    page = client.get("/").page
    answer = text_of(page.find(".//p[@class='hl-answer']"))
    change = front.releases.current.reader.headline("killed_or_shot_victims").year
    assert change is not None and f"{change.now.n}" in answer and f"{change.before.n}" in answer
    cards = page.findall(".//article")
    assert [text_of(card.find(".//h3")) for card in cards][:2] == ["People killed or shot", "Homicide victims"]
    assert all(card.find(".//p[@class='hl-copy']") is not None for card in cards)


def test_sensitive_offenses_stand_in_the_table(client: Client) -> None:
    page = client.get("/").page
    table = next(t for t in page.findall(".//table") if "kind of offense" in text_of(t.find("caption")))
    assert "Rape" in [text_of(head) for head in table.findall(".//tbody/tr/th")]


def some_of_each(links: set[str]) -> list[str]:
    """Two links of every kind: those of a kind have the same page and the same names of parameters."""
    kinds: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for link in sorted(links):
        path, _, query = link.partition("?")
        asked = sorted(part.partition("=")[0] for part in query.split("&"))
        kinds["/".join(path.split("/")[:4] if path.startswith("/api") else path.split("/")[:2]), *asked].append(link)
    return [link for alike in kinds.values() for link in {alike[0], alike[-1]}]


def test_every_link_on_the_site_leads_somewhere(client: Client) -> None:
    seen: set[str] = set()
    for address in PAGES:
        links = {a.get("href", "").partition("#")[0] for a in client.get(address).page.iter("a")}
        seen |= {link for link in links if link.startswith("/")}
    assert len(seen) > 80
    broken = {link: status for link in (sorted(seen) if DEEP else some_of_each(seen)) if (status := client.get(link).status) != 200}
    assert not broken


@pytest.mark.parametrize(
    ("address", "status"),
    [("/nothing", 404), ("/metrics/nothing", 404), ("/data/nothing", 404), ("/metrics/robberies?colour=red", 400),
     ("/metrics/robberies?by=month&by=year", 400), ("/metrics/robberies?window=12m&from=2024-01-01", 400),
     ("/metrics/robberies?from=2024-02-30", 400), ("/metrics/robberies?format=xlsx", 400), ("/?utm_source=x", 400), ("/about?a=", 400),
     ("/metrics/robberies?" + "&".join(f"p{i}=1" for i in range(60)), 400), ("/metrics/warrants", 404), ("//evil.example", 404),
     ("/..%2f..%2fetc/passwd", 404), ("/data/..%2fpublic.duckdb", 404), ("/%00", 404), ("/.git/config", 404), ("/docs", 404),
     ("/static/../app.py", 404), ("/static/site.css", 404), ("/charts/x/y.svg", 404), ("/metrics/robberies/a.css", 404)],
)  # fmt: skip
def test_errors_say_what_to_do_next(client: Client, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status == status and answer.headers["cache-control"] == "no-store"
    text = text_of(answer.page.find(".//main"))
    assert "What you can do" in text and "@" in text
    assert "Traceback" not in answer.text and "duckdb" not in text and ".py" not in text


def test_a_reader_sees_that_a_source_is_late(client: Client, front: Front, clock: Any) -> None:
    before = clock.now
    open_sources = [s for s in front.releases.current.facts.sources if not s.is_closed and s.data_through]
    try:
        assert (
            "hl-banner--stale" not in client.get("/about").text or len(client.get("/status.json").json["sources"]) > 1
        )
        clock.now = before + timedelta(days=60)
        late = client.get("/about")
        banner = late.page.find(".//div[@role='status']")
        assert all(source.title in text_of(banner) for source in open_sources)
        assert client.get("/status.json").json["stale"] is True
        assert client.get("/api/v1/metrics/robberies").json["stale"] is True
    finally:
        clock.now = before
    assert client.get("/about").body != late.body, "the banner was kept after the clock went back"


def test_the_map_of_the_site_does_not_change_by_accident() -> None:
    """A moved page needs a redirect and a line in the changelog; then this list may change."""
    routes = sorted(
        f"{','.join(sorted(r.methods))} {r.path}" for r in make_router().routes if getattr(r, "methods", None)
    )  # type: ignore[attr-defined]
    assert routes == ROUTES.read_text(encoding="utf-8").splitlines()
    assert {route.split()[0] for route in routes} == {"GET"}


def test_a_preview_is_marked_and_kept_out_of_search(demo_city: Any) -> None:
    front = make_app(demo_city.data, preview_release=demo_city.release.name)
    answer = Client(front).get("/about")
    assert "Not published" in text_of(answer.page.find(".//div[@class='hl-banner hl-banner--preview']"))
    assert answer.headers["x-robots-tag"].startswith("noindex") and answer.headers["cache-control"] == "no-store"
    assert Client(front).get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    front.releases.current.reader.close()


def test_files_for_robots_and_researchers(client: Client) -> None:
    assert "Allow: /" in client.get("/robots.txt").text
    assert client.get("/sitemap.xml").text.count("<loc>") > 20
    assert client.get("/.well-known/security.txt").text.startswith("Contact: ")
    assert client.get("/healthz").json["status"] == "ok"
