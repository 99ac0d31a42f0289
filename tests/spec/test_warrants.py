"""Warrants on hand-written rows: open at a month's end, served on the day of issue, recalled, ages at the edges, months that are over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.metrics.measure import metric_files
from harborlight.model.build import model_files
from harborlight.staging.canonical import load_columns
from harborlight.store import Connection, connect, create_table, read_rows, read_sql
from tests.recount_warrants import age_of, count, left, once

FETCHED = date(2026, 10, 1)
Table = dict[tuple[str, str, str, str], int]
D = date.fromisoformat


@pytest.fixture(scope="module")
def store() -> Iterator[Connection]:
    con = connect(threads=1)
    for schema in ("model", "metric", "staging"):
        con.execute(f"create schema {schema}")
    columns = ", ".join(f"{name} {column['type']}" for name, column in load_columns("warrants").items())
    con.execute(f"create table staging.warrants (source_id varchar, {columns})")
    con.execute("create table staging.offense_codes (code varchar, offense_group varchar, tier varchar)")
    con.execute("create table staging.sources as select 'w' as source_id, $day as fetched_on", {"day": FETCHED})
    con.execute(
        "create table staging.supplies as select 'w' as source_id, 'warrants' as offense_group, date '2000-01-01' as date_from, "
        "date '2100-01-01' as date_to, true as is_only_source"
    )
    yield con
    con.close()


def warrant(name: str, issued: str | None, served: str | None = None, recalled: str | None = None, **more: str) -> dict[str, Any]:
    days = {"issued_date": issued, "served_date": served, "recalled_date": recalled}
    codes = {"kind_code": "bench", "holder_code": "police", "severity_code": "felony"} | more
    return {"source_id": "w", "warrant_id": name, **{key: D(day) if day else None for key, day in days.items()}, **codes}


def publish(con: Connection, rows: Sequence[dict[str, Any]]) -> Table:
    """The published table made from rows as staged."""
    con.execute("delete from staging.warrants")
    for row in rows:
        names = ", ".join(row)
        con.execute(f"insert into staging.warrants ({names}) values ({', '.join('?' * len(row))})", [*row.values()])
    create_table(con, "model.warrants", model_files()["model.warrants"], {})
    for name in ("metric.warrant_months", "metric.warrants"):
        create_table(con, name, metric_files()[name], {})
    folder = Path(str(resources.files("harborlight"))) / "publish" / "tables"
    found = read_rows(con, read_sql(folder / "warrant_counts.sql"))
    return {(r["month"], r["measure"], r["by"], r["value"]): r["n"] for r in found}


def test_open_at_the_end_of_a_month(store: Connection) -> None:
    """Open from its first day on; no more on the day on which it was served or recalled."""
    table = publish(store, [
        warrant("a", "2026-01-31"), warrant("b", "2026-01-10", served="2026-01-31"), warrant("c", "2026-01-10", served="2026-02-01"),
        warrant("d", "2026-01-05", recalled="2026-02-28"), warrant("e", "2026-02-14", served="2026-02-14"), warrant("f", "2026-03-31"),
    ])  # fmt: skip
    said = {name: [table[month, name, "all", "all"] for month in ("2026-01", "2026-02", "2026-03")] for name in ("issued", "served", "recalled", "open")}
    assert said == {"issued": [4, 1, 1], "served": [1, 2, 0], "recalled": [0, 1, 0], "open": [3, 1, 2]}


def test_a_month_is_there_once_it_is_over(store: Connection) -> None:
    """The last day that any row names decides; a day after the file was fetched is a mistake of somebody and decides nothing."""
    assert max(month for month, *_ in publish(store, [warrant("a", "2026-01-05"), warrant("b", "2026-03-30")])) == "2026-02"
    assert max(month for month, *_ in publish(store, [warrant("a", "2026-01-05", served="2026-03-31")])) == "2026-03"
    assert max(month for month, *_ in publish(store, [warrant("a", "2026-01-31"), warrant("b", "2031-01-01")])) == "2026-01"
    assert publish(store, []) == {} and publish(store, [warrant("a", "2026-01-05")]) == {}


def test_what_came_first_counts_and_each_number_once(store: Connection) -> None:
    rows = [
        warrant("a", "2026-01-01", served="2026-01-20", recalled="2026-01-10"), warrant("b", "2026-01-01", served="2026-01-10", recalled="2026-01-10"),
        warrant("c", "2026-01-15", served="2025-12-01"), warrant("d", "2026-01-03"), warrant("d", "2026-01-03"), warrant("e", None, served="2026-01-31"),
        warrant("f", "2026-01-15", served="2026-01-31", recalled="2025-12-01"),
    ]  # fmt: skip
    table = publish(store, rows)
    assert {name: table["2026-01", name, "all", "all"] for name in ("issued", "served", "recalled", "open")} == {"issued": 5, "served": 2, "recalled": 2, "open": 1}


@pytest.mark.parametrize(
    ("issued", "end", "band"),
    [("2026-01-31", "2026-01-31", "under_90_days"), ("2025-12-03", "2026-03-02", "under_90_days"), ("2025-12-02", "2026-03-02", "under_1_year"),
     ("2025-12-01", "2026-03-01", "under_1_year"), ("2025-03-01", "2026-02-28", "under_1_year"), ("2025-02-28", "2026-02-28", "under_5_years"),
     ("2024-02-29", "2025-02-28", "under_5_years"), ("2021-03-01", "2026-02-28", "under_5_years"), ("2021-02-28", "2026-02-28", "5_years"),
     ("2020-02-29", "2025-02-28", "5_years")],
)  # fmt: skip
def test_ages_at_the_edges(issued: str, end: str, band: str) -> None:
    """89 days are under 90; the day of the anniversary is a year, also of 29 February."""
    assert age_of(D(issued), D(end)) == band


def test_ages_of_open_warrants(store: Connection) -> None:
    """At the end of February 2026: 89 and 90 days, the day before and of the anniversaries."""
    rows = [warrant(str(i), day) for i, day in enumerate(("2025-12-01", "2025-11-30", "2025-03-01", "2025-02-28", "2021-03-01", "2021-02-28"))]
    table = publish(store, [*rows, warrant("end", "2026-02-28", served="2026-02-28")])
    assert {value: n for (month, measure, by, value), n in table.items() if (month, measure, by) == ("2026-02", "open", "age")} == {
        "under_90_days": 1, "under_1_year": 2, "under_5_years": 2, "5_years": 1,
    }  # fmt: skip
    assert not [key for key in table if key[2] == "age" and key[1] != "open"]


days = st.one_of(st.none(), st.dates(date(2019, 12, 1), date(2026, 9, 30)))
rows_drawn = st.lists(
    st.fixed_dictionaries({
        "source_id": st.just("w"), "warrant_id": st.sampled_from([f"w{i}" for i in range(12)]), "issued_date": days, "served_date": days, "recalled_date": days,
        "kind_code": st.sampled_from(["arrest", "bench", "violation", None]), "holder_code": st.sampled_from(["police", "sheriff", None]),
        "severity_code": st.sampled_from(["felony", "misdemeanor", None]),
    }), min_size=1, max_size=14,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows_drawn)
def test_every_count_is_counted_again_and_what_comes_goes(store: Connection, rows: list[dict[str, Any]]) -> None:
    """Drawn at random: the plain count agrees, breakdowns add up, and open = open before + issued - served - recalled."""
    table, kept = publish(store, rows), once(rows)
    months = sorted({month for month, *_ in table})
    for month in {*months[:2], *months[-2:]}:
        for key in (key for key in table if key[0] == month):
            assert table[key] == count(kept, *key[1:], key[0], key[0]), key
    for month in months:
        for by in ("kind", "holder", "severity"):
            for measure in ("issued", "served", "recalled", "open"):
                parts = [n for key, n in table.items() if key[:3] == (month, measure, by)]
                assert sum(parts) == table[month, measure, "all", "all"]
    for before, month in pairwise(months):
        moved = {name: table[month, name, "all", "all"] for name in ("issued", "served", "recalled", "open")}
        assert moved["open"] == table[before, "open", "all", "all"] + moved["issued"] - moved["served"] - moved["recalled"]
    assert all(left(row) is None or left(row)[1] >= row["issued_date"] for row in kept)  # type: ignore[index]


def test_nothing_of_a_person_a_place_or_an_offense_is_in_the_public_table(store: Connection) -> None:
    table = publish(store, [warrant("a", "2026-01-31", offense_code="11A")])
    assert {by for _, _, by, _ in table} == {"all", "kind", "holder", "severity", "age"}
    assert "11A" not in str(table)
