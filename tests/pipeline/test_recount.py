"""Published counts at the edges of the data: what is left out there is left out by every way of counting again, and `verify` agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from harborlight.metrics.answer import answer
from harborlight.metrics.facts import load_facts
from harborlight.metrics.query import make_query
from harborlight.publish.recompute import recompute_sample
from harborlight.publish.verify import verify
from harborlight.refresh import refresh
from harborlight.store import open_release
from tests.tiny import feed_row, write_city, write_feed

ROWS = [feed_row(n) for n in range(90)]
GAP = """\
coverage:
  - metrics: [robberies, incidents]
    from: 2024-02-10
    to: 2024-02-20
    reason: "Lost."
supplies:"""
TURNS = """\
- offense_groups: [homicide]
    to: 2024-03-10
  - offense_groups: [aggravated_assault]
  - offense_groups: [robbery]"""
KILLED = feed_row(400, code="09A", at="2024-03-05T12:00:00Z")
ASSAULTS = [feed_row(300 + n, code="13A", at=f"2024-03-{n + 1:02}T12:00:00Z") for n in range(25)]
RULED_LATE = "case when r.code = '09A' then timestamp '2024-03-31 12:00:00' end as ruled_at, r.district as"
SHOT = "r.code = '13A' as is_shooting, r.district as"


def publish(folder: Path, rows: list[dict[str, str]], **edits: tuple[str, str]) -> Path:
    """The release of a city in which each named file has one text replaced."""
    city, data = write_city(folder / "city"), folder / "data"
    names = {"city": "city.yaml", "source": "sources/reports.yaml", "select": "staging/reports.sql"}
    for part, (old, new) in edits.items():
        path = city / names[part]
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    write_feed(data, rows)
    run = refresh(city, data)
    assert run.outcome == "published", run.sentence
    return data / "releases" / str(run.release_id)


def monthly(release: Path, metric: str) -> dict[str, tuple[int | None, bool]]:
    con = open_release(release / "public.duckdb")
    facts = load_facts(con, release.name)
    rows = answer(con, facts, make_query(facts.metrics[metric], facts, by="month")).rows
    con.close()
    return {row["month"]: (row["n"], bool(row["partial"])) for row in rows}


def test_a_gap_of_half_a_month_is_left_out_and_said(tmp_path):
    release = publish(tmp_path, ROWS, source=("supplies:", GAP))
    assert verify(release, recompute=recompute_sample) == []
    inside = [row for row in ROWS if "2024-02-10T05" <= row["at"] < "2024-02-21T05"]
    of_february = [row for row in ROWS if "2024-02-01T05" <= row["at"] < "2024-03-01T05"]
    assert inside and monthly(release, "robberies")["2024-02"] == (len(of_february) - len(inside), True)


def test_a_killing_ruled_after_the_last_day_of_the_data_waits(tmp_path):
    rows = [*[row for row in ROWS if row["at"] < "2024-03-28"], KILLED]
    release = publish(tmp_path, rows, city=("rule: injured", "rule: ruled"), source=("[robbery]", "[all]"), select=("r.district as", RULED_LATE))
    assert verify(release, recompute=recompute_sample) == []
    assert sum(n or 0 for n, _ in monthly(release, "homicide_victims").values()) == 0


def test_a_measure_of_two_groups_ends_with_the_one_that_ends_first(tmp_path):
    release = publish(tmp_path, [*ROWS, *ASSAULTS, KILLED], source=("- offense_groups: [robbery]", TURNS), select=("r.district as", SHOT))
    assert verify(release, recompute=recompute_sample) == []
    assert monthly(release, "killed_or_shot_victims")["2024-03"] == (11, True), "ten shot and one killed up to 10 March"
    assert monthly(release, "nonfatal_shooting_victims")["2024-03"][0] == 25


def test_a_count_that_was_changed_does_not_verify(tmp_path):
    release = publish(tmp_path, ROWS)
    assert recompute_sample(release / "public.duckdb") == []
    from harborlight.store import connect

    con = connect(release / "public.duckdb")
    con.execute("update counts set n = n + 1 where metric = 'robberies' and grain = 'month' and period = '2024-03' and area_id = 'city'")
    con.close()
    problems = recompute_sample(release / "public.duckdb")
    assert len(problems) == 1 and "robberies in 2024-03" in problems[0]
    assert verify(release), "and the file is no longer the one that was signed"


@pytest.mark.parametrize("metric", ["robberies", "incidents"])
def test_the_whole_is_the_sum_of_its_months(tmp_path, metric):
    release = publish(tmp_path, ROWS)
    assert sum(n or 0 for n, _ in monthly(release, metric).values()) == len(ROWS)
