"""Totals of others beside ours: what equals, what is explained, what is not yet, since when, and that none of it holds a release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harborlight.catalog import load_catalog
from harborlight.catalog.models import Notice, TotalSource
from harborlight.demo import city_folder
from harborlight.publish.totals import check_totals, make_accounts, year_rule
from harborlight.store import connect, quote_text, read_rows

READ = date(2026, 5, 1)
COUNTS = ((2020, 10, "The record begins on 2020-11-01."), (2021, 109, None), (2022, 96, None), (2023, 107, None))


def source(*totals: Mapping[str, Any], **more: Any) -> TotalSource:
    given = {"id": "report", "title": "Report", "publisher": "Police", "metric": "homicide_victims", "vintage": "year end", "read_on": READ}
    return TotalSource.model_validate(given | more | {"totals": totals})


def build(
    path: Path, *sources: TotalSource, today: date, previous: Path | None = None, counts: Any = COUNTS
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The table as a release of that day would hold it, by (year, vintage)."""
    catalog = load_catalog(city_folder()).model_copy(update={"totals": sources})
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(path))} as public")
    con.execute("use public.main")
    con.execute("create table counts (metric varchar, grain varchar, period varchar, area_id varchar, n bigint, missing varchar)")
    for year, n, missing in counts:
        con.execute("insert into counts values ('homicide_victims', 'year', ?, 'city', ?, ?)", [str(year), n, missing])
        con.execute("insert into counts values ('homicide_victims', 'year', ?, 'quayside', 1, null)", [str(year)])
    make_accounts(con, catalog, previous, today)
    rows = read_rows(con, "select * from totals")
    con.close()
    return {(r["year"], r["vintage"]): r for r in rows}


def test_every_total_has_a_state(tmp_path: Path) -> None:
    found = build(
        tmp_path / "a.duckdb",
        source(
            {"year": 2019, "value": 80}, {"year": 2020, "value": 90}, {"year": 2021, "value": 109}, {"year": 2022, "value": 97},
            {"year": 2023, "value": 110, "reason": "year_rule"},
            {"year": 2023, "value": 108, "vintage": "restated", "reason": "justified_removed", "explains": -1},
            {"year": 2023, "value": 112, "vintage": "draft", "reason": "justified_removed", "explains": -1},
        ),
        today=date(2026, 6, 1),
    )  # fmt: skip
    seen = {key: (row["state"], row["ours"], row["difference"]) for key, row in found.items()}
    assert seen == {
        (2019, "year end"): ("not_compared", None, None),
        (2020, "year end"): ("not_compared", 10, None),
        (2021, "year end"): ("equal", 109, 0),
        (2022, "year end"): ("unexplained", 96, -1),
        (2023, "year end"): ("explained", 107, -3),
        (2023, "restated"): ("explained", 107, -1),
        (2023, "draft"): ("unexplained", 107, -5),
    }
    assert found[2020, "year end"]["ours_missing"] == "The record begins on 2020-11-01."
    assert {key for key, row in found.items() if row["differs_since"]} == {(2022, "year end"), (2023, "draft")}
    assert found[2022, "year end"]["differs_since"] == READ
    assert {row["ours_rule"] for row in found.values()} == {"injured"}


def test_a_difference_keeps_its_day_until_it_changes(tmp_path: Path) -> None:
    stated = source({"year": 2022, "value": 97})
    first = build(tmp_path / "1.duckdb", stated, today=date(2026, 6, 1))
    same = build(tmp_path / "2.duckdb", stated, today=date(2026, 7, 1), previous=tmp_path / "1.duckdb")
    moved = [(y, n - 1 if y == 2022 else n, m) for y, n, m in COUNTS]
    other = build(tmp_path / "3.duckdb", stated, today=date(2026, 8, 1), previous=tmp_path / "2.duckdb", counts=moved)
    mended = [(y, 97 if y == 2022 else n, m) for y, n, m in COUNTS]
    gone = build(tmp_path / "4.duckdb", stated, today=date(2026, 9, 1), previous=tmp_path / "3.duckdb", counts=mended)
    again = build(tmp_path / "5.duckdb", stated, today=date(2026, 10, 1), previous=tmp_path / "4.duckdb")
    days = [found[2022, "year end"]["differs_since"] for found in (first, same, other, gone, again)]
    assert days == [READ, READ, date(2026, 8, 1), None, date(2026, 10, 1)]


def test_a_release_before_that_had_no_totals_is_no_obstacle(tmp_path: Path) -> None:
    old = connect(threads=1)
    old.execute(f"attach {quote_text(str(tmp_path / 'old.duckdb'))} as old")
    old.execute("create table old.main.counts (n bigint)")
    old.close()
    found = build(tmp_path / "new.duckdb", source({"year": 2022, "value": 1}), today=date(2026, 6, 1), previous=tmp_path / "old.duckdb")
    assert found[2022, "year end"]["differs_since"] == READ


@pytest.mark.parametrize(("days", "warnings"), [(0, 0), (10, 0), (11, 1), (400, 1)])
def test_an_old_difference_warns_and_never_holds(tmp_path: Path, days: int, warnings: int) -> None:
    path = tmp_path / "a.duckdb"
    today = date.fromordinal(READ.toordinal() + days)
    build(path, source({"year": 2022, "value": 97}, {"year": 2023, "value": 1}), source({"year": 2021, "value": 109}, id="equal"), today=today)
    con = connect(threads=1)
    results = check_totals(con, path, today)
    con.close()
    assert [(r.name, r.level, r.source) for r in results] == [("independent_totals", "warn", "report")] * warnings
    assert all("totals/report.yaml" in r.sentence and "2 yearly totals differ" in r.sentence for r in results)


def test_no_totals_make_an_empty_table(tmp_path: Path) -> None:
    assert build(tmp_path / "a.duckdb", today=READ) == {}


def test_the_rule_of_a_year_is_the_citys() -> None:
    city = load_catalog(city_folder().parent / "baltimore").city
    assert [year_rule(city, year) for year in (2015, 2024, 2025, 2030)] == ["ruled", "ruled", "injured", "injured"]


@pytest.mark.parametrize(
    ("totals", "message"),
    [([{"year": 2022, "value": 1, "explains": 2}], "write the reason"), ([{"year": 2022, "value": 1}] * 2, "stands twice"),
     ([], "at least 1"), ([{"year": 2022, "value": -1}], "greater than"), ([{"year": 2022, "value": 1, "reason": "because"}], "year_rule")],
)  # fmt: skip
def test_a_careless_total_is_refused(totals: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        source(*totals)


# -------------------------------------------------------------------------------------------- the cities


def test_baltimores_homicide_totals_are_those_that_were_counted(shared: Path) -> None:
    """Every figure of the reconciliation stands in the configuration, under the source that it comes from."""
    oracle = json.loads((shared / "oracles/baltimore.json").read_text())["homicide_source_reconciliation"]
    files = {"md_ucr": "maryland_ucr", "sun": "newspaper_list", "part1_snapshot_2021": "portal_snapshot_2021",
             "bpd_addresses": "police_address_list", "chams_max_number": "residents_list"}  # fmt: skip
    totals = {t.id: t for t in load_catalog(city_folder().parent / "baltimore").totals}
    for name, file in files.items():
        counted = {int(year): values[name] for year, values in oracle.items() if values[name] is not None}
        assert {t.year: t.value for t in totals[file].totals} == counted, file
    lost = next(t for t in totals["portal_snapshot_2021"].totals if t.year == 2014)
    assert (lost.value, lost.reason) == (0, "rows_lost"), "a zero that means lost says so"


# ----------------------------------------------------------------------------------------------- notices


def notice(**given: Any) -> Notice:
    return Notice.model_validate({"id": "n", "kind": "we_were_wrong", "title": "t", "published_on": READ} | given)


def test_a_notice_covers_its_pages_and_names_its_measures() -> None:
    found = notice(pages=("/", "/metrics/robberies", "/areas/police_district/*"))
    assert found.metrics == ("robberies",)
    covered = [p for p in ("/", "/metrics", "/metrics/robberies", "/areas/police_district/east", "/areas/zip/1") if found.covers(p)]
    assert covered == ["/", "/metrics/robberies", "/areas/police_district/east"]


@pytest.mark.parametrize("given", [{"pages": ("metrics/robberies",)}, {"pages": ("/a?b=1",)}, {"from": "2024-02-01", "to": "2024-01-01"}])
def test_a_careless_notice_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        notice(**given)
