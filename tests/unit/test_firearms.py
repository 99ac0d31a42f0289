"""Recovered firearms through the model: each number once, what is not known said so, no trace, and checks that see a broken rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import load_catalog
from harborlight.errors import QueryError
from harborlight.metrics.answer import answer
from harborlight.metrics.compare import CompareError, compare
from harborlight.metrics.query import make_query, parse_query
from harborlight.metrics.shapes import Facts
from harborlight.model.build import model_files
from harborlight.staging import load_firearm_columns
from harborlight.statistics.windows import Window
from harborlight.store import Connection, read_sql
from tests.tiny import make_store, make_store_facts, write_city

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
    gun("g5", "2024-03-15", kind_code="shotgun", reason_code="handed_in", district_name="South"),
    gun("g6", "2024-03-30", kind_code="shotgun", reason_code="handed_in"),
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
        ("g5", date(2024, 3, 15), "south"), ("g6", date(2024, 3, 30), None),
    ]  # fmt: skip


def test_what_is_not_known_is_a_group_of_its_own(store: Any) -> None:
    rows = store[0].execute("select kind_code, privately_made, reason_code from model.firearms where firearm_id = 'g3'").fetchall()
    assert rows == [("unknown", "unknown", "unknown")]


def test_small_numbers_say_the_same(store: Any) -> None:
    rows = store[0].execute(
        'select kind, made, reason, count(*) from metric.packed_firearms where counts_firearm group by all order by all'
    ).fetchall()  # fmt: skip
    assert rows == [(0, 0, 0, 1), (0, 2, 1, 1), (2, 1, 5, 1), (5, 2, 7, 1)]


def test_what_leaves_the_store_is_a_closed_month_and_a_district(store: Any) -> None:
    con, catalog = store
    columns = [row[0] for row in con.execute("describe metric.packed_firearms").fetchall()]
    assert columns == ["day", "month", "area", "source", "kind", "made", "reason", "counts_firearm", "is_counted"]
    days = [row[0] for row in con.execute("""select distinct date '1900-01-01' + cast("day" as integer) from metric.packed_firearms order by 1""").fetchall()]
    assert days == [date(2024, 1, 1), date(2024, 2, 1)], "March had one day to go"
    facts = make_store_facts(con, catalog)
    assert facts.metric_from["firearms_recovered"] == date(2024, 1, 1) and facts.metric_through["firearms_recovered"] == date(2024, 2, 29)


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


@pytest.mark.parametrize(
    ("asked", "parameter", "said"),
    [({"window": "28d"}, "window", "whole months"), ({"from": "2025-01-15"}, "from", "whole months"), ({"from": "2025-01-01", "to": "2025-01-30"}, "to", "whole months"),
     ({"from": "2025-04-07", "to": "2025-04-12", "by": "reason"}, "from", "whole months"), ({"by": "day"}, "by", "list"), ({"by": "week"}, "by", "list"),
     ({"by": "weekday,reason"}, "by", "list"), ({"by": "hour"}, "by", "list"), ({"by": "area,reason", "layer": "neighborhood"}, "layer", "police district"),
     ({"layer": "zip", "by": "area"}, "layer", "police district"), ({"layer": "neighborhood", "area": "beacon-slip"}, "layer", "police district"),
     ({"layer": "police_district", "by": "area", "lines": "recorded"}, "lines", "lines in force"), ({"layer": "police_district", "by": "area", "lines": "2015-01-01"}, "lines", "lines in force"),
     ({"bbox": "-68.1,36.9,-67.9,37.1"}, "bbox", "cannot be asked")],
)  # fmt: skip
def test_nothing_finer_can_be_asked(demo_store: tuple[Connection, Facts], asked: dict[str, str], parameter: str, said: str) -> None:
    _, facts = demo_store
    with pytest.raises(QueryError, match=said) as refused:
        parse_query([*asked.items()], facts.metrics["firearms_recovered"], facts)
    assert refused.value.status == 400 and refused.value.parameter == parameter and refused.value.allowed


def test_whole_months_and_districts_can_be_asked(demo_store: tuple[Connection, Facts]) -> None:
    con, facts = demo_store
    metric = facts.metrics["firearms_recovered"]
    whole = [{"window": "12m"}, {"window": "ytd"}, {"window": "year:2024"}, {"from": "2024-02-01", "to": "2024-02-29"}, {"by": "month,area,reason", "window": "12m"},
             {"by": "firearm_kind,privately_made", "layer": "police_district", "area": "saltern"}, {"from": "2000-01-01", "by": "year"}]  # fmt: skip
    for asked in whole:
        assert answer(con, facts, parse_query([*asked.items()], metric, facts)).rows
    by_area = answer(con, facts, make_query(metric, facts, by="area")).rows
    assert sum(row["n"] for row in by_area) == answer(con, facts, make_query(metric, facts)).rows[0]["n"]
    assert sum(row["n"] for row in by_area if row["area_id"]) > 0


def test_days_cannot_be_compared_and_no_other_pair_gives_them_away(demo_store: tuple[Connection, Facts]) -> None:
    con, facts = demo_store
    query = make_query(facts.metrics["firearms_recovered"], facts)
    months = Window(date(2025, 1, 1), date(2025, 3, 31)), Window(date(2024, 1, 1), date(2024, 3, 31))
    assert compare(con, facts, query, *months).a.n == answer(con, facts, replace(query, date_from=months[0].date_from, date_to=months[0].date_to, whole=False)).rows[0]["n"]
    with pytest.raises(QueryError, match="whole months") as refused:
        compare(con, facts, query, Window(date(2025, 4, 7), date(2025, 4, 12)), Window(date(2024, 4, 7), date(2024, 4, 12)))
    assert refused.value.status == 400
    with pytest.raises(CompareError) as overlap:
        compare(con, facts, query, Window(date(2025, 1, 1), date(2025, 6, 30)), Window(date(2024, 11, 1), date(2025, 4, 30)))
    near = overlap.value.nearest
    assert near is None or all(w.date_from.day == 1 and (w.date_to + timedelta(days=1)).day == 1 for w in (near.a, near.b))


def test_the_public_file_holds_months_and_districts_and_nothing_finer(demo_store: tuple[Connection, Facts]) -> None:
    """Every firearm of the file that anybody can download: days are firsts of closed months, places are districts."""
    con, facts = demo_store
    through = facts.metric_through["firearms_recovered"]
    assert (through + timedelta(days=1)).day == 1
    days = [row[0] for row in con.execute("""select distinct date '1900-01-01' + cast("day" as integer) from packed_firearms where "day" is not null""").fetchall()]
    assert len(days) > 24 and {day.day for day in days} == {1} and max(days) <= through
    named = {name for (table, name) in con.execute("select table_name, column_name from duckdb_columns()").fetchall() if "firearm" in table}
    assert not named & {"piece", "snap", "longitude", "latitude", "hour", "weekday", "week", "x", "y", "located_district"}
    districts = len([area for lines in facts.lines if lines.layer == "police_district" and lines.is_current for area in lines.areas])
    assert con.execute("select max(area) < ? from packed_firearms", [districts]).fetchone() == (True,)
    assert con.execute("select count(*) from firearms where police_district is not null").fetchone()[0] > 0
