"""What was known on an earlier day: the demo's earlier editions stand in the ledger as their generator says they were."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight import demo
from tests.conftest import SCALE, SEED
from tests.web.client import Client

METRICS = ("homicide_victims", "robberies", "auto_thefts", "burglaries", "incidents")


def day_of(vintage: int) -> str:
    """The day on which an edition was published."""
    return (demo.edition_day(vintage) + timedelta(days=2)).isoformat()


def bare(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "notice"}


@pytest.fixture(scope="module", params=range(-demo.EARLIER_EDITIONS, 0))
def edition(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, demo.DemoTruth]:
    folder: Path = tmp_path_factory.mktemp("edition")
    return request.param, demo.write_demo(folder, seed=SEED, scale=SCALE, vintage=request.param)


@pytest.mark.parametrize("metric", METRICS)
def test_an_earlier_edition_reads_as_it_was_true_then(client: Client, edition: tuple[int, demo.DemoTruth], metric: str) -> None:
    vintage, truth = edition
    rows = client.get(f"/api/v1/metrics/{metric}?by=month&known={day_of(vintage)}").json["rows"]
    assert {row["month"]: row["n"] for row in rows if row["n"]} == {month: n for month, n in truth.by_month[metric].items() if n}


def test_the_demo_shows_why_counts_changed(client: Client) -> None:
    changes = client.get("/api/v1/changes").json["changes"]
    assert {"late_report", "reclassified", "restated"} <= {change["why"] for change in changes}
    assert any(change["unfounded"] and change["metric"] == "robberies" for change in changes)
    assert len({change["known_on"] for change in changes}) == demo.EARLIER_EDITIONS
    page = client.get("/changes").text
    assert "Restated by the source" in page and "Auto theft" in page


def test_the_misdated_thefts_left_one_year_and_came_into_another(client: Client) -> None:
    asked = "metric=auto_thefts&grain=year&area=city&why=restated"
    changes = {c["period"]: c["restated"] for c in client.get(f"/api/v1/changes?{asked}").json["changes"]}
    assert changes["2025"] < 0 < changes["2026"]
    assert [c["id"] for c in client.get("/api/v1/corrections").json["corrections"]][:1] == ["auto_thefts_dated_2026_10"]


@pytest.mark.parametrize("asked", ["by=year", "by=month&window=year:2025", "by=area&window=year:2025", "window=year:2025", "layer=police_district&area=quayside"])
def test_how_a_value_of_an_earlier_day_is_made(client: Client, asked: str) -> None:
    question = f"{asked}&known={day_of(-2)}"
    told = client.get(f"/api/v1/metrics/auto_thefts/how?{question}").json
    answer = client.get(f"/api/v1/metrics/auto_thefts?{question}").json
    assert [bare(line["row"]) for line in told["rows"]] == [bare(row) for row in answer["rows"]]
    assert told["table"] == told["used"]["table"] == "ledger" and "from ledger" in told["sql"] and f"-- $known = {day_of(-2)}" in told["sql"]
    used = told["used"]
    assert used["rows"] == used["used"] + sum(line["rows"] for line in used["left_out"]) and used["used"] > 0
    assert {"measure", "years"} <= {line["reason"] for line in used["left_out"]}
    assert told["files"] and day_of(-2) in told["permalink"]
    page = client.get(f"/metrics/auto_thefts/how?{question}")
    assert "ledger" in page.text and f"known={day_of(-2)}" in page.text
    lines = list(csv.DictReader(io.StringIO(client.get(f"/metrics/auto_thefts/how?{question}&format=csv").text)))
    assert lines[0] == {"table": "ledger", "reason": "all", "rows": str(used["rows"])}


def test_the_statement_of_the_page_gives_its_values(client: Client, demo_store: Any) -> None:
    """The SQL as shown, run as it stands with the values listed below it."""
    con, _ = demo_store
    told = client.get(f"/api/v1/metrics/auto_thefts/how?by=month&window=year:2025&known={day_of(-2)}").json
    sql = "\n".join(line for line in told["sql"].splitlines() if not line.startswith("--"))
    params = dict(line.removeprefix("-- $").split(" = ", 1) for line in told["sql"].splitlines() if line.startswith("--"))
    rows = con.execute(sql, params).fetchall()
    assert [(period, n) for period, _, n in rows] == [(line["row"]["month"], line["row"]["n"]) for line in told["rows"]]


def test_the_numbers_of_a_known_page_lead_to_how_they_are_made(client: Client) -> None:
    page = client.get(f"/metrics/auto_thefts?by=year&known={day_of(-1)}").page
    links = [a.get("href", "") for a in page.iter("a") if "/how?" in a.get("href", "") and "known=" in a.get("href", "")]
    assert links and all(client.get(link).status == 200 for link in links)


def test_a_day_before_the_first_edition_is_refused(client: Client) -> None:
    for path in ("/metrics/robberies/how", "/api/v1/metrics/robberies/how"):
        for more in ("", "&format=csv"):
            answer = client.get(f"{path}?known=2026-01-01{more}")
            assert answer.status == 400 and "from" in answer.text
