"""What the ledger says of a change: how many records each cause brought or took, and never which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import Catalog
from harborlight.publish.build import build_public
from harborlight.publish.facts import SourceState
from harborlight.publish.history import Earlier, close_history
from harborlight.store import Connection, connect, quote_text, read_rows
from tests.tiny import load_tiny, make_snapshot, make_store, refill

Record = Mapping[str, Any]
PARTS = ("new_days", "late", "reclassified", "unfounded", "restated")


def record(number: int, day: str, code: str = "13A", **given: Any) -> dict[str, Any]:
    usual = {"victim_type_code": "person", "district_name": "North", "premise_code": "street"}
    return {"record_id": f"R{number:04}", "occurred_date": day, "offense_code": code, **usual, **given}


@dataclass
class Press:
    """Publishes one set of records after another, as runs of the pipeline do, without fetching or sealing."""

    con: Connection
    catalog: Catalog
    folder: Path
    editions: list[Earlier] = field(default_factory=list)

    def publish(self, records: Iterable[Record], today: date, *, is_published: bool = True, has_store: bool = True) -> None:
        name = f"release{len(self.editions)}"
        refill(self.con, records)
        up = next((e for e in reversed(self.editions) if e.public), Earlier())
        earlier = Earlier(up.public, up.release_id, self.editions[-1].private if self.editions and has_store else None)
        states = {i: SourceState(make_snapshot(i, 0)) for i in self.catalog.sources}
        public = self.folder / f"{name}.duckdb"
        build_public(self.con, self.catalog, states, public, previous=earlier.public, today=today, earlier=earlier)
        close_history(self.con, name, earlier, is_published=is_published)
        private = self.folder / f"{name}-private.duckdb"
        self.con.execute(f"attach {quote_text(str(private))} as kept")
        self.con.execute("copy from database memory to kept")
        self.con.execute("detach kept")
        self.editions.append(Earlier(public if is_published else None, name if is_published else None, private))
        self.last = public

    def read(self, sql: str) -> list[dict[str, Any]]:
        con = connect(self.last, threads=1)
        try:
            return read_rows(con, sql)
        finally:
            con.close()

    def changes(self, metric: str, grain: str = "year", area: str = "city") -> list[dict[str, Any]]:
        where = f"metric = '{metric}' and grain = '{grain}' and area_id = '{area}'"
        rows = self.read(f"select * from revisions where {where} order by known_on, period")
        for row in rows:
            assert sum(row[part] for part in PARTS) == row["after"] - row["before"], "the parts add up"
        return rows


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_tiny(tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"})


@pytest.fixture(scope="module")
def store(catalog: Catalog) -> Connection:
    return make_store(catalog, ())


@pytest.fixture
def press(store: Connection, catalog: Catalog, tmp_path: Path) -> Press:
    store.execute("drop schema if exists history cascade")
    return Press(store, catalog, tmp_path)


BASE = [record(n, f"2023-{n % 12 + 1:02}-15", district_name="South" if n % 3 else "North") for n in range(24)]
EDGE = record(900, "2024-06-30", "120")
ONE, TWO, THREE = date(2024, 7, 1), date(2024, 7, 8), date(2024, 7, 15)


def changed(base: list[dict[str, Any]], number: int, **given: Any) -> list[dict[str, Any]]:
    return [r | given if r["record_id"] == f"R{number:04}" else r for r in base]


@pytest.mark.parametrize(
    ("later", "why", "part", "difference"),
    [
        ([*BASE, record(100, "2023-05-02"), record(101, "2023-05-03")], "late_report", "late", 2),
        (changed(BASE, 3, offense_code="13B"), "reclassified", "reclassified", -1),
        (changed(BASE, 3, status_code="unfounded"), "unfounded", "unfounded", -1),
        (BASE[1:], "restated", "restated", -1),
        (changed(BASE, 3, occurred_date="2024-01-09"), "restated", "restated", -1),
    ],
    ids=["late", "reclassified", "unfounded", "taken back", "another date"],
)
def test_a_change_names_its_cause(press: Press, later: list[Record], why: str, part: str, difference: int) -> None:
    press.publish([*BASE, EDGE], ONE)
    press.publish([*later, EDGE], TWO)
    row = press.changes("aggravated_assaults")[0]
    assert (row["period"], row["before"], row["after"], row["why"], row[part]) == ("2023", 24, 24 + difference, why, difference)


def test_a_change_with_several_causes_is_split_and_named_by_the_heaviest(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    later = changed(changed(BASE, 3, status_code="unfounded"), 4, offense_code="120")
    press.publish([*later, *(record(100 + n, "2023-05-02") for n in range(5)), EDGE], TWO)
    (row,) = press.changes("aggravated_assaults")
    assert (row["late"], row["unfounded"], row["reclassified"], row["why"]) == (5, -1, -1, "late_report")
    assert [(r["period"], r["after"] - r["before"], r["why"]) for r in press.changes("robberies")] == [("2023", 1, "reclassified")]


def test_a_running_period_grows_without_being_restated(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    press.publish([*BASE, EDGE, record(901, "2024-07-05", "120"), record(902, "2024-06-01", "120")], TWO)
    (row,) = press.changes("robberies")
    assert (row["period"], row["new_days"], row["late"]) == ("2024", 1, 1)
    assert {(r["period"], r["why"]) for r in press.changes("robberies", "month")} == {("2024-06", "late_report")}


def test_flows_are_sums_by_year_and_district(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    later = changed(changed(BASE, 3, offense_code="13B"), 6, offense_code="13B")
    press.publish([*changed(later, 4, status_code="unfounded"), EDGE], TWO)
    flows = press.read("select period, to_period, from_group, to_group, area_id, n from flows order by all")
    assert [tuple(row.values()) for row in flows] == [
        ("2023", "2023", "aggravated_assault", "simple_assault", "north", 2),
        ("2023", "2023", "aggravated_assault", "unfounded", "south", 1),
    ]
    press.publish([*changed(later, 4, status_code="unfounded"), EDGE], THREE)
    assert press.read("select count(*) as n from flows") == [{"n": 2}], "a release without moves carries the flows and adds none"


@pytest.mark.parametrize("code", ["11A", pytest.param(None, marks=pytest.mark.deep)], ids=["becomes sensitive", "waits for a code"])
def test_what_leaves_the_open_view_looks_like_a_record_taken_back(press: Press, catalog: Catalog, code: str | None) -> None:
    tables = ("ledger", "revisions", "flows", "delays", "delay_tests", "expected")
    seen = []
    for later in (changed(BASE, 3, offense_code=code), [r for r in BASE if r["record_id"] != "R0003"]):
        press.con.execute("drop schema if exists history cascade")
        press.editions.clear()
        for path in press.folder.iterdir():
            path.unlink()
        press.publish([*BASE, EDGE], ONE)
        press.publish([*later, EDGE], TWO)
        press.publish([*BASE, EDGE], THREE)
        seen.append({table: press.read(f"select * from {table} order by all") for table in tables})
    assert seen[0] == seen[1]
    assert any(row["metric"] == "aggravated_assaults" for row in seen[0]["revisions"])


def test_the_ledger_holds_the_present_and_every_earlier_value(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    press.publish([*BASE[1:], EDGE], TWO)
    press.publish([*BASE[2:], EDGE], THREE)
    open_rows = "select metric, grain, period, area_id, n from ledger where known_to is null order by all"
    assert press.read(open_rows) == press.read("select metric, grain, period, area_id, n from counts where n is not null order by all")
    rows = press.read(
        "select n, known_from, known_to from ledger where metric = 'aggravated_assaults' and grain = 'year' and period = '2023' "
        "and area_id = 'city' order by step"
    )
    assert [tuple(r.values()) for r in rows] == [(24, ONE, TWO), (23, TWO, THREE), (22, THREE, None)]
    same = press.read("select count(*) as n from ledger where step > 1")[0]["n"]
    press.publish([*BASE[2:], EDGE], THREE + timedelta(days=7))
    assert press.read("select count(*) as n from ledger where step > 1") == [{"n": same}], "nothing changed, nothing is added"


def test_the_ledger_lies_in_one_order_whenever_its_rows_were_written(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    press.publish([*BASE[1:], EDGE], TWO)
    assert press.read("select * from ledger where step > 1") != []
    assert press.read("select * from ledger") == press.read("select * from ledger order by all")


def test_a_release_that_was_held_does_not_hide_a_cause(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    press.publish([*BASE, record(100, "2023-05-02"), EDGE], TWO, is_published=False)
    press.publish([*BASE, record(100, "2023-05-02"), EDGE], THREE)
    (row,) = press.changes("aggravated_assaults")
    assert (row["before"], row["after"], row["late"], row["known_on"]) == (24, 25, 1, THREE)


def test_without_the_store_before_a_change_is_there_and_its_cause_is_not_guessed(press: Press) -> None:
    press.publish([*BASE, EDGE], ONE)
    press.publish([*BASE, record(100, "2023-05-02"), EDGE], TWO, has_store=False)
    (row,) = press.changes("aggravated_assaults")
    assert (row["before"], row["after"], row["why"], row["late"]) == (24, 25, "restated", 0)
    assert press.read("select * from flows") == []
