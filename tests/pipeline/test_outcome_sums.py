"""Tables of outcomes that contradict each other are found, whichever of them is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harborlight.publish.outcome_sums import find_outcome_problems, later
from harborlight.publish.recompute import recompute_sample
from harborlight.store import Connection, connect

WRONG = {
    "states": "update outcome_states set n = n + 1 where rowid = (select max(rowid) from outcome_states where state_code = 'charged')",
    "lost": "delete from outcome_states where rowid = (select max(rowid) from outcome_states where state_code = 'reported')",
    "reported": "update outcome_clearance set n = n - 1 where rowid = (select min(rowid) from outcome_clearance where how = 'reported')",
    "cleared": "update outcome_clearance set how = 'exceptional' where rowid = (select min(rowid) from outcome_clearance where how = 'arrest')",
    "late": "update outcome_cohorts set months = months + 1 where rowid = (select max(rowid) from outcome_cohorts where how = 'arrest')",
    "ended": "update outcome_dispositions set outcome_code = 'dismissed' "
    "where rowid = (select min(rowid) from outcome_dispositions where outcome_code = 'dropped')",
    "times": "update outcome_case_times set n = n + 2 where rowid = (select min(rowid) from outcome_case_times where outcome_code = 'convicted')",
}  # fmt: skip


@pytest.fixture(scope="module")
def path(demo_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("sums") / "public.duckdb"
    shutil.copy(demo_city.release / "public.duckdb", copy)
    return copy


@pytest.fixture
def con(path: Path) -> Iterator[Connection]:
    """The release, open for writing; what a test does to it is undone."""
    con = connect(path)
    con.execute("begin")
    yield con
    con.execute("rollback")
    con.close()


def test_the_published_tables_agree_and_are_not_empty(con: Connection) -> None:
    for table in ("outcome_states", "outcome_clearance", "outcome_cohorts", "outcome_dispositions", "outcome_case_times"):
        assert con.execute(f"select count(*) from {table}").fetchone() > (20,)
    assert find_outcome_problems(con) == []


@pytest.mark.parametrize("mistake", WRONG)
def test_one_wrong_row_is_found(con: Connection, mistake: str) -> None:
    con.execute(WRONG[mistake])
    assert find_outcome_problems(con)


def test_verify_says_so(path: Path) -> None:
    wrong = path.with_name("wrong.duckdb")
    shutil.copy(path, wrong)
    con = connect(wrong)
    con.execute(WRONG["states"])
    con.close()
    assert any("in one state" in line for line in recompute_sample(wrong))


def test_months_run_over_the_year() -> None:
    assert [later("2024-11", n) for n in (0, 1, 2, 14)] == ["2024-11", "2024-12", "2025-01", "2026-01"]
