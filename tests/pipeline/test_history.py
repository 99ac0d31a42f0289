"""A source restates what was published: the ledger shows exactly what changed, why, and what was known on any day."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harborlight.refresh import Run, refresh
from harborlight.store import open_release, read_rows
from harborlight.web.app import make_app
from tests.tiny import LEDGER, feed_row, write_city, write_feed, write_ledger
from tests.web.client import Client

NOTICE = """\
kind: source_revised
title: "The coroner restated the year"
published_on: 2026-01-01
pages: [/metrics/homicide_victims, /metrics/killed_or_shot_victims, /metrics/incidents, /metrics/robberies]
"""
# Twelve killings in 2023, one a month, and six in 2024.
DAYS = [f"2023-{month:02}-10" for month in range(1, 13)] + [f"2024-{month:02}-20" for month in range(1, 7)]
# Four of 2023 turn out to belong to 2024.
MOVED = {2: "2024-01-05", 5: "2024-02-05", 8: "2024-02-06", 11: "2024-06-07"}
RESTATED = [MOVED.get(n, day) for n, day in enumerate(DAYS)]
FIRST, SECOND = datetime(2026, 10, 1, 12, tzinfo=UTC), datetime(2026, 10, 8, 12, tzinfo=UTC)


class Town:
    """A city with a coroner's ledger whose editions are published one after another."""

    def __init__(self, folder: Path) -> None:
        self.city, self.data = folder / "city", folder / "data"
        write_city(self.city, ledger=True)
        (self.city / "sources/ledger.yaml").write_text(LEDGER + "supplies:\n  - offense_groups: [homicide]\n")
        (self.city / "notices").mkdir()
        (self.city / "notices/restated.yaml").write_text(NOTICE)
        write_feed(self.data, [feed_row(n) for n in range(60)])

    def publish(self, days: Sequence[str], now: datetime, **given: Any) -> Run:
        write_ledger(self.data, days)
        return refresh(self.city, self.data, now=now, **given)

    def read(self, run: Run, sql: str) -> list[dict[str, Any]]:
        con = open_release(self.data / "releases" / str(run.release_id) / "public.duckdb")
        try:
            return read_rows(con, sql)
        finally:
            con.close()


@pytest.fixture(scope="module")
def restated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Run, Run]]:
    town = Town(tmp_path_factory.mktemp("restated"))
    first, second = town.publish(DAYS, FIRST), town.publish(RESTATED, SECOND)
    assert (first.outcome, second.outcome) == ("published", "published")
    yield town, first, second


CHANGES = "select metric, grain, period, area_id, before, after, cast(known_on as varchar) as known_on, why, late, restated from revisions order by all"


def test_a_restated_year_shows_exactly_the_four_that_moved(restated: tuple[Town, Run, Run]) -> None:
    town, _, second = restated
    rows = [r for r in town.read(second, CHANGES) if r["metric"] == "homicide_victims" and r["area_id"] == "city"]
    assert {(r["period"], r["before"], r["after"]) for r in rows if r["grain"] == "year"} == {("2023", 12, 8), ("2024", 6, 10)}
    months = {r["period"]: r["after"] - r["before"] for r in rows if r["grain"] == "month"}
    assert months == {"2023-03": -1, "2023-06": -1, "2023-09": -1, "2023-12": -1, "2024-01": 1, "2024-02": 2, "2024-06": 1}
    assert {(r["why"], r["known_on"]) for r in rows} == {("restated", "2026-10-08")}
    assert all(r["restated"] == r["after"] - r["before"] and not r["late"] for r in rows)
    year = [r for r in rows if r["grain"] == "year"]
    assert sum(abs(r["restated"]) for r in year) == 2 * len(MOVED), "each left one year and came into another"
    flows = town.read(second, "select period, to_period, from_group, to_group, area_id, n from flows")
    assert [tuple(r.values()) for r in flows] == [("2023", "2024", "homicide", "homicide", "unlocated", 4)]


def test_nothing_else_is_in_the_ledger(restated: tuple[Town, Run, Run]) -> None:
    town, first, second = restated
    touched = {r["metric"] for r in town.read(second, CHANGES)}
    assert touched == {"homicide_victims", "killed_or_shot_victims", "incidents"}
    assert town.read(first, CHANGES) == []
    later = town.read(second, "select count(*) as n from ledger where known_from > date '2026-10-01'")
    assert later == [{"n": len(town.read(second, CHANGES))}], "a release adds a row for a changed count and for no other"


@pytest.fixture(scope="module")
def client(restated: tuple[Town, Run, Run]) -> Client:
    return Client(make_app(restated[0].data, clock=lambda: SECOND))


def known(client: Client, day: str, **more: str) -> list[int | None]:
    asked = "&".join(f"{name}={value}" for name, value in ({"by": "year"} | more).items())
    return [row["n"] for row in client.get(f"/api/v1/metrics/homicide_victims?{asked}&known={day}").json["rows"]]


def test_the_totals_of_each_day_are_those_that_were_published(restated: tuple[Town, Run, Run], client: Client) -> None:
    assert known(client, "2026-10-01") == known(client, "2026-10-07") == [12, 6]
    assert known(client, "2026-10-08") == known(client, "2026-12-31") == [8, 10]
    now = client.get("/api/v1/metrics/homicide_victims?by=year").json["rows"]
    assert [row["n"] for row in now] == [8, 10]
    by_month = known(client, "2026-10-03", by="month", window="year:2023")
    assert by_month == [1] * 12
    by_area = client.get("/api/v1/metrics/homicide_victims?by=area&window=year:2024&known=2026-10-03").json
    assert [row["n"] for row in by_area["rows"] if row["area_id"] is None] == [6] and by_area["unmapped"] == 6


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [("known=2026-09-30", "known"), ("known=yesterday", "known"), ("known=2026-10-08&by=day", "by"), ("known=2026-10-08&hours=night", "hours"),
     ("known=2026-10-08&rule=died", "rule"), ("known=2026-10-08&from=2023-02-03", "known"), ("known=2026-10-08&window=28d", "known")],
)  # fmt: skip
def test_what_the_ledger_does_not_hold_is_refused(client: Client, asked: str, parameter: str) -> None:
    answer = client.get(f"/api/v1/metrics/homicide_victims?{asked}")
    assert answer.status == 400 and answer.json["error"]["parameter"] == parameter and answer.json["error"]["allowed"]


def test_the_page_the_api_and_the_csv_list_the_same_changes(client: Client) -> None:
    asked = "metric=homicide_victims&grain=year&area=city&since=2026-10-02"
    listed = client.get(f"/api/v1/changes?{asked}").json
    assert [(c["period"], c["before"], c["after"], c["why"]) for c in listed["changes"]] == [("2024", 6, 10, "restated"), ("2023", 12, 8, "restated")]
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/changes.csv?{asked}").text)))
    assert [{k: "" if v is None else str(v) for k, v in c.items()} for c in listed["changes"]] == rows
    page = client.get(f"/changes?{asked}").text
    assert "Restated by the source" in page and page.count("8 Oct 2026") >= 2
    assert client.get("/changes?since=2026-10-09&metric=homicide_victims").text.count("8 Oct 2026") < page.count("8 Oct 2026")


@pytest.mark.parametrize("asked", ["metric=nothing", "area=moon", "grain=day", "why=magic", "since=2026-13-01", "x=1", "why=late_report&why=restated"])
def test_wrong_questions_about_changes_are_refused(client: Client, asked: str) -> None:
    for path in ("/changes", "/api/v1/changes", "/api/v1/changes.csv"):
        assert client.get(f"{path}?{asked}").status == 400


def test_a_measure_shows_its_earlier_values_and_what_changed_since_a_day(client: Client) -> None:
    page = client.get("/metrics/homicide_victims?since=2024-01-01").text
    assert "Every published value is kept since 1 Oct 2026" in page and "First published" in page
    assert "published counts have changed since 1 Jan 2024" in page
    assert client.get("/metrics/homicide_victims?since=2024-01-01&format=csv").status == 400
    assert "as known on 3 Oct 2026" in client.get("/metrics/homicide_victims?by=year&known=2026-10-03").text
