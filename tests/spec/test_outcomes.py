"""What became of incidents, arrests and cases, by example and by a slow count of made-up rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.errors import CheckFailed
from harborlight.metrics.measure import metric_files
from harborlight.metrics.outcomes import count_outcomes, cube_files, load_sealed
from harborlight.statistics import cohort_clearance, reported_clearance
from harborlight.store import Connection, connect, create_table, read_rows, read_sql, read_value, write_rows
from harborlight.web.outcomes import make_outcomes
from harborlight.web.wording import get_wording
from tests.recount_outcomes import COLUMNS, Chain, Table

THROUGH = date(2025, 9, 12)
TYPES: dict[str, dict[str, str]] = {
    "journeys": {"source_id": "varchar", "incident_id": "varchar", "offense_group": "varchar", "occurred_date": "date", "cleared_date": "date",
                 "clearance_code": "varchar"},
    "journey_steps": {"source_id": "varchar", "incident_id": "varchar", "step_date": "date", "state_code": "varchar"},
    "court_cases": {"source_id": "varchar", "case_id": "varchar", "court_code": "varchar", "filed_date": "date", "incident_id": "varchar",
                    "arrest_id": "varchar", "offense_group": "varchar", "is_open": "boolean", "outcome_code": "varchar", "disposed_date": "date"},
    "first_decisions": {"source_id": "varchar", "arrest_id": "varchar", "incident_id": "varchar", "arrested_date": "date", "offense_group": "varchar",
                        "tier": "varchar", "decision_code": "varchar"},
    "arrests": {"source_id": "varchar", "arrest_id": "varchar", "arrested_date": "date"},
    "charges": {"source_id": "varchar", "case_id": "varchar"},
    "incidents": {"source_id": "varchar", "incident_id": "varchar", "has_complaint_number": "boolean"},
    "court_links": {"source_id": "varchar", "link_code": "varchar", "link_date": "date", "is_linked": "boolean"},
    "events": {"source_id": "varchar", "incident_id": "varchar", "tier": "varchar", "is_counted": "boolean", "district_id": "varchar", "piece": "integer"},
}  # fmt: skip
USUAL: dict[str, dict[str, Any]] = {
    "journeys": {"source_id": "s", "offense_group": "robbery"},
    "journey_steps": {"source_id": "s"},
    "court_cases": {"source_id": "c", "court_code": "circuit", "offense_group": "robbery", "is_open": True, "outcome_code": "pending"},
    "first_decisions": {"source_id": "a", "offense_group": "robbery", "tier": "T0"},
    "arrests": {"source_id": "a"}, "charges": {"source_id": "c"}, "court_links": {"source_id": "c"},
    "incidents": {"source_id": "s", "has_complaint_number": True},
    "events": {"source_id": "s", "tier": "T0", "is_counted": True},
}
Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def store() -> Iterator[Connection]:
    con = connect(threads=1)
    con.execute("create schema model")
    con.execute("create schema metric")
    con.execute("create schema places")
    con.execute("create table places.versions (layer varchar, is_current boolean, lines_ix integer)")
    con.execute("create table places.piece_areas (lines_ix integer, piece integer, area integer)")
    con.execute("create table places.areas (lines_ix integer, ix integer, area_id varchar)")
    yield con
    con.close()


def fill(con: Connection, sealed: Path | None = None, **tables: Rows) -> Chain:
    """Rows of the model with what they leave out filled in; everything counted and, as `main.<table>`, published."""
    placed = [{"incident_id": j["incident_id"], "district_id": f"d{int(j['incident_id'][1:]) % 2}"} for j in tables.get("journeys", ())]
    tables = {"arrests": tables.get("first_decisions", ()), "events": placed, **tables}
    full = {name: [dict.fromkeys(TYPES[name]) | USUAL[name] | dict(row) for row in tables.get(name, [])] for name in TYPES}
    for name, types in TYPES.items():
        rows = [[str(v) if isinstance(v, date) else v for v in (row[c] for c in types)] for row in full[name]]
        write_rows(con, f"model.{name}", types, rows)
    create_table(con, "metric.outcome_edge", metric_files()["metric.outcome_edge"], {"data_through": THROUGH})
    count_outcomes(con)
    load_sealed(con, sealed)
    folder = Path(str(resources.files("harborlight"))) / "publish" / "tables"
    for name in COLUMNS:
        con.execute(f"create or replace table main.{name} as {read_sql(folder / f'{name}.sql')}")
    return Chain(
        full["journeys"], full["journey_steps"], full["court_cases"], full["charges"], full["first_decisions"], full["incidents"], full["court_links"],
        THROUGH, {("s", row["incident_id"]): {row["district_id"]} for row in placed},
    )  # fmt: skip


def published(con: Connection, name: str) -> Table:
    return Counter({tuple(row[c] for c in COLUMNS[name]): row["n"] for row in read_rows(con, f"select * from main.{name}")})


def journey(number: int, day: str, *steps: tuple[str, str], **given: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    own = {"incident_id": f"I{number}", "occurred_date": date.fromisoformat(day), **given}
    told = [("reported", day), *steps]
    return own, [{"incident_id": f"I{number}", "state_code": state, "step_date": date.fromisoformat(on)} for state, on in told]


def together(*journeys: tuple[dict[str, Any], list[dict[str, Any]]]) -> dict[str, Rows]:
    return {"journeys": [own for own, _ in journeys], "journey_steps": [step for _, steps in journeys for step in steps]}


# ------------------------------------------------------------------------------------------------ examples


def test_two_murders_cleared_in_a_year_with_one_murder(store: Connection) -> None:
    """Police report 200 %; of the murders of that year and of the year before, a cohort tells the right share."""
    cleared = {"offense_group": "homicide", "clearance_code": "arrest"}
    fill(store, **together(
        journey(1, "2023-05-01", ("arrested", "2024-02-01"), cleared_date=date(2024, 2, 1), **cleared),
        journey(2, "2023-09-01", offense_group="homicide"),
        journey(3, "2024-06-01", ("arrested", "2024-08-01"), cleared_date=date(2024, 8, 1), **cleared),
    ))  # fmt: skip
    of_year = "select coalesce(sum(n), 0) from outcome_clearance where offense_group = 'homicide' and \"month\" like ? and (how = 'reported') = ?"
    counts = [int(read_value(store, of_year, [pattern, is_reported])) for pattern in ("2024%", "2023%") for is_reported in (False, True)]
    assert counts == [2, 1, 0, 2]
    found = reported_clearance(counts[0], counts[1])
    assert found.value == 2.0 and found.low < 1 < found.high
    of_cohort = "select how, cast(sum(n) as integer) as n from outcome_cohorts where cohort_month like ? group by 1"
    for year, share, of in (("2023", 0.5, 2), ("2024", 1.0, 1)):
        kinds = dict(store.execute(of_cohort, [f"{year}%"]).fetchall())
        shares = cohort_clearance(sum(kinds.values()), {how: n for how, n in kinds.items() if how != "open"})
        assert (shares["all"].value, shares["arrest"].value, shares["exceptional"].value, shares["all"].exposure) == (share, share, 0.0, of)


def test_one_cohort_followed(store: Connection) -> None:
    fill(store, **together(
        journey(1, "2025-01-10", ("arrested", "2025-02-01"), ("charged", "2025-02-03"), ("convicted", "2025-08-01")),
        journey(2, "2025-02-10", ("arrested", "2025-06-01"), ("declined", "2025-06-20")),
        journey(3, "2025-03-31"),
    ))  # fmt: skip
    rows = published(store, "outcome_states")
    at = {day: {key[3]: n for key, n in rows.items() if key[2] == day} for day in {key[2] for key in rows}}
    assert min(at) == date(2025, 3, 31) and max(at) == date(2025, 8, 31)
    assert at[date(2025, 3, 31)] == {"charged": 1, "reported": 2}
    assert at[date(2025, 6, 30)] == {"charged": 1, "not_charged": 1, "reported": 1}
    assert at[date(2025, 8, 31)] == {"convicted": 1, "not_charged": 1, "reported": 1}


def test_a_case_that_waits_is_followed_to_the_last_full_month(store: Connection) -> None:
    day = date.fromisoformat
    fill(store, court_cases=[
        {"case_id": "1", "filed_date": day("2025-01-05"), "disposed_date": day("2025-04-30"), "outcome_code": "convicted"},
        {"case_id": "2", "filed_date": day("2025-01-31")},
        {"case_id": "3", "filed_date": day("2025-01-31"), "disposed_date": day("2025-09-10"), "outcome_code": "dropped"},
        {"case_id": "4", "filed_date": day("2025-02-01"), "is_open": False},
    ])  # fmt: skip
    assert published(store, "outcome_case_times") == {("2025-01", "robbery", "convicted", 3): 1, ("2025-01", "robbery", "pending", 7): 2}
    assert published(store, "outcome_dispositions") == {("2025-04", "circuit", "robbery", "convicted"): 1}


def test_only_decisions_about_arrests_for_open_offenses_are_told(store: Connection) -> None:
    """An arrest without a decision may be that of a child: it is counted nowhere."""
    day = date(2025, 3, 3)
    fill(store, first_decisions=[
        {"arrest_id": "1", "arrested_date": day}, {"arrest_id": "2", "arrested_date": day, "decision_code": "charged"},
        {"arrest_id": "3", "arrested_date": day, "decision_code": "charged", "tier": "T1", "offense_group": "rape"},
        {"arrest_id": "4", "arrested_date": date(2025, 9, 12)},
    ])  # fmt: skip
    assert published(store, "outcome_decisions") == {("2025-03", "all", "charged"): 1}


def test_a_city_without_courts_says_so(store: Connection) -> None:
    """The page gives the words that help to read it, and no figure."""
    fill(store)
    reader: Any = SimpleNamespace(using=lambda work: work(store), facts=SimpleNamespace(metric_sources={}))
    page = make_outcomes(reader, {"cohort": "2024"}, frozenset(), get_wording())
    assert "has not supplied court cases" in page.missing and not (page.choices or page.flows or page.figures or page.clearance)
    assert "not proof of guilt" in page.caution and page.glossary and [link.href for link in page.links] == ["/look-up", "/warrants", "/data/outcome_states"]


# -------------------------------------------------------------------------------------------- sealed counts


def test_sealed_counts_are_added_and_stay_when_months_go_on(store: Connection, tmp_path: Path) -> None:
    """What was published with a record is published without it, to the last number, from what it had added."""
    one = journey(1, "2025-01-10", ("arrested", "2025-02-01"), ("charged", "2025-02-03"), ("dropped", "2025-05-01"), cleared_date=date(2025, 2, 1), clearance_code="arrest")
    other = journey(2, "2025-01-11", ("arrested", "2025-03-01"))
    cases = [{"case_id": "1", "filed_date": date(2025, 2, 3), "disposed_date": date(2025, 5, 1), "outcome_code": "dropped", "incident_id": "I1"}]
    arrests = [{"arrest_id": "A", "arrested_date": date(2025, 8, 31)}]
    fill(store, court_cases=[*cases, {"case_id": "2", "filed_date": date(2025, 8, 31)}], first_decisions=arrests, **together(one, other))
    before = {name: published(store, name) for name in COLUMNS}
    whole = {name: store.execute(f"select * from outcome.{name}").fetchall() for name in cube_files()}
    fill(store, court_cases=[{"case_id": "2", "filed_date": date(2025, 8, 31)}], first_decisions=arrests, **together(other))
    (tmp_path / "sealed").mkdir()
    for name, rows in whole.items():
        gone: Table = Counter({row[:-1]: row[-1] for row in rows})
        gone.subtract({row[:-1]: row[-1] for row in store.execute(f"select * from outcome.{name}").fetchall()})
        header = [row["column_name"] for row in read_rows(store, f"describe outcome.{name}")]
        with (tmp_path / "sealed" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *([*key, n] for key, n in gone.items() if n)])
    fill(store, tmp_path, court_cases=[{"case_id": "2", "filed_date": date(2025, 8, 31)}], first_decisions=arrests, **together(other))
    assert {name: published(store, name) for name in COLUMNS} == before
    assert before["outcome_states"]["2025-Q1", "robbery", date(2025, 8, 31), "dropped"] == 1


@pytest.mark.parametrize(
    ("text", "reason"), [("month,how,n\n", "sealed counts have the columns"), ("month,offense_group,how,n\n2025-01,robbery,arrest,x\n", "whole number")]
)
def test_sealed_counts_that_cannot_be_read_stop_the_release(store: Connection, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "sealed").mkdir()
    (tmp_path / "sealed" / "clearance_reported.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CheckFailed, match=reason):
        fill(store, tmp_path)


# ---------------------------------------------------------------------------------------------- slow count

DAYS = st.dates(date(2024, 10, 1), date(2025, 9, 30))
PATHS = ((), ("arrested",), ("arrested", "declined"), ("arrested", "charged"), ("arrested", "charged", "convicted"), ("arrested", "charged", "dropped"),
         ("cleared_exceptional",), ("arrested", "diverted"), ("arrested", "charged", "stet"))  # fmt: skip


@st.composite
def chains(draw: st.DrawFn) -> dict[str, Rows]:
    groups, made = st.sampled_from(["robbery", "homicide"]), []
    for number in range(draw(st.integers(0, 8))):
        day, path = draw(DAYS), draw(st.sampled_from(PATHS))
        steps, on = [], day
        for state in path:
            on += timedelta(days=draw(st.integers(1, 200)))
            steps.append((state, on.isoformat()))
        how = {"arrested": "arrest", "cleared_exceptional": "exceptional"}.get(path[0]) if path else None
        cleared = date.fromisoformat(steps[0][1]) if how else None
        made.append(journey(number, day.isoformat(), *steps, offense_group=draw(groups), clearance_code=how, cleared_date=cleared))
    cases: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 6))):
        filed, days = draw(DAYS), draw(st.none() | st.integers(0, 300))
        ended = None if days is None else filed + timedelta(days=days)
        outcome = draw(st.sampled_from(["convicted", "dropped", "stet"])) if ended else "pending"
        cases.append({"case_id": str(number), "filed_date": filed, "disposed_date": ended, "outcome_code": outcome, "is_open": draw(st.booleans()),
                      "offense_group": draw(groups), "incident_id": draw(st.sampled_from(["I1", "I99", None])),
                      "arrest_id": draw(st.sampled_from(["1", "99", None]))})  # fmt: skip
    arrests = [
        {"arrest_id": str(n), "arrested_date": draw(DAYS), "decision_code": draw(st.sampled_from(["charged", "declined", None])),
         "is_child": draw(st.sampled_from([True, False, None])), "tier": draw(st.sampled_from(["T0", "T1"])), "incident_id": draw(st.sampled_from(["I1", None]))}
        for n in range(draw(st.integers(0, 5)))
    ]  # fmt: skip
    charges = [{"case_id": draw(st.sampled_from(["0", "1", "2"]))} for _ in range(draw(st.integers(0, 4)))]
    kinds = st.sampled_from(["arrest_incident", "clearance_arrest", "charge_case", "case_incident"])
    links = [{"link_code": draw(kinds), "link_date": draw(st.none() | DAYS), "is_linked": draw(st.booleans())} for _ in range(draw(st.integers(0, 5)))]
    incidents = [{"incident_id": own["incident_id"], "has_complaint_number": draw(st.booleans())} for own, _ in made]
    return {**together(*made), "court_cases": cases, "first_decisions": arrests, "charges": charges, "court_links": links, "incidents": incidents}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chains())
def test_every_number_is_that_of_a_slow_count(store: Connection, tables: dict[str, Rows]) -> None:
    chain = fill(store, **tables)
    for name, expected in chain.tables.items():
        assert published(store, name) == expected, name
    check_conserved(store)


@pytest.mark.deep
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chains())
def test_every_number_is_that_of_a_slow_count_many_times(store: Connection, tables: dict[str, Rows]) -> None:
    chain = fill(store, **tables)
    assert {name: published(store, name) for name in COLUMNS} == chain.tables
    check_conserved(store)


def check_conserved(con: Connection) -> None:
    """Every cohort has the same number of incidents at every date, which is the number reported in its months; no state is negative."""
    rows = read_rows(con, "select cohort_quarter, offense_group, as_of, sum(n) as n, min(n) as least from outcome_states group by all")
    sizes: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        sizes.setdefault((row["cohort_quarter"], row["offense_group"]), set()).add(int(row["n"]))
        assert row["least"] > 0
    quarter = "left(\"month\", 4) || '-Q' || cast((cast(right(\"month\", 2) as integer) + 2) // 3 as varchar)"
    reported = read_rows(con, f"select {quarter} as q, offense_group as g, sum(n) as n from outcome_clearance where how = 'reported' group by all")
    counted = {(row["q"], row["g"]): {int(row["n"])} for row in reported}
    assert sizes == {key: counted[key] for key in sizes}
