"""Recovered firearms through the model: each number once, what is not known said so, no trace, and checks that see a broken rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import load_catalog
from harborlight.errors import QueryError
from harborlight.metrics.answer import answer
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts
from harborlight.model.build import model_files
from harborlight.staging import load_firearm_columns
from harborlight.store import Connection, read_sql
from tests.tiny import make_store, write_city

SOURCE = """\
title: Firearms
kind: firearms
agency: Littleport Police
connector: files
url: feeds/firearms.csv
format: csv
key: tag
clock: local
counting_system: nibrs
columns:
  tag: {type: text, required: true}
supplies:
  - from: 2020-01-01
"""


def gun(tag: str, day: str | None, **given: Any) -> dict[str, Any]:
    return {"firearm_id": tag, "recovered_date": day and date.fromisoformat(day), **given}


ROWS = [
    gun("g1", "2024-01-03", kind_code="pistol", is_privately_made=True, reason_code="arrest", district_name="North"),
    gun("g1", "2024-01-05", kind_code="pistol", is_privately_made=True, reason_code="arrest", district_name="South"),
    gun("g2", "2024-01-09", kind_code="rifle", is_privately_made=False, reason_code="handed_in", district_name="N DIST"),
    gun("g3", "2024-02-01"),
    gun("g4", "2024-02-29", kind_code="pistol", reason_code="stop", district_name="Nowhere"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, object]]:
    folder: Path = write_city(tmp_path_factory.mktemp("city"))
    (folder / "sources" / "firearms.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "staging" / "firearms.sql").write_text('-- One row per row.\nselect r.tag as firearm_id from raw.firearms as r\n', encoding="utf-8")
    catalog = load_catalog(folder)
    con = make_store(catalog, [], (), ROWS)
    yield con, catalog
    con.close()


def test_each_number_counts_once_with_its_first_day(store: Any) -> None:
    rows = store[0].execute("select firearm_id, recovered_date, district_id from model.firearms where counts_firearm and is_counted order by 1").fetchall()
    assert rows == [
        ("g1", date(2024, 1, 3), "north"), ("g2", date(2024, 1, 9), "north"), ("g3", date(2024, 2, 1), None), ("g4", date(2024, 2, 29), None),
    ]  # fmt: skip


def test_what_is_not_known_is_a_group_of_its_own(store: Any) -> None:
    rows = store[0].execute("select kind_code, privately_made, reason_code from model.firearms where firearm_id = 'g3'").fetchall()
    assert rows == [("unknown", "unknown", "unknown")]


def test_small_numbers_say_the_same(store: Any) -> None:
    rows = store[0].execute(
        'select kind, made, reason, count(*) from metric.packed_firearms where counts_firearm group by all order by all'
    ).fetchall()  # fmt: skip
    assert rows == [(0, 0, 0, 1), (0, 2, 1, 1), (2, 1, 5, 1), (5, 2, 7, 1)]


def test_no_column_can_hold_a_trace() -> None:
    names = set(load_firearm_columns())
    assert not {name for name in names if any(word in name for word in ("trace", "origin", "dealer", "serial", "purchase", "owner"))}
    assert {"kind_code", "is_privately_made", "reason_code"} <= names


@pytest.mark.parametrize(
    ("name", "spoil"),
    [("firearms_count_once", "update model.firearms set counts_firearm = true"), ("firearms_keep_every_row", "delete from model.firearms where firearm_id = 'g2'")],
)  # fmt: skip
def test_a_check_sees_what_would_break_the_rule(store: Any, name: str, spoil: str) -> None:
    con = store[0]
    check = read_sql(model_files()["model.firearms"].parent / "checks" / f"{name}.sql")
    assert con.execute(check).fetchall() == []
    con.execute("begin")
    con.execute(spoil)
    assert con.execute(check).fetchall()
    con.execute("rollback")


def test_breakdowns_are_in_words_and_shapes_are_refused(demo_store: tuple[Connection, Facts]) -> None:
    con, facts = demo_store
    metric = facts.metrics["firearms_recovered"]
    kinds = {row["firearm_kind"] for row in answer(con, facts, make_query(metric, facts, by="firearm_kind")).rows}
    assert kinds <= {"pistol", "revolver", "rifle", "shotgun", "other", "unknown"} and len(kinds) >= 5
    total = sum(row["n"] for row in answer(con, facts, make_query(metric, facts, by="reason")).rows)
    assert total == sum(row["n"] for row in answer(con, facts, make_query(metric, facts, by="privately_made,area")).rows)
    with pytest.raises(QueryError, match="cannot be asked"):
        make_query(metric, facts, near="-68,37,500")
