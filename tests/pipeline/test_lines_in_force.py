"""The day on which lines change is a change of the release, although no source has anything new."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harborlight.metrics.facts import lines_of, load_facts
from harborlight.refresh import refresh
from harborlight.store import open_release
from tests.divided import write_divided
from tests.tiny import feed_row, write_feed


def test_lines_that_come_into_force_make_a_new_release(tmp_path: Path) -> None:
    city, data = write_divided(tmp_path / "city"), tmp_path / "data"
    write_feed(data, [feed_row(n) for n in range(40)])
    (data / "feeds" / "arrests.csv").write_text("number,day\nA1,2024-02-01\n", encoding="utf-8")
    seen = []
    for day in ((2023, 7, 7), (2023, 7, 8), (2023, 7, 9), (2023, 7, 10)):
        run = refresh(city, data, now=datetime(*day, 16, tzinfo=UTC))
        con = open_release(data / "releases" / str(run.release_id) / "public.duckdb")
        lines = lines_of(load_facts(con, str(run.release_id)), "police_district")
        con.close()
        seen.append((run.outcome, lines.id if lines else None))
    assert seen == [("published", "1959"), ("unchanged", "1959"), ("published", "2023"), ("unchanged", "2023")]
