"""Every number that a page shows knows its question, and the question, counted again by hand, gives that number.

The crawler opens every page of the sitemap of the fictional city. It holds each marked number against the plain-Python
referee, and finds numbers in figures, tables and cards that have no mark.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from scipy.stats import beta

from harborlight.metrics.rates import rate_of
from harborlight.provenance import Count, Question, Said, join_said, plain, say_count
from harborlight.store import connect
from harborlight.web.cache import Front
from harborlight.web.wording import get_wording
from tests.conftest import DEEP
from tests.recount import Recount
from tests.web.client import Client

COMPARED = ("/compare?a=police_district/quayside&b=police_district/saltern", "/metrics/incidents?by=offense&window=12m",
            "/metrics/homicide_victims?by=area,year", "/metrics/killed_or_shot_victims?by=weapon&hours=night", "/metrics/incidents?by=hour,weekday",
            "/metrics/robberies?by=week&window=28d", "/map?metric=arrests&window=12m", "/areas/police_district?metric=burglaries&window=year:2024")  # fmt: skip
IN_SCOPE = re.compile(r"^/($|metrics|areas|map|compare|goals|community|firearms|warrants|strategies)")
# What is not a count: days, months and years, the lengths of windows, names of areas, addresses and ids.
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
NOT_COUNTS = re.compile(
    rf"https?://\S+|/metrics/\S+|\b\d{{8}}T\d{{6}}Z[\w.-]*|\d{{4}}-\d{{2}}(-\d{{2}})?|(\d{{1,2}} )?({MONTHS})[a-z]*( \d{{4}})?|\d{{1,2}} to (?=\d|<)|"
    r"\b(19|20)\d\d\b|\b\d+ (full )?(months|days)|\bthe 36 (months )?before|\b\d{1,2} (am|pm)\b|version \d+|100,000|95 ?(percent|%)|\d+ areas? without residents|of 4 grids|[\d.]+ times the city|"
    r"(Census tract|District) [\d.]+|\b\d{5}(?=, Port Calvert)"
)  # fmt: skip
# Where numbers are names or axes: heads of rows and columns, captions, ends of an axis, keys of a drawing, words of a form.
NAMES = ("th", "caption", "figcaption", "svg", "summary", "option", "label", "a", "bdi", "code")
AXES = ("hl-bars__top", "hl-bars__ends", "hl-key", "hl-figure__notes", "hl-source", "hl-figure__title")


def marks_of(page: Element) -> list[Element]:
    return list(page.iter("data"))


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def shown_number(text: str) -> float | None:
    found = re.search(r"\d[\d,]*(\.\d+)?", text)
    return float(found[0].replace(",", "")) if found else None


def bare_numbers(page: Element) -> list[str]:
    """Text with digits in figures, tables and cards that stands in no mark and is no date, name or axis."""
    found: list[str] = []
    for root in page.iter():
        if root.tag in ("figure", "table") or (root.tag == "article" and "hl-card" in root.get("class", "")):
            found += [text for raw in own_texts(root) if re.search(r"\d", NOT_COUNTS.sub("", text := " ".join(raw.split())))]
    return found


def own_texts(element: Element) -> Iterator[str]:
    """Texts below an element, but not those of marks, names and axes."""
    if element.tag in ("data", *NAMES) or set(element.get("class", "").split()) & set(AXES):
        return
    yield element.text or ""
    for child in element:
        yield from own_texts(child)
        yield child.tail or ""


@pytest.fixture(scope="module")
def recount(demo_city: Any, front: Front) -> Recount:
    con = connect(demo_city.data / "private.duckdb")
    made = Recount(con, front.releases.current.facts)
    con.close()
    return made


@pytest.fixture(scope="module")
def pages(client: Client) -> dict[str, Element]:
    """Every page of the sitemap that shows counts, and some questions that the sitemap does not hold.

    Of the pages of single areas, which are alike, a day's run takes every twentieth and the deep run takes all.
    """
    paths = re.findall(r"<loc>(?:https?://[^/<]+)?([^<]*)</loc>", client.get("/sitemap.xml").text)
    scope = [path or "/" for path in paths if IN_SCOPE.match(path or "/")]
    areas = [path for path in scope if path.startswith("/areas/") and path.count("/") == 3]
    wanted = [path for path in scope if path not in areas] + areas[:: 1 if DEEP else 20]
    assert len(wanted) > 20 and len(areas) > 50
    return {path: client.get(path).page for path in (*wanted, *COMPARED)}


def check_mark(mark: Element, recount: Recount) -> None:
    """One mark: what it says it shows, and what a recount gives."""
    value, kind, asked = float(mark.get("value", "nan")), mark.get("data-kind", ""), mark.get("data-query", "")
    shown = shown_number(text_of(mark))
    row, people = mark.get("data-row", ""), int(mark.get("data-people", "0"))
    match kind:
        case "":
            assert shown == value == recount.count(asked, row)
        case "difference" | "percent":
            now, before = recount.count(asked, row), recount.count(mark.get("data-before", ""), mark.get("data-before-row", ""))
            expected = now - before if kind == "difference" else (now - before) / before * 100
            assert value == pytest.approx(expected, rel=1e-6)
            assert shown == pytest.approx(abs(expected), abs=0.500001) or abs(expected) < 1
            assert ("fewer" in text_of(mark) or "lower" in text_of(mark)) == (expected < 0)
        case "ratio":
            spans = [recount.parse(mark.get(name, "")) for name in ("data-query", "data-before")]
            days = [(query.date_to - query.date_from).days + 1 for query in spans]
            now, before = recount.count(asked, row), recount.count(mark.get("data-before", ""))
            assert value == pytest.approx(now / days[0] / (before / days[1]), rel=1e-6) and shown == pytest.approx(value, abs=0.0051)
        case "rate":
            query = recount.parse(asked)
            rate = rate_of(recount.count(asked, row), people, (query.date_to - query.date_from).days + 1)
            assert rate and people in recount.people and value == pytest.approx(rate.per_100k) and shown == pytest.approx(value, abs=0.51)
        case "share":
            assert value == pytest.approx(recount.share(asked, mark.get("data-part", "")), abs=1e-6)
            assert shown == pytest.approx(value * 100, abs=0.51)
        case "off_map":
            assert shown == value == recount.off_map(asked)
        case "people":
            assert shown == value and value in recount.people
        case "bound":
            assert asked and shown == pytest.approx(value, abs=0.51)
        case "group":
            assert shown == value and mark.get("data-table") and mark.get("data-period"), "counted again in the tests of groups"
        case "declared":
            assert shown == value
        case "target":
            assert shown == value == limit_of(target_of(mark, recount), mark.get("data-direction", ""))
        case "path":
            target = target_of(mark, recount) if asked else float(mark.get("data-target", "nan"))
            assert value == pytest.approx(target * float(mark.get("data-share", "nan"))) and shown == pytest.approx(value, abs=0.5001)
        case "season":
            assert value == pytest.approx(season_of(mark, recount)) and shown == pytest.approx(value * 100, abs=0.5001)
        case "goal_chance":
            assert value == pytest.approx(chance_of(mark, recount)) and (shown == pytest.approx(value * 100, abs=0.5001) or shown in (1, 99))
        case "quiet":
            last = max((r.day for r in recount.rows(asked) if r.day), default=None)
            through = recount.facts.metric_through[recount.parse(asked).metric]
            assert shown == value == ((through - last).days if last else value)
        case "chance" | "chance_any":
            n, days = recount.count(asked, ""), int(mark.get("data-days", "0"))
            query = recount.parse(asked)
            chance = math.exp(-n * days / ((query.date_to - query.date_from).days + 1))
            assert value == pytest.approx(chance, rel=1e-6) if kind == "chance" else value >= chance - 1e-9
        case "chance_bound":
            assert 0 <= value <= 1 and asked and mark.get("data-days"), "held against published limits in the tests of statistics"
        case "distance" | "reported":
            assert shown == pytest.approx(value, abs=0.051) and mark.get("data-site"), "held against the city's own lists in the tests of sites"
        case "estimate":
            assert mark.get("data-strategy") and mark.get("data-field"), "held against its cell in the tests of strategies"
        case "warrant":
            assert shown == value and mark.get("data-measure"), "counted again in the tests of warrants"
        case "published":
            assert shown == value and mark.get("data-metric")
        case "part":
            assert shown == abs(value) and text_of(mark)[0] == ("+" if value > 0 else "\u2212") and mark.get("data-metric")
        case _:
            raise AssertionError(f"a mark of kind {kind!r} cannot be counted again")


def target_of(mark: Element, recount: Recount) -> float:
    """What a goal allows, from the recounted base."""
    sign = -1 if mark.get("data-direction") == "lower" else 1
    base = recount.count(mark.get("data-query", "")) / int(mark.get("data-years", "0"))
    return base * float(1 + sign * float(mark.get("data-percent", "nan")) / 100) ** int(mark.get("data-times", "0"))


def limit_of(target: float, direction: str) -> int:
    return math.floor(target + 1e-9) if direction == "lower" else math.ceil(target - 1e-9)


def season_of(mark: Element, recount: Recount) -> float:
    """The mean share of earlier years by the same day, or the share of days where no year is named."""
    first, last = (date.fromisoformat(mark.get(f"data-{name}", "")) for name in ("from", "to"))
    asked, years = mark.get("data-query", ""), mark.get("data-years", "").split()
    if not years:
        return ((last - first).days + 1) / (first.replace(year=first.year + 1) - first).days
    shares = []
    for year in map(int, years):
        start = first.replace(year=year)
        whole = (start, first.replace(year=year + 1) - timedelta(days=1))
        part = (start, last.replace(year=last.year + year - first.year))
        ask = [asked.replace(f"from={first}", f"from={a}").replace(f"to={last}", f"to={b}") for a, b in (part, whole)]
        shares.append(recount.count(ask[0]) / recount.count(ask[1]))
    return sum(shares) / len(shares)


def chance_of(mark: Element, recount: Recount) -> float:
    """The chance of a goal from the recounted count: the closed form as a beta distribution."""
    given = {name: float(mark.get(f"data-{name}", "nan")) for name in ("share", "dispersion", "limit")}
    y, phi = recount.count(mark.get("data-query", "")), given["dispersion"]
    assert mark.get("data-direction") == "lower"
    if y > given["limit"]:
        return 0.0
    return float(beta.cdf(given["share"], y / phi + 0.5, (given["limit"] - y + 0.5) / phi + 0.5))


def test_every_marked_number_is_counted_again(pages: dict[str, Element], recount: Recount) -> None:
    """All of them: 100 of 100."""
    wrong, kinds = [], Counter[str]()
    for path, page in pages.items():
        for mark in marks_of(page):
            kinds[mark.get("data-kind", "count")] += 1
            try:
                check_mark(mark, recount)
            except AssertionError as problem:
                wrong.append((path, mark.attrib, text_of(mark), str(problem).splitlines()[0]))
    assert not wrong, (len(wrong), wrong[:5])
    assert kinds["count"] > 3000 and min(kinds[kind] for kind in ("percent", "difference", "rate", "people", "bound", "share")) > 0, kinds


def test_no_number_stands_without_a_mark(pages: dict[str, Element]) -> None:
    bare = [(path, text.strip()) for path, page in pages.items() for text in bare_numbers(page)]
    assert not bare, (len(bare), sorted(set(bare)))


def test_a_bare_number_is_found() -> None:
    made = Element("table")
    made.text = "1 Nov 2025 to 31 Oct 2026, 28 days"
    assert bare_numbers(made) == []
    made.text = "12 robberies"
    assert bare_numbers(made) == ["12 robberies"]


def test_a_false_number_is_found(client: Client, recount: Recount) -> None:
    mark = next(m for m in marks_of(client.get("/metrics/robberies?by=year").page) if m.get("value") != "0")
    check_mark(mark, recount)
    mark.set("value", str(int(mark.get("value", "0")) + 1))
    with pytest.raises(AssertionError):
        check_mark(mark, recount)


def test_every_number_leads_to_how_it_is_made(client: Client, pages: dict[str, Element]) -> None:
    """Each question of a page has its link on that page; a sample of those links is opened."""
    opened: dict[str, set[str]] = {}
    for path, page in pages.items():
        links = {a.get("href", "") for a in page.iter("a")}
        ends = {mark for axis in page.iter() if axis.get("class") in AXES for mark in axis.iter("data")}
        framed = {mark for tag in ("figure", "table", "article") for frame in page.iter(tag) for mark in frame.iter("data")} - ends
        for mark in (m for m in marks_of(page) if m.get("data-query") and m.get("data-kind") not in ("cell", "point")):
            metric, _, rest = mark.get("data-query", "").removeprefix("metric=").partition("&")
            href = f"/metrics/{metric}/how" + (f"?{rest}" if rest else "")
            opened.setdefault(href, set()).add(path)
            if mark.get("data-kind") is None and mark in framed:
                assert href in links, (path, href)
    for href in sorted(opened)[:: max(1, len(opened) // 40)]:
        assert client.get(href).status == 200


# ----------------------------------------------------------------------------------- charts, tables and files


def test_every_chart_has_its_table_and_files(client: Client, pages: dict[str, Element]) -> None:
    """A figure with bars or a picture has its numbers as a table, as CSV and under an address of its own."""
    seen = 0
    for path, page in pages.items():
        for parent in page.iter():
            for at, figure in enumerate(list(parent)):
                if figure.tag != "figure" or any(e.get("class") == "hl-funnel" for e in figure.iter()):
                    continue
                seen += 1
                table = figure.find(".//table") is not None or any(e.find(".//table") is not None for e in list(parent)[at + 1 : at + 2])
                assert table, (path, figure.attrib, text_of(figure)[:200])
                links = [a.get("href", "") for a in page.iter("a")]
                files = [link for link in links if ".csv" in link]
                assert files and client.get(files[0]).status == 200, path
                # Counts of no measure have no page of their own about how they are made: their table's dictionary tells it.
                is_told = any("/how" in a.get("href", "") for a in figure.iter("a")) or any(link.startswith("/data/") for link in links)
                assert is_told, path
    assert seen > 20


BREAKDOWNS = ("day", "week", "month", "year", "hour", "weekday", "area", "offense", "offense_code", "weapon", "source")


@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_csv_and_json_hold_the_same_rows(client: Client, front: Front, breakdown: str) -> None:
    """For every metric that has the breakdown."""
    facts, asked = front.releases.current.facts, 0
    for metric_id in front.releases.current.reader.metric_ids():
        if breakdown not in facts.metrics[metric_id].breakdowns:
            continue
        asked += 1
        question = f"/metrics/{metric_id}?by={breakdown}" + ("&window=12m" if breakdown == "day" else "")
        rows = client.get(f"/api/v1{question}").json["rows"]
        lines = list(csv.DictReader(io.StringIO(client.get(question.replace("?", ".csv?")).text)))
        assert [{k: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items()} for row in rows] == lines
    assert asked


# ------------------------------------------------------------------------------------------- how it was made


@pytest.mark.parametrize(
    "question",
    ["homicide_victims/how?window=12m", "incidents/how?by=month&window=year:2024", "incidents/how?offense=robbery,burglary&window=12m",
     "robberies/how?hours=night&window=12m", "arrests/how?by=area&window=12m", "incidents/how?layer=police_district&area=quayside&window=12m",
     "incidents/how?near=-68.05,37.0,2000", "killed_or_shot_victims/how"],
)  # fmt: skip
def test_the_page_and_the_data_tell_how_a_number_is_made(client: Client, front: Front, question: str) -> None:
    metric, _, rest = question.partition("/how")
    told = client.get(f"/api/v1/metrics/{question}").json
    used = told["used"]
    assert used["rows"] == used["used"] + sum(line["rows"] for line in used["left_out"])
    answer = client.get(f"/api/v1/metrics/{metric}{rest.replace('by=month&', '').replace('by=area&', '')}").json
    assert used["used"] - used["repeated"] == answer["rows"][0]["n"]
    assert told["rows"] and [line["row"] for line in told["rows"]] == client.get(f"/api/v1/metrics/{metric}{rest}").json["rows"]
    assert told["sql"].startswith("select") and told["files"][-1]["table"].startswith("metric.")
    assert all(len(source["snapshot_sha256"]) == 64 for source in told["sources"]) and told["sources"]
    page = client.get(f"/metrics/{question}")
    text = text_of(page.page)
    for source in told["sources"]:
        assert source["snapshot_sha256"] in text and source["snapshot_id"] in text
    assert front.releases.current.id in told["citation"] and told["content_sha256"] in text
    assert all(file["path"] in text for file in told["files"])


def test_files_stand_after_what_they_read(client: Client) -> None:
    files = [file["table"] for file in client.get("/api/v1/metrics/incidents/how?by=month&window=12m").json["files"]]
    assert files.index("model.records") < files.index("model.events") < files.index("metric.packed") < files.index("metric.rollup_month")


def test_a_sentence_stands_alone(client: Client, front: Front) -> None:
    row = client.get("/api/v1/metrics/robberies/how?window=12m").json["rows"][0]
    metric, release = front.releases.current.facts.metrics["robberies"], front.releases.current.id
    for part in (f"{row['row']['n']:,} {metric.sentence_noun}", f"definition version {metric.definition_version}", release, "/metrics/robberies?from="):
        assert part in row["sentence"], part


def test_a_wrong_question_is_refused_with_what_is_allowed(client: Client) -> None:
    assert client.get("/metrics/robberies/how?format=xlsx").status == 400
    assert client.get("/api/v1/metrics/robberies/how?colour=red").status == 400
    assert client.get("/metrics/nothing/how").status == 404
    lines = client.get("/metrics/robberies/how?window=12m&format=csv").text.splitlines()
    assert lines[0] == "table,reason,rows" and lines[1].startswith("packed,all,")


# ----------------------------------------------------------------------------------------------------- words


def test_text_keeps_its_marks_and_stays_text() -> None:
    count = Count(1234, lambda: Question("metric=robberies&area=<b>", "month=2025-01"))
    said = say_count("1,234", count)
    assert said == "1,234" and count + 1 == 1235 and isinstance(said, Said) and str(said) is said
    sentence = get_wording().text("verdicts.short_now", n=count)
    assert sentence == "1,234." and "data-query" in sentence.__html__() and "<b>" not in sentence.__html__()  # type: ignore[attr-defined]
    both = join_said(["a < b", sentence, ""])
    assert plain(both) == "a < b 1,234." and type(plain(both)) is str and both.__html__().startswith("a &lt; b <data ")  # type: ignore[attr-defined]
    assert say_count("7", 7) == "7" and not isinstance(say_count("7", 7), Said)
