"""The page about arrests and courts: every number counted again from the rows of the model, the same numbers everywhere, plain words."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from scipy.stats import beta
from statsmodels.stats.proportion import proportion_confint

import harborlight
from harborlight.metrics.flows import ENDS, OUTCOMES, STATES
from harborlight.store import connect
from harborlight.web.cache import Front
from harborlight.web.outcome_flows import ALL_BANDS, ARREST_BANDS
from harborlight.web.outcome_way import COLORS as WAY_COLORS
from tests.recount_outcomes import COLUMNS, Chain
from tests.web.client import Client
from tests.web.test_provenance import bare_numbers, marks_of, shown_number, text_of

ADDRESSES = ("/outcomes", "/outcomes?cohort=2024-Q2&offense=robbery", "/outcomes?cohort=2026&offense=homicide")


@pytest.fixture(scope="module")
def chain(demo_city: Any) -> Iterator[Chain]:
    con = connect(demo_city.data / "private.duckdb")
    yield Chain.read(con)
    con.close()


@pytest.fixture(scope="module")
def pages(client: Client) -> dict[str, Element]:
    return {address: client.get(address).page for address in ADDRESSES}


def where(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";")) if text else {}


def check_mark(mark: Element, chain: Chain) -> None:
    """One number of the page from the rows of the model."""
    kind, value, shown = mark.get("data-kind"), float(mark.get("value", "nan")), shown_number(text_of(mark))
    table, rows = mark.get("data-table", ""), where(mark.get("data-where", ""))
    assert shown is not None
    close = 0.0501 if "." in text_of(mark) else 0.501
    match kind:
        case "outcome":
            assert shown == value == chain.count(table, rows)
        case "outcome_share":
            assert value == pytest.approx(chain.count(table, rows) / chain.count(table, where(mark.get("data-of", ""))), rel=1e-8)
            assert shown == pytest.approx(value * 100, abs=close)
        case "outcome_bound":
            k, n = chain.count(table, rows), chain.count(table, where(mark.get("data-of", "")))
            if mark.get("data-method") == "wilson":
                ends = proportion_confint(k, n, method="wilson")
            else:
                # The exact limits of k of k + n, as odds (Clopper and Pearson 1934).
                low, high = (beta.ppf(0.025, k, n + 1) if k else 0.0), beta.ppf(0.975, k + 1, n)
                ends = low / (1 - low), high / (1 - high)
            assert value == pytest.approx(max(0.0, ends[mark.get("data-end") == "high"]), abs=1e-8) and shown == pytest.approx(value * 100, abs=close)
        case "outcome_time":
            codes = mark.get("data-codes", "").split(",")
            share, left, _ = chain.reached(table, rows, codes, mark.get("data-waiting", ""), int(mark.get("data-month", "")))
            expected = left if mark.get("data-limit") == "rest" else share
            if mark.get("data-limit") in ("low", "high"):
                assert (value <= expected + 1e-9) == (mark.get("data-limit") == "low") or value == pytest.approx(expected)
            else:
                assert value == pytest.approx(expected, abs=1e-8)
            assert shown == pytest.approx(value * 100, abs=close)
        case "outcome_risk":
            assert shown == value == chain.reached(table, rows, (), "pending", int(mark.get("data-month", "")))[2]
        case _:
            raise AssertionError(f"a mark of kind {kind!r} cannot be counted again")


def test_the_published_tables_are_those_of_a_slow_count(demo_store: Any, chain: Chain) -> None:
    con, _ = demo_store
    for table, expected in chain.tables.items():
        rows = con.execute(f"select {', '.join(COLUMNS[table])}, n from {table}").fetchall()
        assert {row[:-1]: row[-1] for row in rows} == expected and rows, table


def test_every_number_is_counted_again(pages: dict[str, Element], chain: Chain) -> None:
    seen, kinds = 0, set()
    for path, page in pages.items():
        for mark in marks_of(page):
            try:
                check_mark(mark, chain)
            except AssertionError as problem:
                raise AssertionError(f"{path}: {mark.attrib} {text_of(mark)!r} {str(problem).splitlines()[0]}") from problem
            seen, kinds = seen + 1, kinds | {mark.get("data-kind")}
    assert seen > 500 and len(kinds) == 5


def test_a_false_number_is_found(pages: dict[str, Element], chain: Chain) -> None:
    mark = next(m for m in marks_of(pages["/outcomes"]) if m.get("data-kind") == "outcome")
    value = mark.get("value", "0")
    mark.set("value", str(int(value) + 1))
    with pytest.raises(AssertionError):
        check_mark(mark, chain)
    mark.set("value", value)


def test_no_number_stands_without_a_mark(pages: dict[str, Element]) -> None:
    bare = {text.strip() for page in pages.values() for text in bare_numbers(page)}
    assert not bare


def test_each_day_holds_every_incident_once(pages: dict[str, Element]) -> None:
    """The columns of the table of states add up to the same number, and pending has a row of its own."""
    table = next(t for t in pages["/outcomes"].iter("table") if "All" in text_of(t) and "pending" in text_of(t))
    rows = [[text_of(cell) for cell in row] for row in table.iter("tr")]
    numbers = {row[0]: [int(cell.replace(",", "")) for cell in row[1:]] for row in rows[1:] if len(row) > 1}
    total = numbers.pop("All")
    assert [sum(column) for column in zip(*numbers.values(), strict=True)] == total and len(set(total)) == 1
    assert "Charged, case pending" in numbers and {"Somebody arrested and not charged", "Sent to a program instead of court"} <= set(numbers)


def test_the_bars_are_the_numbers_of_the_table(pages: dict[str, Element]) -> None:
    for page in pages.values():
        for bar in (e for e in page.iter() if e.get("class") == "hl-stack__bar"):
            assert sum(float(band.get("width", "0")) for band in bar) == pytest.approx(100, abs=0.02)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_way_says_what_its_table_says_and_loses_nobody(client: Client, pages: dict[str, Element], address: str) -> None:
    section = next(s for s in pages[address].iter("section") if s.get("aria-labelledby") == "way")
    image, = section.iter("img")
    drawn = client.get(image.get("src", ""))
    rows = [[text_of(cell) for cell in row] for row in section.iter("tr")]
    counts = [int(row[1].replace(",", "")) for row in rows[1:] if len(row) == 3]
    stages, at = [], 0
    for size in (4, 4, 5):
        stages.append(counts[at : at + size])
        at += size
    assert at == len(counts) and all(sum(stage[1:]) == stage[0] for stage in stages), "those that stopped and those that went on are the stage"
    assert [stage[-1] for stage in stages[:2]] == [stage[0] for stage in stages[1:]]
    said = " ".join(text_of(e) for e in drawn.page.iter() if e.tag.rpartition("}")[2] == "text")
    ends = [n for stage in stages for n in stage[1:][: 4 if stage is stages[2] else 2]]
    numbers = [int(n.replace(",", "")) for n in re.findall(r": ([\d,]+)", said)]
    assert sorted(numbers) == sorted(n for n in [*ends, *(stage[0] for stage in stages)] if n) and numbers[0] == counts[0]
    assert image.get("alt", "").startswith("Incidents (") and not re.search("declined|released", said)
    assert section.find(".//details[@id='embed-way']") is not None


def test_the_way_has_the_colors_of_the_bars() -> None:
    styles = (Path(harborlight.__file__).parent / "web/static/source/parts/_outcomes.scss").read_text(encoding="utf-8")
    colors = dict(re.findall(r"^  (\d+): (#[0-9a-f]{6}),$", styles, re.MULTILINE))
    kinds = {name: kind for name, kind, _ in (*ALL_BANDS, *ARREST_BANDS)}
    assert {name: colors[str(kinds[name])] for name in WAY_COLORS} == WAY_COLORS


def test_a_way_that_is_not_there_is_not_drawn(client: Client) -> None:
    assert client.get("/api/v1/outcomes.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/api/v1/outcomes.svg?figure=times").status == 400 and client.get("/api/v1/outcomes.svg?cohort=1999").status == 400
    assert client.get("/api/v1/outcomes.svg?figure=states").text == client.get("/api/v1/outcomes.svg").text


@pytest.mark.parametrize("address", ADDRESSES[:2])
def test_files_hold_the_rows_of_the_page(client: Client, chain: Chain, address: str) -> None:
    query = address.partition("?")[2]
    answer = client.get(f"/api/v1/outcomes{'?' + query if query else ''}").json
    lines = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/outcomes.csv{'?' + query if query else ''}").text)))
    assert [{k: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items()} for row in answer["rows"]] == lines
    states = [row for row in answer["rows"] if row["figure"] == "states" and row["as_of"] == answer["as_of"]]
    page = client.get(address).page
    said = next(e for e in page.iter() if "hl-answer--page" in e.get("class", "").split())
    assert shown_number(text_of(said)) == sum(row["n"] for row in states)
    assert {row["code"] for row in answer["rows"] if row["figure"] == "times"} <= {*OUTCOMES, "pending"}
    for link in (a.get("href", "") for a in page.iter("a") if a.get("href", "").startswith("/api/v1/outcomes.csv")):
        assert client.get(link).status == 200 and client.get(link).text.startswith("figure,period,as_of")


def test_every_figure_has_its_table_and_its_address(client: Client, pages: dict[str, Element]) -> None:
    page = pages["/outcomes"]
    ids = {e.get("id") for e in page.iter()}
    links = {a.get("href", "") for a in page.iter("a")}
    assert {link.partition("#")[2] for link in links if link.startswith("/outcomes?") and "#" in link} <= ids
    sections = [s for s in page.iter("section") if s.find("figure") is not None]
    assert len(sections) >= 8 and all(s.find(".//table") is not None for s in sections)
    pictures = [i.get("src", "") for i in page.iter("img") if "outcome" in i.get("src", "")]
    assert len(pictures) == 3 and all("<title" in client.get(src).text for src in pictures)
    assert "system" in text_of(next(s for s in sections if s.find("h2").get("id") == "ended"))  # type: ignore[union-attr]


def test_words(pages: dict[str, Element], client: Client) -> None:
    for page in pages.values():
        text = text_of(page).lower()
        assert "an arrest is not proof of guilt" in text and "presumed innocent" in text
        assert not re.search(r"\bsolved\b|\boffenders?\b|\bcriminals?\b|\bsuspects?\b", text.replace("not criminally", ""))
        for code in STATES:
            assert code not in text or code in ("reported", "charged", "convicted", "dismissed", "dropped", "stet",
                                                "acquitted", "diverted")  # fmt: skip
    assert "children are confidential" in text_of(pages["/outcomes"])
    menu = [text_of(a) for a in pages["/outcomes"].iter("a")]
    assert menu.index("Arrests and courts") == menu.index("Who is harmed") + 1
    assert set(sum(ENDS.values(), ())) == set(OUTCOMES)


@pytest.mark.parametrize(("query", "parameter"), [("cohort=1999", "cohort"), ("offense=rape", "offense"), ("offense=x", "offense"), ("age=18-24", "age")])
def test_a_question_that_is_not_offered_says_what_is(client: Client, query: str, parameter: str) -> None:
    found = client.get(f"/api/v1/outcomes?{query}")
    assert found.status == 400 and found.json["error"]["parameter"] == parameter and found.json["error"]["allowed"]
    assert client.get(f"/outcomes?{query}").status == 400


def test_nothing_of_children_or_sensitive_offenses(demo_store: Any, front: Front) -> None:
    con, facts = demo_store
    sensitive = {row[0] for row in con.execute("select distinct offense_group from offenses where tier <> 'T0'").fetchall()}
    for table, columns in COLUMNS.items():
        if "offense_group" in columns:
            groups = {row[0] for row in con.execute(f"select distinct offense_group from {table}").fetchall()}
            assert groups and None not in groups and not groups & sensitive, table
    assert con.execute("select distinct court_code from outcome_dispositions where court_code not in ('district', 'circuit')").fetchall() == []
