"""Rows of districts on drawn counts: the SQL that folds small groups against a plain loop, and no row of few."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.store import connect, read_sql
from tests.recount_outcomes import folded_groups

SQL = Path("src/harborlight/publish/tables/outcome_districts.sql")
COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(("east", "north", "west")), st.sampled_from(("arson", "burglary", "fraud", "homicide", "robbery"))), st.integers(0, 40), min_size=1
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS)
def test_no_row_but_killings_is_of_few_and_nothing_is_lost(repository: Path, counts: dict[tuple[str, str], int]) -> None:
    con = connect()
    con.execute("create schema metric; create schema outcome; create schema sealed")
    con.execute("create table metric.outcome_edge as select date '2025-03-31' as as_of")
    con.execute("create table outcome.clearance_districts (cohort_year text, police_district text, offense_group text, cleared_month text, n bigint)")
    con.execute("create table sealed.clearance_districts as from outcome.clearance_districts")
    for (district, group), n in counts.items():
        told = [("2024", district, group, "2024-05", n // 3), ("2024", district, group, "2025-06", n // 4), ("2024", district, group, "open", n - n // 3 - n // 4)]
        con.executemany("insert into outcome.clearance_districts values (?, ?, ?, ?, ?)", [row for row in told if row[-1]] or [("2023", "east", "arson", "open", 0)])
    con.execute("insert into outcome.clearance_districts values ('2025', 'east', 'fraud', 'open', 50)")
    rows = con.execute(read_sql(repository / SQL)).fetchall()
    con.close()
    assert {row[0] for row in rows} <= {"2024"}, "years that are not over are not told"
    expected: Counter[tuple[str, str, str]] = Counter()
    usual = {d: {g: n for (at, g), n in counts.items() if at == d and g != "homicide" and n} for d, _ in counts}
    usual = {d: own for d, own in usual.items() if sum(own.values()) >= 10}
    folded = folded_groups(usual)
    for (district, group), n in counts.items():
        if district in usual:
            name = "other" if group in folded else group
            expected.update({(district, name, "cleared"): n // 3, (district, name, "open"): n - n // 3})
    assert {row[1:4]: row[4] for row in rows} == {key: n for key, n in expected.items() if n}
    for district, group in {row[1:3] for row in rows}:
        assert group == "homicide" or sum(row[4] for row in rows if row[1:3] == (district, group)) >= 10
