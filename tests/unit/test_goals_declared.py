"""Goals, plans and agencies as a city declares them: what arrives, what is refused with file and line, and that no status can be written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harborlight.catalog import load_catalog
from harborlight.catalog.goals import DAY, GUARDED, Goal, add_years, whole_years
from harborlight.errors import ConfigError
from tests.tiny import write_city

AGENCIES = "- {id: police, name: Police}\n- {id: courts, name: Courts, not_supplied: [Nothing was supplied.]}\n"
PLAN = "title: First plan\nowner: police\nfrom: 2023-01-01\nto: 2025-12-31\nsources: [{publisher: Police}]\n"
GOAL = """title: Fewer robberies
text: Ten percent fewer robberies each year.
sources: [{publisher: Police, published_on: 2022-12-01}]
owner: police
plan: first
metric: robberies
direction: lower
baseline: {from: 2022-01-01, to: 2022-12-31}
target: {percent_a_year: 10}
due: 2025-12-31
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = write_city(tmp_path / "city")
    for name, text in {"agencies.yaml": AGENCIES, "plans/first.yaml": PLAN, "goals/robberies.yaml": GOAL}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def mistakes(city: Path, name: str, text: str) -> list[str]:
    (city / name).parent.mkdir(exist_ok=True)
    (city / name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_catalog(city)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_what_is_declared_arrives(city: Path) -> None:
    catalog = load_catalog(city)
    goal = catalog.goals["robberies"]
    assert [p[0].year for p in goal.periods] == [2023, 2024, 2025] and goal.periods[-1][1] == date(2025, 12, 31)
    assert goal.measure == "metric=robberies" and goal.guarded()["target"] == "10 percent a year"
    assert set(goal.guarded()) == set(GUARDED)
    assert catalog.plans["first"].date_to == date(2025, 12, 31) and [a.id for a in catalog.agencies] == ["police", "courts"]


def test_a_city_need_not_declare_any(tmp_path: Path) -> None:
    catalog = load_catalog(write_city(tmp_path / "city"))
    assert (catalog.agencies, catalog.plans, catalog.goals) == ((), {}, {})


@pytest.mark.parametrize("name", ["status", "is_met", "result", "probability"])
def test_a_status_cannot_be_written(city: Path, name: str) -> None:
    """There is no such key, whatever it is called."""
    assert name not in Goal.model_fields
    assert mistakes(city, "goals/robberies.yaml", GOAL + f"{name}: met\n") == [f"goals/robberies.yaml:11: {name}: Extra inputs are not permitted"]


CASES = {
    "there is no agency 'sheriff'": GOAL.replace("owner: police", "owner: sheriff"),
    "there is no plan 'second'": GOAL.replace("plan: first", "plan: second"),
    "there is no metric 'murders'": GOAL.replace("metric: robberies", "metric: murders"),
    "there is no offense group 'rape'": GOAL + "offense: [rape]\n",
    "robberies does not count arrests": GOAL + "unit: arrests\n",
    "there is no layer 'parish'": GOAL + "area: parish/north\n",
    "there is no other goal 'robberies'": GOAL + "same_promise_as: robberies\n",
}


@pytest.mark.parametrize("wrong", CASES)
def test_what_is_named_must_exist(city: Path, wrong: str) -> None:
    (found,) = mistakes(city, "goals/robberies.yaml", CASES[wrong])
    place, line, text = found.split(":", 2)
    assert place == "goals/robberies.yaml" and wrong in text
    assert CASES[wrong].splitlines()[int(line) - 1].startswith(text.split(":")[0].strip())


REFUSED = {
    "whole years are expected": GOAL.replace("to: 2022-12-31", "to: 2022-06-30"),
    "are not 1 to 20 whole years": GOAL.replace("due: 2025-12-31", "due: 2025-06-30"),
    "write either metric, or needs": GOAL.replace("metric: robberies\n", ""),
    "needs a baseline": GOAL.replace("baseline: {from: 2022-01-01, to: 2022-12-31}\n", "from: 2023-01-01\n"),
    "lies inside the baseline": GOAL + "from: 2022-01-01\n",
    "write one of percent_a_year, percent and count": GOAL.replace("{percent_a_year: 10}", "{percent: 10, count: 3}"),
    "needs a target": GOAL.replace("target: {percent_a_year: 10}\n", ""),
    "write the oldest first": GOAL + "edits:\n" + "".join(f"- {{changed_on: {year}-02-01, field: text, before: A, why: B}}\n" for year in (2024, 2023)),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_goal_that_cannot_be_counted_is_refused(city: Path, reason: str) -> None:
    found = mistakes(city, "goals/robberies.yaml", REFUSED[reason])
    assert found[0].startswith("goals/robberies.yaml:") and any(reason in line for line in found)


def test_a_plan_begins_after_the_one_that_it_follows(city: Path) -> None:
    later = PLAN.replace("First", "Second").replace("2023-01-01", "2025-06-01").replace("to: 2025", "to: 2027") + "follows: first\n"
    assert mistakes(city, "plans/second.yaml", later) == ["plans/second.yaml:6: follows: first ends on 2025-12-31, after this plan begins"]


def test_agencies_stand_once_and_name_sources_that_exist(city: Path) -> None:
    found = mistakes(city, "agencies.yaml", AGENCIES + "- {id: police, name: Again, sources: [nothing]}\n")
    assert found == ["agencies.yaml: the agency 'police' stands twice", "agencies.yaml: police: there is no source 'nothing'"]


@given(st.dates(date(1950, 1, 1), date(2050, 1, 1)), st.integers(min_value=1, max_value=20))
def test_years_are_whole_whatever_day_they_begin_on(first: date, years: int) -> None:
    last = add_years(first, years) - DAY
    assert whole_years(first, last) == years
    assert whole_years(first, last + DAY) == 0 == whole_years(first, last - DAY)


def test_the_baltimore_plan_has_three_wordings_each_with_its_source(repository: Path) -> None:
    catalog = load_catalog(repository / "cities" / "baltimore")
    goals = catalog.goals
    assert {g.plan for g in goals.values()} == {"violence_prevention_2021"} and len(goals) == 3
    assert {g.same_promise_as for g in goals.values()} == {None, "gun_violence_15"}
    assert all(source.quote and not source.checked for goal in goals.values() for source in goal.sources)
    assert {goal.target.percent_a_year for goal in goals.values() if goal.target} == {15}
    plan = catalog.plans["violence_prevention_2021"]
    assert (plan.date_from, plan.date_to, plan.next_due) == (date(2021, 7, 1), date(2026, 6, 30), date(2027, 1, 31))
