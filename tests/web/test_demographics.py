"""Counts by group: the same on page, CSV and API as in the public table, hidden in words everywhere, reached by no other way."""

from __future__ import annotations

import copy
import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote
from xml.etree.ElementTree import Element

import pytest

from harborlight.catalog.groups import CITY, GROUP_COLUMNS
from harborlight.metrics.groups import (
    MOST_UNKNOWN,
    GroupCount,
    GroupTable,
    PeriodCounts,
    Refused,
    check_rates,
)
from harborlight.web.cache import Front
from harborlight.web.group_figures import make_cross, make_pyramid, takeaway
from harborlight.web.group_places import make_place_table
from harborlight.web.group_reader import read_counts, read_people, read_periods, read_tables
from harborlight.web.group_words import group_words, period_words
from harborlight.web.partner_violence import make_partner_violence
from harborlight.web.wording import get_wording
from tests.conftest import DEEP
from tests.web.client import Client

HIDDEN = "hidden to protect privacy"
WORDING = get_wording()


def text_of(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


@pytest.fixture(scope="module")
def tables(front: Front) -> dict[str, GroupTable]:
    return read_tables(front.releases.current.reader)


@pytest.fixture(scope="module")
def published(front: Front) -> dict[tuple[str, str, str, tuple[str, ...]], int | None]:
    """Table, period, place and groups of its columns → count of the public table, None where hidden."""
    reader = front.releases.current.reader
    tables = read_tables(reader)
    rows = reader.rows("select * from groups", {})
    assert len(rows) > 100 and any(row["is_hidden"] for row in rows), "the small city hides nothing: these tests see nothing"
    return {(r["table_id"], r["period"], r["area_id"], tuple(r[c] for c in tables[r["table_id"]].dims)): r["n"] for r in rows}


@pytest.fixture(scope="module")
def pages(client: Client) -> dict[str, Element]:
    """Every subject in every period, and the page about partners."""
    first = client.get("/demographics").page
    subjects = [a.get("href", "") for a in first.iter("a") if a.get("href", "").startswith("/demographics?subject=")]
    assert len(set(subjects)) > 2
    found = {"/demographics": first, "/intimate-partner-violence": client.get("/intimate-partner-violence").page}
    for address in sorted({s.partition("#")[0] for s in subjects if "period" not in s}):
        found[address] = client.get(address).page
        # A subject has as many as twenty periods: the first and the last are looked at, in a deep run all.
        options = [o for o in found[address].iter("option") if o.get("value")]
        for option in options if DEEP else {id(o): o for o in (*options[:1], *options[-1:])}.values():
            if option.get("value"):
                asked = f"{address}&period={option.get('value')}"
                found[asked] = client.get(asked).page
    return found


def marks_of(page: Element, kind: str) -> list[Element]:
    return [mark for mark in page.iter("data") if mark.get("data-kind") == kind]


def key_of(mark: Element) -> tuple[str, str, str, tuple[str, ...]]:
    groups = tuple(g for g in mark.get("data-groups", "").split(",") if g)
    return mark.get("data-table", ""), mark.get("data-period", ""), mark.get("data-area", CITY), groups


# ------------------------------------------------------------------------------------------------ the same everywhere


def test_every_count_of_the_pages_is_that_of_the_public_table(
    pages: Mapping[str, Element], published: Mapping[tuple[str, str, str, tuple[str, ...]], int | None]
) -> None:
    seen = 0
    for path, page in pages.items():
        for mark in marks_of(page, "group"):
            n = published[key_of(mark)]
            assert n is not None and text_of(mark) == f"{n:,}" and mark.get("value") == str(n), (path, mark.attrib)
            seen += 1
    assert seen > 200


def test_a_hidden_count_reads_hidden_on_the_page_and_never_zero_or_blank(
    pages: Mapping[str, Element], published: Mapping[tuple[str, str, str, tuple[str, ...]], int | None], tables: Mapping[str, GroupTable]
) -> None:
    """Figure by figure: as many cells say so as the public table hides, and none is empty."""
    seen = 0
    for path, page in pages.items():
        for section in page.iter("section"):
            table_id = section.get("aria-labelledby", "")
            if table_id not in tables or len(tables[table_id].dims) != 1:
                continue
            period = next(key_of(mark)[1] for mark in marks_of(section, "group"))
            own = [n for (t, p, area, _), n in published.items() if (t, p, area) == (table_id, period, CITY)]
            counts = [text_of(line.find("td")) for line in section.findall(".//tbody/tr")]
            assert counts.count(HIDDEN) == own.count(None) and len(counts) == len(own), (path, table_id)
            assert "" not in counts and counts.count("0") == own.count(0)
            assert not any(line.find("td").find(".//rect") is not None for line in section.findall(".//tbody/tr") if text_of(line.find("td")) == HIDDEN)  # type: ignore[union-attr]
            seen += counts.count(HIDDEN)
    assert seen


def test_page_csv_and_api_hide_the_same(
    client: Client, tables: Mapping[str, GroupTable], published: Mapping[tuple[str, str, str, tuple[str, ...]], int | None]
) -> None:
    """Every cell of every table that is offered."""
    n_hidden = 0
    for table in tables.values():
        if table.grain is None:
            continue
        answer = client.get(f"/api/v1/groups/{table.id}").json
        lines = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/groups/{table.id}.csv").text)))
        assert len(answer["rows"]) == len(lines) == sum(key[0] == table.id for key in published)
        for row, line in zip(answer["rows"], lines, strict=True):
            n = published[(table.id, row["period"], row["area_id"], tuple(row[c] for c in table.dims))]
            assert row["n"] == n and row["suppressed"] == (n is None) and row["note"] == (HIDDEN if n is None else None)
            assert line["n"] == (HIDDEN if n is None else str(n)) and line["suppressed"] == str(n is None).lower()
            assert [line[c] for c in ("area_id", "period", *GROUP_COLUMNS)] == [row[c] for c in ("area_id", "period", *GROUP_COLUMNS)]
            n_hidden += n is None
    assert n_hidden


def test_the_list_names_every_table_and_why_it_is_not_offered(client: Client, tables: Mapping[str, GroupTable]) -> None:
    listed = client.get("/api/v1/groups").json["groups"]
    assert [item["id"] for item in listed] == list(tables)
    assert all(bool(item["grain"]) != bool(item["why_not"]) for item in listed)
    assert all(item["n_hidden"] % 10 == 0 for item in listed)
    assert len(client.get("/api/v1/groups.csv").text.splitlines()) == len(listed) + 1


# ---------------------------------------------------------------------------------------------------- no other way


@pytest.mark.parametrize(
    ("address", "parameter"),
    [("/demographics?sex=female", "sex"), ("/demographics?domestic=1", "domestic"), ("/demographics?subject=nobody", "subject"),
     ("/demographics?period=1850", "period"), ("/intimate-partner-violence?area=quayside", "area"), ("/api/v1/groups?tier=T1", "tier")],
)  # fmt: skip
def test_pages_of_groups_take_no_filter_by_what_a_person_is(client: Client, address: str, parameter: str) -> None:
    answer = client.get(address)
    assert answer.status == 400 and (parameter in text_of(answer.page.find(".//main")) if "/api/" not in address else answer.json)


FILTERS = ("domestic=1", "is_domestic=true", "sex=female", "sex_code=male", "race=black", "race_code=white", "age=17", "age_band=0-17",
           "relationship=intimate_partner", "ethnicity_code=hispanic", "tier=T1", "by=sex_code", "by=race", "by=age_band", "by=relationship",
           "by=is_domestic", "offense=rape", "offense=11A")  # fmt: skip
OPEN = ("/metrics/incidents", "/metrics/aggravated_assaults.csv", "/api/v1/metrics/homicide_victims", "/api/v1/metrics/incidents/how", "/map",
        "/map.csv", "/areas/police_district", "/tiles/incidents/11/636/798.mvt", "/api/v1/compare")  # fmt: skip


@pytest.mark.parametrize("asked", FILTERS)
def test_open_counts_cannot_be_filtered_by_what_is_sensitive(client: Client, asked: str) -> None:
    """A filter that is not offered is refused with what is allowed, whatever the address."""
    for path in OPEN:
        answer = client.get(f"{path}?{asked}")
        assert answer.status == 400, (path, asked)
        if "json" in answer.headers["content-type"]:
            assert answer.json["error"]["parameter"] and answer.json["error"]["allowed"]


def test_a_refused_table_parameter_says_what_is_allowed(client: Client, tables: Mapping[str, GroupTable]) -> None:
    table = next(t for t in tables.values() if t.grain)
    for asked in FILTERS:
        error = client.get(f"/api/v1/groups/{table.id}?{asked}").json["error"]
        assert error["parameter"] == asked.partition("=")[0] and error["allowed"] == ["period"]
    error = client.get(f"/api/v1/groups/{table.id}?period=1850").json["error"]
    assert error["parameter"] == "period" and error["allowed"]


def test_no_table_outside_the_list_can_be_reached(client: Client, tables: Mapping[str, GroupTable]) -> None:
    """Tables that are not offered, names put together from real ones, columns, hostile text: all are not found."""
    chance = random.Random(7)
    parts = sorted({part for name in tables for part in name.split("_")} | set(GROUP_COLUMNS) | {"domestic", "victims", "cells", "kept", "atoms"})
    asked = [name for name, table in tables.items() if table.grain is None]
    assert asked
    asked += ["_".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(150)]
    asked += ["groups", "private", "kept.group_cells", "..", "%27 or 1=1", "homicide_victims_age;", "HOMICIDE_VICTIMS_AGE", "homicide_victims_age ", "*", "%"]
    for name in asked:
        table = tables.get(name)
        for ending in ("", ".csv"):
            answer = client.get(f"/api/v1/groups/{quote(name)}{ending}")
            if table is None or table.grain is None:
                assert answer.status in (404,), name
                assert '"rows"' not in answer.text and "area_id" not in answer.text


# ------------------------------------------------------------------------------------------------------ rates


def test_there_is_no_rate_where_too_many_are_not_known(pages: Mapping[str, Element], front: Front, tables: Mapping[str, GroupTable]) -> None:
    reader = front.releases.current.reader
    refused = 0
    for path, page in pages.items():
        for mark in marks_of(page, "group_rate"):
            table = tables[mark.get("data-table", "")]
            counts = read_counts(reader, table, mark.get("data-period", ""))
            assert isinstance(counts, PeriodCounts)
            share = check_rates(counts, table.dims[0])
            assert isinstance(share, float) and share <= MOST_UNKNOWN, (path, mark.attrib)
    for table in tables.values():
        if table.grain is None or len(table.dims) != 1 or table.by_area or "residents" not in table.denominators:
            continue
        for period in read_periods(reader, table):
            counts = read_counts(reader, table, period)
            assert isinstance(counts, PeriodCounts)
            if isinstance(check_rates(counts, table.dims[0]), Refused):
                refused += 1
                shown = [p for p in pages.values() for m in marks_of(p, "group_rate") if (m.get("data-table"), m.get("data-period")) == (table.id, period)]
                assert not shown
    assert refused, "no period of the small city has too many unknown: this test sees nothing"


def test_rates_name_their_denominator_and_are_those_of_the_counts(pages: Mapping[str, Element], front: Front, tables: Mapping[str, GroupTable]) -> None:
    reader, seen = front.releases.current.reader, 0
    people = read_people(reader)
    for page in pages.values():
        for section in page.iter("section"):
            for mark in marks_of(section, "group_rate"):
                counts = read_counts(reader, tables[mark.get("data-table", "")], mark.get("data-period", ""))
                assert isinstance(counts, PeriodCounts)
                cell = counts.cell(**{counts.table.dims[0]: mark.get("data-groups", "")})
                assert cell is not None and cell.n is not None
                years = {"month": 1 / 12, "quarter": 0.25}.get(counts.grain, 1.0)
                hand = cell.n / int(mark.get("data-people", "0")) / years * 100_000
                assert float(mark.get("value", "nan")) == pytest.approx(hand) and text_of(mark) == f"{hand:,.1f}"
                assert people[0].name in text_of(section) or people[-1].name in text_of(section)
                seen += 1
    assert seen > 20


def test_a_ratio_has_two_benchmarks_and_says_what_it_is(pages: Mapping[str, Element]) -> None:
    seen = 0
    for page in pages.values():
        for section in page.iter("section"):
            marks = marks_of(section, "group_ratio")
            if marks and section.get("aria-labelledby", "").endswith("_ratio"):
                assert len({mark.get("data-benchmark") for mark in marks}) >= 2
                assert "A ratio shows a difference, not its cause." in text_of(section)
                seen += 1
    assert seen


# ------------------------------------------------------------------------------------------------------ figures


def test_every_figure_has_its_sentence_unit_table_files_source_and_address(client: Client, pages: Mapping[str, Element]) -> None:
    opened: set[str] = set()
    for path, page in pages.items():
        for figure in page.iter("figure"):
            title, said = (text_of(p) for p in figure.findall("./figcaption/p"))
            assert ("number of" in title or "per 100,000" in title or "ratio of rates" in title) and said.endswith("."), (path, title)
            links = [a.get("href", "") for a in figure.iter("a")]
            assert any(".csv" in link for link in links), path
            assert text_of(figure.find(".//p[@class='hl-source']")).startswith("Source: ")
            opened |= set(links)
    for link in sorted(opened):
        assert client.get(link.partition("#")[0]).status == 200, link


@pytest.mark.parametrize("address", ["/demographics", "/intimate-partner-violence", "/"])
def test_pages_with_sensitive_counts_have_the_note(client: Client, front: Front, address: str) -> None:
    note = text_of(client.get(address).page.find(".//div[@class='hl-note']"))
    release = front.releases.current.id
    for part in ("T1", f"under {front.releases.current.facts.city.disclosure_k}", "sensitive counts", "last audited", release[:4]):
        assert part in note, part


def made(cells: Mapping[tuple[str, ...], int | None], dims: Sequence[str], area: str = CITY) -> PeriodCounts:
    table = GroupTable(
        id="made", subject="robbery_victims", title="Robbery victims", unit="victims", tier="T1", grain="year", dims=tuple(dims), narrowed={}, by_area=False,
        lines=None, denominators=("residents",), closed_through=None, n_cells=len(cells), n_hidden=0, hidden_share=0.0, why_not=None,
    )  # fmt: skip
    return PeriodCounts(table, "2024", "year", tuple(GroupCount(area, key, n, n is None) for key, n in cells.items()))


BANDS = ("0-17", "18-24", "65+", "unknown")


def two_way(hidden: Sequence[tuple[str, str]] = ()) -> PeriodCounts:
    counts = {(band, sex): 10 * (i + 1) + j for i, band in enumerate(BANDS) for j, sex in enumerate(("female", "male", "unknown"))}
    cells: dict[tuple[str, ...], int | None] = {}
    for band in (*BANDS, "all"):
        for sex in ("female", "male", "unknown", "all"):
            cells[band, sex] = sum(n for (b, s), n in counts.items() if band in ("all", b) and sex in ("all", s))
    return made(cells | dict.fromkeys(hidden, None), ("age_band", "sex_code"))


def test_a_pyramid_shares_one_scale_and_draws_nothing_for_what_is_hidden() -> None:
    drawn = make_pyramid(two_way([("18-24", "female")]), WORDING)
    assert [row.band for row in drawn.rows] == ["65 and over", "18 to 24", "Under 18", "Not known"]
    young = drawn.rows[1]
    assert (young.left.text, young.left.bar) == (HIDDEN, None) and young.right.text == "21"
    assert young.right.bar == pytest.approx(21 / 42 * 100, abs=0.1), "the longest bar is the largest count that is shown"


def test_hidden_counts_change_no_bar_order_or_sentence() -> None:
    """What is hidden could be anything: the figure is the same."""
    counts = two_way([("18-24", "female"), ("65+", "male")])
    cross = make_cross(counts, WORDING)
    assert [cell.text for cell in cross.groups[0].rows[1]][:3] == ["18 to 24", HIDDEN, "21"]
    assert takeaway(counts, WORDING) == "The largest count that can be shown: 65 and over, Female, 30 victims."


@pytest.mark.parametrize(
    ("cells", "said"),
    [({"female": 3, "male": 9, "unknown": 0, "all": 12}, "The largest group: Male, 9 of 12 victims."),
     ({"female": 6, "male": 6, "unknown": 0, "all": 12}, "No single group is the largest: the two highest counts are 6 victims each."),
     ({"female": 3, "male": 9, "unknown": 4, "all": 16}, "The largest group: Male, 9 of 16 victims. The sex of 4 is not known."),
     ({"female": 0, "male": 0, "unknown": 0, "all": 0}, "No victims were counted in 2024."),
     ({"female": None, "male": None, "unknown": None, "all": 12}, "Too few of these counts can be shown to name the largest."),
     ({"female": None, "male": 40, "unknown": None, "all": 55}, "The largest count that can be shown: Male, 40 victims.")],
)  # fmt: skip
def test_the_sentence_follows_rules(cells: Mapping[str, int | None], said: str) -> None:
    assert takeaway(made({(group,): n for group, n in cells.items()}, ("sex_code",)), WORDING) == said


def test_a_districts_table_has_that_district_only() -> None:
    here = made({("female",): 12, ("male",): None, ("unknown",): 0, ("all",): None}, ("sex_code",), area="quayside")
    rows = make_place_table(here, "quayside", WORDING).groups[0].rows
    assert [(row[0].text, row[1].text) for row in rows] == [("Female", "12"), ("Male", HIDDEN), ("Not known", "0"), ("Total", HIDDEN)]
    assert make_place_table(here, "saltern", WORDING).groups[0].rows[0][1].text == "not told apart"


def test_groups_and_periods_in_words() -> None:
    assert [group_words("age_band", band, WORDING) for band in ("0-17", "0-9", "25-34", "65+", "unknown")] == [
        "Under 18", "Under 10", "25 to 34", "65 and over", "Not known",
    ]  # fmt: skip
    assert [period_words(p, WORDING) for p in ("2024", "2024-Q2", "2024-03", "2025-11/2026-10")] == [
        "2024", "Apr to Jun 2024", "Mar 2024", "Nov 2025 to Oct 2026",
    ]  # fmt: skip


def test_sensitive_tables_stand_on_no_page_below_a_district(client: Client) -> None:
    for address in ("/areas/neighborhood", "/areas/city_council_district/3", "/areas/neighborhood/quay-row"):
        answer = client.get(address)
        if answer.status == 200:
            assert 'data-kind="group"' not in answer.text and "Who is harmed here" not in answer.text
    part = client.get("/areas/police_district/quayside").page.find(".//section[@aria-labelledby='harmed']")
    assert any(a.get("href") == "/demographics" for a in part.iter("a"))  # type: ignore[union-attr]


# --------------------------------------------------------------------------------------- violence by partners


def test_the_button_comes_first_and_leads_to_a_neutral_site(client: Client, front: Front) -> None:
    page = client.get("/intimate-partner-violence").page
    first = next(e for e in page.iter() if e.tag in ("a", "button", "input", "select", "summary"))
    assert text_of(first) == "Leave this site" and first.get("href") == front.releases.current.facts.city.leave_to
    assert "noreferrer" in first.get("rel", "")
    title = (page.findtext(".//title") or "").lower()
    assert not any(word in title for word in ("violence", "partner", "abuse", "domestic"))


def test_help_comes_before_figures_and_nothing_is_shared(client: Client) -> None:
    page = client.get("/intimate-partner-violence").page
    main = text_of(page.find(".//main"))
    headings = [text_of(h) for h in page.iter("h2")]
    assert headings[0] == "Where to get help" and "Leaving does not clear your history" in main
    assert main.index("Safe Home Line") < main.index("What was reported")
    assert "more people trust" in main and "Domestically related" in main and "Intimate partner and other family" in main
    assert not any(word in main for word in ("Copy as a sentence", "Share", "Recent incidents", "Embed"))
    assert not page.findall(".//main//img") and not page.findall(".//form[@action='/map']")


def test_without_the_review_there_is_help_and_no_figure(front: Front) -> None:
    reader = copy.copy(front.releases.current.reader)
    assert make_partner_violence(reader, WORDING).figures
    city = reader.facts.city.model_copy(update={"advocate_review": None})
    reader.facts = replace(reader.facts, city=city)
    page = make_partner_violence(reader, WORDING)
    assert page.help and not page.is_on and "review is not recorded" in page.review
    assert not page.figures and not page.missing and page.note is None

