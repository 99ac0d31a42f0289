"""Pages and API of strategies: raw change and estimate apart, every number with its mark, the words used strictly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from harborlight.store import open_release, read_rows
from harborlight.web.app import make_app
from harborlight.web.strategy_words import percent_words
from harborlight.web.wording import Wording, load_messages
from tests.told_strategies import tell_strategies
from tests.web.client import Client
from tests.web.conftest import Clock

IDS = ("evening_lights", "focused_outreach")
TOLD = "/strategies/focused_outreach"
OWN_SENTENCES = re.compile(r"(19|20)\d\d|95 percent|5 in 100|in 100|19 in 20|20 percent|30 percent|four times in five|step \d|\b[0-9a-f]{16}\b")


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def section(page: Element, name: str) -> Element:
    return next(e for e in page.iter("section") if e.get("aria-labelledby") == name)


@pytest.fixture(scope="module")
def told(demo_city: Any, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The small city has too few reports for an estimate: the same site over counts that were drawn with an effect."""
    data = tmp_path_factory.mktemp("told")
    tell_strategies(demo_city.release, data)
    front = make_app(data, clock=clock)
    yield Client(front)
    front.releases.current.reader.close()


def test_the_list_says_what_came_out_of_each(client: Client, told: Client) -> None:
    for site in (client, told):
        page = site.get("/strategies").page
        assert {f"/strategies/{name}" for name in IDS} <= {a.get("href") for a in page.iter("a")}
        words = text_of(page)
        assert all(word in words for word in ("One place, before and after", "Against other areas", "A comparison with a plan"))


def test_too_few_reports_show_the_raw_change_only(client: Client) -> None:
    """In the small city: no estimate, no percentage, and it says why."""
    for name in IDS:
        answer = client.get(f"/api/v1/strategies/{name}").json
        page = client.get(f"/strategies/{name}").page
        if answer["strategy"]["state"] == "too_few":
            assert {e["estimate"] for e in answer["estimates"]} == {"raw_change", "raw_compared"}
            assert not [e for e in page.iter("section") if e.get("aria-labelledby") == "effect"]
            assert "too few" in text_of(page)


def test_raw_change_and_estimate_are_different_things(told: Client) -> None:
    """Sections of their own, classes of their own, and no number of one in the other."""
    page = told.get(TOLD).page
    raw, effect = section(page, "raw"), section(page, "effect")
    assert "hl-raw" in raw.get("class", "") and "hl-effect" in effect.get("class", "")
    assert "Raw change" in text_of(raw) and "nothing about the cause" in text_of(raw)
    in_raw = {m.get("data-estimate") for m in raw.iter("data") if m.get("data-estimate")}
    in_effect = {m.get("data-estimate") for m in effect.iter("data") if m.get("data-estimate")}
    assert in_raw <= {"raw_change", "raw_compared"} and "did" in in_effect and not in_raw & in_effect
    assert "effect" not in text_of(raw).lower()


def test_labels_are_strict(told: Client) -> None:
    """An evaluation is registered; a series alone is a trend everywhere."""
    for name, label in (("focused_outreach", "evaluation"), ("evening_lights", "comparison")):
        found = told.get(f"/api/v1/strategies/{name}").json
        assert found["strategy"]["label"] == label
        for estimate in found["estimates"]:
            own = "trend" if estimate["estimate"] in ("raw_change", "raw_compared", "interrupted_series") else label
            assert estimate["label"] == own
    assert "Not called an evaluation, because" in text_of(told.get("/strategies/evening_lights").page)
    assert "Not called" not in text_of(told.get(TOLD).page)


def test_all_estimates_stand_together_with_what_they_cannot_say(told: Client) -> None:
    page, found = told.get(TOLD).page, told.get(f"/api/v1{TOLD}").json["estimates"]
    ids = {e.get("id", "") for e in page.iter("li")}
    shown = [e for e in found if not e["estimate"].startswith("raw_")]
    assert len(shown) >= 7
    for estimate in shown:
        assert f"estimate-{estimate['estimate'].replace('_', '-')}" in ids
        assert estimate["cannot_say"].split(".")[0] in text_of(page)
        if estimate["ratio"] and estimate["ratio_high"]:
            assert estimate["ratio_low"] < estimate["ratio"] < estimate["ratio_high"]
            assert estimate["events_low"] < estimate["events"] < estimate["events_high"]


def test_published_studies_stand_beside_ours_with_their_citation(told: Client) -> None:
    words = text_of(section(told.get(TOLD).page, "studies"))
    for study in told.get(f"/api/v1{TOLD}").json["studies"]:
        assert study["publisher"] in words and study["title"] in words and str(study["year"]) in words and study["finding"] in words
    assert "raw change" in words and "estimate of the effect" in words and "This site" in words


def test_every_marked_number_is_the_published_one(told: Client, front: Any) -> None:
    """A mark names a cell of a published table; a plain count names its question."""
    release = told.front.releases.current
    tables = {name: release.reader.rows(f"select * from {name}", {}) for name in ("strategies", "strategy_estimates", "strategy_months", "strategy_studies")}
    seen = 0
    for path in ("/strategies", *(f"/strategies/{name}" for name in IDS)):
        for mark in told.get(path).page.iter("data"):
            value = float(mark.get("value", "nan"))
            if mark.get("data-query"):
                assert mark.get("data-kind") is None
                continue
            assert mark.get("data-kind") == "estimate"
            found = cell_of(mark, tables)
            assert found == pytest.approx(value, rel=1e-6), mark.attrib
            seen += 1
    assert seen > 100


def cell_of(mark: Element, tables: dict[str, list[dict[str, Any]]]) -> float:
    keys = {"data-estimate": ("strategy_estimates", "estimate"), "data-month": ("strategy_months", "month"), "data-study": ("strategy_studies", "ix")}
    for name, (table, column) in keys.items():
        if mark.get(name):
            rows = [r for r in tables[table] if r["strategy_id"] == mark.get("data-strategy") and str(r[column]) == mark.get(name)]
            break
    else:
        rows = [r for r in tables["strategies"] if r["strategy_id"] == mark.get("data-strategy")]
    (row,) = rows
    return float(row[mark.get("data-field", "")])


def test_no_number_stands_without_a_mark(told: Client) -> None:
    """In estimates and checks every number is a mark, or belongs to the fixed words of the rule."""
    page = told.get(TOLD).page
    for name in ("effect", "around", "checks"):
        for item in section(page, name).iter("li"):
            bare = [t for e in item.iter() if e.tag != "data" for t in ([e.text or ""] + [c.tail or "" for c in e])]
            left = OWN_SENTENCES.sub("", " ".join(bare))
            assert not re.search(r"\d", left), left


def test_csv_and_json_and_tables_agree(told: Client) -> None:
    for name in IDS:
        answer = told.get(f"/api/v1/strategies/{name}").json
        assert told.get(f"/api/v1/strategies/{name}/months").json["months"] == answer["months"]
        months = list(csv.DictReader(io.StringIO(told.get(f"/api/v1/strategies/{name}/months.csv").text)))
        assert [(m["month"], str(m["inside"])) for m in answer["months"]] == [(m["month"], m["inside"]) for m in months]
        found = answer["estimates"]
        lines = list(csv.DictReader(io.StringIO(told.get(f"/api/v1/strategies/{name}.csv").text)))
        assert [{k: "" if v is None else str(v) for k, v in e.items()} for e in found] == [{k: v.lstrip("'") for k, v in line.items()} for line in lines]
    listed = told.get("/api/v1/strategies").json["strategies"]
    assert [s["strategy_id"] for s in listed] == [line["strategy_id"] for line in csv.DictReader(io.StringIO(told.get("/api/v1/strategies.csv").text))]


def test_nothing_else_answers(client: Client) -> None:
    assert client.get("/strategies/nothing").status == 404
    answer = client.get("/api/v1/strategies/nothing")
    assert answer.status == 404 and set(IDS) <= set(answer.json["error"]["allowed"])
    assert client.get("/strategies?colour=red").status == 400


def test_words_never_claim_a_cause() -> None:
    """Messages about strategies: no word that turns a change into an effect."""
    texts = " ".join(str(text) for key, text in load_messages("en").items() if key.startswith("strategies."))
    for word in ("thanks to", "because of the strategy", "credited", "worked", "success", "solved", "proved that"):
        assert word not in texts.lower(), word


def test_the_demo_release_holds_the_plans(demo_city: Any) -> None:
    con = open_release(demo_city.release / "public.duckdb")
    rows = {r["strategy_id"]: r for r in read_rows(con, "select * from strategies")}
    con.close()
    assert set(rows) == set(IDS)
    for row in rows.values():
        assert row["state"] in ("evaluated", "too_few") and len(row["plan_sha256"]) == 64
        assert row["plan_since"] < date(2026, 11, 1), "the plan stands in the first of the earlier editions already"
        assert len(row["inside_areas"].split()) == {"focused_outreach": 8, "evening_lights": 6}[row["strategy_id"]]
        assert not set(row["inside_areas"].split()) & set(row["compared_areas"].split())
        assert not set(row["ring_areas"].split()) & set(row["compared_areas"].split())


def test_every_design_has_words(repository: Path) -> None:
    """The page's own sentences exist for every state, reason and verdict that a release can hold."""
    messages = load_messages("en")
    for key in ("state_too_few", "state_not_evaluated", "state_not_yet_registered", "state_no_lines", "state_no_source", "state_no_months",
                "lacks_registered", "lacks_pretrend", "lacks_placebo", "lacks_displacement", "lacks_too_few", "why_no_events", "why_no_mix",
                "answer_fewer", "answer_more", "answer_no_clear_effect", "short_fewer", "short_more", "short_no_clear_effect"):  # fmt: skip
        assert f"strategies.{key}" in messages


@pytest.mark.deep
def test_the_full_city_finds_what_was_planted(demo_city: Any) -> None:
    """At full size: the range holds a fall of three in ten, and where nothing was done nothing is claimed."""
    con = open_release(demo_city.release / "public.duckdb")
    states = {r["strategy_id"]: r for r in read_rows(con, "select * from strategies")}
    (did,) = read_rows(con, "select * from strategy_estimates where strategy_id = 'focused_outreach' and estimate = 'did'")
    con.close()
    assert states["focused_outreach"]["label"] == "evaluation" and did["ratio_low"] <= 0.7 <= did["ratio_high"]
    assert states["evening_lights"]["verdict"] == "no_clear_effect"


def test_what_rounds_to_nothing_is_not_called_fewer(told: Client) -> None:
    wording = Wording("en")
    assert str(percent_words(0.998, wording)) == str(percent_words(1.004, wording)) == "no change"
    assert str(percent_words(0.73, wording)) == "27% fewer"
    texts = [text_of(told.get(path).page) for path in ("/strategies", *(f"/strategies/{name}" for name in IDS))]
    assert not any(re.search(r"\b0% (fewer|more)|About 0 ", text) for text in texts)
